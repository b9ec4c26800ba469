// The two clocks that we use: wall time at the edge (timestamps in answers), time since boot inside
// (it also runs while the machine sleeps, and nobody can set it).
#pragma once

#include <cstdint>

namespace nma {

struct Instants {
    std::uint64_t realtime_ns = 0;  // since 1970-01-01 UTC
    std::uint64_t boottime_ns = 0;  // CLOCK_BOOTTIME
};

Instants read_instants();
std::uint64_t boottime_ns();

// CLOCK_MONOTONIC, which stands while the machine sleeps: for what timers and the service manager
// count by it. Never in an answer.
std::uint64_t monotonic_ns();

// When the machine was started, by the wall clock: within a few microseconds, so that two calls
// give the same hundredth of a second. Changes when somebody sets the clock.
std::uint64_t boot_realtime_ns();

}  // namespace nma
