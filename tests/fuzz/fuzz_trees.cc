// Readers of the node that list directories or read files one by one: the text is written to such
// a file of a small tree, and all of them are run.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/host/collectors.h"

namespace {

using namespace nma;

constexpr const char* directories[] = {
    "proc",
    "proc/7",
    "proc/self",
    "sys",
    "sys/block",
    "sys/block/sda",
    "sys/class",
    "sys/class/hwmon",
    "sys/class/hwmon/hwmon0",
    "sys/class/thermal",
    "sys/class/thermal/thermal_zone0",
};

constexpr const char* files[] = {
    "proc/diskstats",
    "proc/7/stat",
    "proc/self/mountinfo",
    "sys/class/hwmon/hwmon0/temp1_input",
    "sys/class/hwmon/hwmon0/temp1_label",
    "sys/class/hwmon/hwmon0/name",
    "sys/class/thermal/thermal_zone0/temp",
    "sys/class/thermal/thermal_zone0/type",
};

struct Bed {
    char path[64] = "/tmp/nma-fuzz-XXXXXX";
    int directory = -1;
    Collector collectors[limits::collector_count_max];
    std::size_t collector_count = 0;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    HostSampler sampler;
    Snapshot snapshot;
    SnapshotWriter writer;
    std::uint64_t tick = 0;
};

Bed bed;

void check(bool is_good) {
    if (!is_good) abort();
}

void remove_tree() {
    for (const char* file : files)
        unlinkat(bed.directory, file, 0);
    for (std::size_t i = std::size(directories); i > 0; --i) {
        unlinkat(bed.directory, directories[i - 1], AT_REMOVEDIR);
    }
    rmdir(bed.path);
}

void make() {
    check(mkdtemp(bed.path) != nullptr);
    bed.directory = open(bed.path, O_PATH | O_DIRECTORY);
    atexit(remove_tree);
    for (const char* name : directories)
        check(mkdirat(bed.directory, name, 0755) == 0);
    for (const Collector& collector : host_collectors()) {
        if (collector.run != nullptr) bed.collectors[bed.collector_count++] = collector;
    }
    check(bed.arena.map(std::size_t{64} << 20));
    check(bed.root.open(bed.path) == Status::ok);
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    bed.sampler.init(bed.arena, {bed.collectors, bed.collector_count});
    Capacities capacities;
    capacities.containers = 1;
    bed.snapshot.init(bed.arena, capacities);
    bed.sampler.start({bed.root, bed.reader, bed.dirs});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (bed.directory < 0) make();
    if (size == 0) return 0;
    const char* file = files[data[0] % std::size(files)];
    const int target = openat(bed.directory, file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    check(target >= 0 && write(target, data + 1, size - 1) == static_cast<ssize_t>(size - 1));
    close(target);
    ++bed.tick;
    bed.writer.start(bed.snapshot, bed.tick, {bed.tick, bed.tick * 1'000'000'000});
    bed.sampler.sample({bed.root, bed.reader, bed.dirs}, bed.writer);
    bed.writer.end_node();
    for (std::size_t i = 0; i < bed.collector_count; ++i) {
        const CollectorReport& report = bed.snapshot.reports[i];
        // File systems are missing one by one, each for a reason of its own.
        const bool is_of_mounts = std::string_view(bed.collectors[i].name) == "mounts";
        check(report.status == Status::ok || report.sample_count == 0 ||
              report.status == Status::full || report.status == Status::timeout || is_of_mounts);
    }
    return 0;
}
