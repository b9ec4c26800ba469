// /proc/diskstats (Documentation/admin-guide/iostats.rst), one line for each block device:
//     "259 0 nvme0n1 8412 2 402418 1934 …"
// major, minor, name, then 11 figures; 4 on discards since 4.18, 2 on flushes since 5.5. Sectors
// are of 512 bytes, whatever the disk's are; times are in milliseconds. Partitions are listed, too,
// and would count everything twice: a disk is what has a directory in sys/block.
#include <unistd.h>

#include <array>
#include <cstring>

#include "platform/base/fixed_text.h"
#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint8_t ms_decimals = 3;
constexpr std::size_t column_count_min = 11;
constexpr std::size_t column_count_max = 17;
constexpr std::uint64_t sectors_max = UINT64_MAX / sector_bytes;

constexpr MetricSpec count(const char* name, const char* help) {
    return {.name = name, .help = help, .kind = MetricKind::counter, .about = SubjectKind::disk};
}
constexpr MetricSpec bytes(const char* name, const char* help) {
    MetricSpec spec = count(name, help);
    spec.unit = Unit::bytes;
    return spec;
}
constexpr MetricSpec time(const char* name, const char* help) {
    MetricSpec spec = count(name, help);
    spec.unit = Unit::seconds;
    spec.decimals = ms_decimals;
    return spec;
}

// In the order of the kernel's columns.
constexpr MetricSpec specs[column_count_max] = {
    count("disk.read.operations", "Reads that were completed"),
    count("disk.read.merged", "Reads that were joined to another before they were done"),
    bytes("disk.read.bytes", "Bytes read"),
    time("disk.read.time", "Time that all reads took, added up"),
    count("disk.write.operations", "Writes that were completed"),
    count("disk.write.merged", "Writes that were joined to another before they were done"),
    bytes("disk.write.bytes", "Bytes written"),
    time("disk.write.time", "Time that all writes took, added up"),
    {.name = "disk.io.in_progress",
     .help = "Operations that the disk has now",
     .about = SubjectKind::disk},
    time("disk.io.time", "Time in which the disk had something to do"),
    time("disk.io.weighted_time", "Time of disk.io.time, times the operations that waited"),
    count("disk.discard.operations", "Discards that were completed"),
    count("disk.discard.merged", "Discards that were joined to another before they were done"),
    bytes("disk.discard.bytes", "Bytes discarded"),
    time("disk.discard.time", "Time that all discards took, added up"),
    count("disk.flush.operations", "Flushes that were completed"),
    time("disk.flush.time", "Time that all flushes took, added up"),
};
static_assert(std::size(specs) <= limits::samples_per_disk_max);

using DeviceName = FixedText<32>;  // DISK_NAME_LEN of the kernel

struct Known {
    DeviceName name;
    bool is_disk;
};

// What sys/block said of each line, so that it is asked again only when the lines change.
struct State {
    Known known[limits::block_device_count_max];
    std::size_t known_count;
};

struct DiskLine {
    std::string_view name;
    std::array<std::uint64_t, column_count_max> values;
    std::size_t value_count = 0;

    bool is_used() const {
        for (std::size_t i = 0; i < value_count; ++i) {
            if (values[i] != 0) return true;
        }
        return false;
    }
};

bool is_good_name(std::string_view name) {
    return !name.empty() && name.size() <= DeviceName::bytes_max && name != "." && name != "..";
}

bool scan_line(std::string_view line, DiskLine& disk) {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    if (!take_u64(line, major) || !take_u64(line, minor)) return false;
    disk.name = take_word(line);
    disk.value_count = 0;
    for (std::string_view word = take_word(line);
         !word.empty() && disk.value_count < column_count_max; word = take_word(line)) {
        std::uint64_t value = 0;
        if (!parse_u64(word, value)) return false;
        const bool is_sectors = specs[disk.value_count].unit == Unit::bytes;
        if (is_sectors && value > sectors_max) return false;
        disk.values[disk.value_count++] = is_sectors ? value * sector_bytes : value;
    }
    return is_good_name(disk.name) && disk.value_count >= column_count_min;
}

// Slashes in names ("cciss/c0d0") are exclamation marks in sys. Without a sys all lines are shown.
bool ask_is_disk(const HostRoot& root, std::string_view name) {
    char path[64] = "block/";
    std::size_t size = std::strlen(path);
    for (const char c : name)
        path[size++] = c == '/' ? '!' : c;
    path[size] = '\0';
    return root.sys() < 0 || faccessat(root.sys(), "block", F_OK, 0) != 0 ||
           faccessat(root.sys(), path, F_OK, 0) == 0;
}

bool is_disk(State& state, std::size_t index, std::string_view name, const HostRoot& root) {
    if (index >= std::size(state.known)) return ask_is_disk(root, name);
    Known& known = state.known[index];
    if (index >= state.known_count || known.name.view() != name) {
        known.is_disk = ask_is_disk(root, name);
        (void)known.name.assign(name);
        if (state.known_count <= index) state.known_count = index + 1;
    }
    return known.is_disk;
}

void add_disk(const DiskLine& disk, SnapshotWriter& writer) {
    const std::uint32_t subject = writer.add_subject(SubjectKind::disk, node_subject, disk.name);
    for (std::size_t i = 0; i < disk.value_count; ++i)
        writer.add(i, disk.values[i], subject);
}

Status run_diskstats(State& state, const HostContext& context, SnapshotWriter& writer) {
    std::string_view text;
    const Status status = context.reader.read(context.root.proc(), "diskstats", text);
    if (status != Status::ok) return status;
    LineCursor lines(text);
    std::string_view line;
    DiskLine disk;
    std::size_t disk_count = 0;
    for (std::size_t index = 0; lines.next(line); ++index) {
        if (!scan_line(line, disk)) {
            writer.count_skipped();
        } else if (disk.is_used() && is_disk(state, index, disk.name, context.root)) {
            if (++disk_count > limits::disk_count_max) {
                writer.count_overflow();
            } else {
                add_disk(disk, writer);
            }
        }
    }
    if (lines.is_torn()) writer.count_skipped();
    return Status::ok;
}

}  // namespace

extern constexpr Collector diskstats_collector = {
    .name = "diskstats",
    .specs = specs,
    .state_bytes = sizeof(State),
    .run = run_with<State, run_diskstats>,
};

}  // namespace nma
