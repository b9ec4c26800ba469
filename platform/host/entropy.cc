// The kernel's random number generator (random(4)), one number a file. Since 5.18 both are 256.
#include "platform/metrics/collector.h"
#include "platform/metrics/single_value.h"

namespace nma {

namespace {

enum Index { entropy_available, entropy_pool_size };

constexpr MetricSpec specs[] = {
    {.name = "entropy.available", .help = "Bits of entropy at hand"},
    {.name = "entropy.pool_size", .help = "Bits of entropy that there can be"},
};

constexpr HostFile files[] = {
    {Below::proc, "sys/kernel/random/entropy_avail", scan_single_value<entropy_available>},
    {Below::proc, "sys/kernel/random/poolsize", scan_single_value<entropy_pool_size>, true,
     "entropy.pool"},
};

}  // namespace

extern constexpr Collector entropy_collector = {.name = "entropy", .specs = specs, .files = files};

}  // namespace nma
