// Pressure stall information (Documentation/accounting/psi.rst): /proc/pressure/* and the cgroups'
// *.pressure files have the same text:
//     some avg10=0.00 avg60=0.00 avg300=0.09 total=9777115
//     full avg10=0.00 avg60=0.00 avg300=0.00 total=0
// The averages are percent of the last seconds, total is microseconds. irq has no `some` line, and
// cpu had no `full` line before Linux 5.13.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/status.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

inline constexpr std::uint8_t pressure_average_decimals = 2;
inline constexpr std::uint8_t pressure_total_decimals = 6;

struct PressureLine {
    bool is_present = false;
    std::uint64_t avg10 = 0;  // hundredths of a percent
    std::uint64_t avg60 = 0;
    std::uint64_t avg300 = 0;
    std::uint64_t total_us = 0;
};

struct PressureText {
    PressureLine some;
    PressureLine full;
};

// ok, or malformed: then `pressure` is untouched. Lines and keys of other names are passed over;
// one of the two lines must be there.
Status scan_pressure(std::string_view text, PressureText& pressure);

// Writes a line's four figures at `first_spec` and the three places after it, in the order of
// NMA_PRESSURE_SPECS; nothing when the line was not there.
void add_pressure(const PressureLine& line, SnapshotWriter& writer, std::uint32_t subject,
                  std::uint16_t first_spec);

}  // namespace nma

// The four specs of a line. `prefix` and `who` are string literals, as in
// NMA_PRESSURE_SPECS("pressure.cpu.some", "some tasks waited for a processor").
// A macro, because names and sentences are put together from literals.
#define NMA_PRESSURE_AVERAGE(prefix, seconds, who)                                  \
    ::nma::MetricSpec {                                                             \
        .name = prefix ".avg" seconds,                                              \
        .help = "Share of the last " seconds " seconds in which " who,              \
        .unit = ::nma::Unit::percent, .decimals = ::nma::pressure_average_decimals, \
    }
#define NMA_PRESSURE_SPECS(prefix, who)                                                      \
    NMA_PRESSURE_AVERAGE(prefix, "10", who), NMA_PRESSURE_AVERAGE(prefix, "60", who),        \
        NMA_PRESSURE_AVERAGE(prefix, "300", who), ::nma::MetricSpec {                        \
        .name = prefix ".total", .help = "Time in which " who, .unit = ::nma::Unit::seconds, \
        .kind = ::nma::MetricKind::counter, .decimals = ::nma::pressure_total_decimals,      \
    }
