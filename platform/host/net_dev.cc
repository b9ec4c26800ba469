// Traffic of every interface of the node's network namespace. See platform/metrics/net_dev_text.h
// for the format.
#include "platform/metrics/net_dev_text.h"

#include "platform/limits.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr MetricSpec figure(const char* name, const char* help, Unit unit = Unit::count) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .kind = MetricKind::counter,
            .view = View::standard,
            .about = SubjectKind::interface};
}

// In the order of InterfaceCounters::values.
constexpr MetricSpec specs[] = {
    figure("network.in", "Bytes received", Unit::bytes),
    figure("network.in.packets", "Packets received"),
    figure("network.in.errors", "Packets received with errors"),
    figure("network.in.dropped", "Packets received and dropped"),
    figure("network.out", "Bytes sent", Unit::bytes),
    figure("network.out.packets", "Packets sent"),
    figure("network.out.errors", "Packets that could not be sent"),
    figure("network.out.dropped", "Packets dropped before they were sent"),
};
static_assert(std::size(specs) == InterfaceCounters::value_count);
static_assert(std::size(specs) <= limits::samples_per_interface_max);

Status scan_net_dev(std::string_view text, SnapshotWriter& writer) {
    NetDevCursor cursor(text);
    InterfaceCounters counters;
    for (std::size_t count = 0; cursor.next(counters); ++count) {
        if (count >= limits::interface_count_max) {
            writer.count_overflow();
            continue;
        }
        const std::uint32_t subject =
            writer.add_subject(SubjectKind::interface, node_subject, counters.name);
        for (std::size_t i = 0; i < std::size(specs); ++i) {
            writer.add(i, counters.values[i], subject);
        }
    }
    if (cursor.skipped_count() > 0) writer.count_skipped(cursor.skipped_count());
    return cursor.has_header() ? Status::ok : Status::malformed;
}

constexpr HostFile files[] = {{Below::net, "dev", scan_only<scan_net_dev>}};

}  // namespace

extern constexpr Collector net_dev_collector = {.name = "net_dev", .specs = specs, .files = files};

}  // namespace nma
