// A bed for one reader of the node: a tree for it to read, a snapshot for it to fill, and the
// cases that every reader of kernel text must pass.
#pragma once

#include <span>
#include <string_view>

#include "platform/host/collectors.h"
#include "platform/metrics/collector.h"
#include "tests/support/tree.h"

namespace nma::test {

struct ReaderBed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    HostSampler sampler;
    Snapshot snapshot;
    SnapshotWriter writer;
    MetricSource source;
    std::uint64_t tick_count = 0;
};

// An empty tree and a reader over it. The bed must be static, or outlive a longjmp otherwise.
void bed_make(ReaderBed& bed, const Collector& collector);
// The same over "/": the machine itself.
void bed_make_live(ReaderBed& bed, const Collector& collector);
void bed_remove(ReaderBed& bed);

// Room for no more than this from now on.
void bed_limit(ReaderBed& bed, std::size_t sample_count, std::size_t subject_count);

// One reading at the tick's own second (tick 1 is 1,000,000,001 s since 1970).
void bed_tick(ReaderBed& bed);
const CollectorReport& bed_report(const ReaderBed& bed);

// All samples, one line each: "load.1min 0.2", "network.in{interface=eth0} 12". Static memory.
const char* bed_dump(const ReaderBed& bed);

// The standard cases of a reader of one file. Texts must end as the kernel ends them.
struct FileCases {
    const Collector* collector;
    const char* path;          // "proc/loadavg"
    std::string_view typical;  // of a kernel of today
    const char* typical_dump;
    std::string_view oldest;  // of the oldest kernel that we support (3.10)
    const char* oldest_dump;
    std::span<const std::string_view> malformed;  // each must yield `malformed` and no sample
    bool is_optional = false;                     // being absent is ok, and yields nothing
};

// Runs typical, oldest, absent, denied, malformed, every byte-prefix (nothing that the whole text
// does not say) and full, in that order, with CMocka's assertions.
void check_file_cases(const FileCases& cases);

}  // namespace nma::test
