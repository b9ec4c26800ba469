// /proc/uptime (proc(5)): "14827.27 29551.45": seconds since boot, sleep included, and seconds in
// which processors were idle, added up over all of them.
#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr unsigned idle_decimals = 2;

enum Index { uptime, idle_time };

constexpr MetricSpec specs[] = {
    {.name = "system.uptime",
     .help = "Whole seconds since the node was started",
     .view = View::standard},
    {.name = "system.idle_time",
     .help = "Time in which processors were idle since boot, added up over all of them",
     .unit = Unit::seconds,
     .kind = MetricKind::counter,
     .decimals = idle_decimals},
};

Status scan_uptime(std::string_view text, SnapshotWriter& writer) {
    std::string_view line;
    std::uint64_t uptime_s = 0;
    std::uint64_t idle_cs = 0;
    if (!single_line(text, line) || !parse_decimal(take_word(line), 0, uptime_s) ||
        !parse_decimal(take_word(line), idle_decimals, idle_cs)) {
        return Status::malformed;
    }
    writer.add(uptime, uptime_s);
    writer.add(idle_time, idle_cs);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "uptime", scan_only<scan_uptime>}};

}  // namespace

extern constexpr Collector uptime_collector = {.name = "uptime", .specs = specs, .files = files};

}  // namespace nma
