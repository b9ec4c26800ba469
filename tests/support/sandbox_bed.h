// A bed for the sandboxes of Mesos: a tree, a mount table, and ticks at times of their own.
#pragma once

#include <cstdint>
#include <string_view>

#include "cgroups/container_table.h"
#include "cgroups/sandbox.h"
#include "platform/metrics/snapshot_writer.h"
#include "tests/support/tree.h"

// Where the Mesos agent of the tree has its work_dir, and one executor's sandboxes below it.
#define WORK "var/lib/mesos/slave"
#define RUNS "slaves/S1/frameworks/F1/executors/E1/runs"

namespace nma::test {

inline constexpr std::uint64_t second_ns = 1'000'000'000;

struct SandboxBed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    Sandboxes sandboxes;
    Snapshot snapshot;
    SnapshotWriter writer;
    ContainerTable table;
    std::uint64_t now_ns;
};
extern SandboxBed bed;

// Around each test: an empty tree with a mount table.
int sandbox_bed_set_up(void**);
int sandbox_bed_tear_down(void**);

// A mount table with "/" and these lines.
void write_mounts(const char* more);

// After the tree is written. Aborts the test when it cannot.
void start(std::size_t capacity = 8, std::uint32_t walk_entries_per_s = 0,
           std::string_view work_dir = {});

// A tick in which these are wanted, `seconds` after the last one. Ids with spaces between them.
void tick(const char* ids, std::uint64_t seconds = 10);

// Below work_dir; "" when it is not found.
const char* path_found(const char* id);

// What the controller says of a container: "disk.used_bytes{volume} 12 disk: timeout ". Static
// memory.
const char* figures_of(const char* id);

// Bytes of the blocks of one file of the tree.
std::uint64_t blocks_of(const char* path);

}  // namespace nma::test
