// /proc/meminfo (proc(5), Documentation/filesystems/proc.rst): lines of "MemTotal:  16 kB", where
// kB means 1,024 bytes; the HugePages_ lines are counts without a unit.
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

constexpr std::uint64_t kib = 1024;

constexpr MetricSpec documented(const char* name, const char* help) {
    return {.name = name, .help = help, .unit = Unit::bytes, .view = View::standard};
}
constexpr MetricSpec bytes(const char* name, const char* help) {
    return {.name = name, .help = help, .unit = Unit::bytes};
}

constexpr FieldRow rows[] = {
    {"MemTotal", kib, documented("memory.total", "Memory that the kernel manages")},
    {"MemFree", kib, documented("memory.free", "Memory that nobody uses")},
    {"MemAvailable", kib,
     bytes("memory.available", "Memory that programs could still get without swapping")},
    {"Buffers", kib, documented("memory.buffers", "Cached blocks of raw devices")},
    {"Cached", kib,
     documented("memory.cached", "Cached file contents, with shared memory and tmpfs")},
    {"SwapCached", kib, bytes("swap.cached", "Swapped-in memory that is still in swap, too")},
    {"Active", kib, bytes("memory.active", "Memory used recently")},
    {"Inactive", kib, bytes("memory.inactive", "Memory not used recently")},
    {"SwapTotal", kib, documented("swap.total", "Swap space")},
    {"SwapFree", kib, documented("swap.free", "Swap space that nobody uses")},
};
constexpr auto row_specs = specs_of(rows);

Status scan_meminfo(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, rows, found);
    if (status == Status::ok) add_fields(found, std::size(rows), writer);
    return status;
}

constexpr HostFile files[] = {{Below::proc, "meminfo", scan_only<scan_meminfo>}};

}  // namespace

extern constexpr Collector meminfo_collector = {
    .name = "meminfo", .specs = row_specs, .files = files};

}  // namespace nma
