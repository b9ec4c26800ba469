// The kernel's clock, by adjtimex(2) without a change. Only where the host's /proc is live: in a
// copy of its texts the clock would be ours.
#include <sys/timex.h>

#include "platform/metrics/collector.h"

namespace nma {

namespace {

enum Index { synchronized, offset, estimated_error, maximum_error, frequency_offset, tai_offset };

constexpr std::uint8_t ns_decimals = 9;
constexpr std::uint8_t us_decimals = 6;
constexpr std::int64_t ns_per_us = 1000;
constexpr std::int64_t frequency_unit = 1 << 16;  // freq counts 2^-16 parts in a million
constexpr std::int64_t millionths = 1'000'000;

constexpr MetricSpec specs[] = {
    {.name = "time.synchronized", .help = "1 when something keeps the clock in step, 0 when not"},
    {.name = "time.offset",
     .help = "What the clock still has to make up",
     .unit = Unit::seconds,
     .decimals = ns_decimals,
     .is_signed = true},
    {.name = "time.estimated_error",
     .help = "How far the clock is probably off",
     .unit = Unit::seconds,
     .decimals = us_decimals},
    {.name = "time.maximum_error",
     .help = "How far the clock may be off at most",
     .unit = Unit::seconds,
     .decimals = us_decimals},
    {.name = "time.frequency_offset",
     .help = "Correction of the clock's rate, in parts in a million",
     .unit = Unit::count,
     .decimals = us_decimals,
     .is_signed = true},
    {.name = "time.tai_offset",
     .help = "International Atomic Time less UTC, where it was set",
     .unit = Unit::seconds,
     .is_signed = true},
};

std::uint64_t bits(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

Status run_timex(void*, const HostContext& context, SnapshotWriter& writer) {
    timex clock = {};
    if (!context.root.is_live()) return Status::unsupported;
    if (adjtimex(&clock) < 0) return Status::denied;
    const bool is_ns = (clock.status & STA_NANO) != 0;
    writer.add(synchronized, (clock.status & STA_UNSYNC) == 0 ? 1 : 0);
    writer.add(offset, bits(clock.offset * (is_ns ? 1 : ns_per_us)));
    writer.add(estimated_error, bits(clock.esterror));
    writer.add(maximum_error, bits(clock.maxerror));
    writer.add(frequency_offset, bits(clock.freq * millionths / frequency_unit));
    writer.add(tai_offset, bits(clock.tai));
    return Status::ok;
}

}  // namespace

extern constexpr Collector timex_collector = {.name = "timex", .specs = specs, .run = run_timex};

}  // namespace nma
