// The table of tracked connections (Documentation/networking/nf_conntrack-sysctl.rst), one number a
// file. The files are there while the module is loaded.
#include "platform/metrics/collector.h"
#include "platform/metrics/single_value.h"

namespace nma {

namespace {

enum Index { conntrack_entries, conntrack_max };

constexpr MetricSpec specs[] = {
    {.name = "conntrack.entries", .help = "Connections that are tracked"},
    {.name = "conntrack.max", .help = "Connections that can be tracked"},
};

constexpr HostFile files[] = {
    {Below::proc, "sys/net/netfilter/nf_conntrack_count", scan_single_value<conntrack_entries>,
     true},
    {Below::proc, "sys/net/netfilter/nf_conntrack_max", scan_single_value<conntrack_max>, true},
};

}  // namespace

extern constexpr Collector conntrack_collector = {
    .name = "conntrack", .specs = specs, .files = files};

}  // namespace nma
