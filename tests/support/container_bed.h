// A bed for the readers of containers: a tree, or the machine itself, and snapshots of it.
#pragma once

#include <string_view>

#include "cgroups/container_sampler.h"
#include "tests/support/tree.h"

namespace nma::test {

struct ContainerBed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    ContainerSampler sampler;
    Snapshot snapshots[2];
    Snapshot snapshot;  // the last one; a view of one of the two
    SnapshotWriter writer;
    std::uint64_t tick_count = 0;
    std::uint64_t ahead_ns = 0;  // the bed's clock is so far ahead of the machine's
};

// An empty tree; write into it, then start. The bed must be static.
void container_bed_make(ContainerBed& bed);
void container_bed_start(ContainerBed& bed, std::size_t capacity = 16,
                         const DiscoveryOptions& options = {});
// The machine itself.
void container_bed_start_live(ContainerBed& bed, std::size_t capacity);
void container_bed_remove(ContainerBed& bed);

void container_bed_tick(ContainerBed& bed);
// Between two ticks; as ContainerSampler::look.
int container_bed_look(ContainerBed& bed);

// The ids, with a space after each. Static memory.
const char* container_bed_ids(const ContainerBed& bed);

// The same of those that ended.
const char* container_bed_exited(const ContainerBed& bed);

// Samples of one container, which may have ended, as below. "" when there is none of that id.
const char* container_bed_dump_of(const ContainerBed& bed, std::string_view id);

// Samples of all containers that live, a line each: "<id> mem.total_bytes{device=8.0} 12". Static
// memory.
const char* container_bed_dump(const ContainerBed& bed);

// The worst status of the reader of that name, and what it skipped.
const CollectorReport& container_bed_report(const ContainerBed& bed, std::string_view source);

// A line of proc/1/mountinfo for cgroups at `path`: "memory", "cpu,cpuacct", or "" for version 2.
void write_cgroup_mounts(const Tree& tree, const char* const* controllers, std::size_t count);

}  // namespace nma::test
