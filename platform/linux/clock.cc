#include "platform/linux/clock.h"

#include <sys/types.h>
#include <time.h>

namespace nma {

namespace {

// Where a long has 32 bits the C library must be asked for that (CMakeLists.txt), and be able to:
// glibc since 2.34, musl.
static_assert(sizeof(time_t) == 8 && sizeof(off_t) == 8, "times go beyond 2038, files beyond 2 GB");

std::uint64_t read_clock_ns(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

Instants read_instants() {
    return {read_clock_ns(CLOCK_REALTIME), read_clock_ns(CLOCK_BOOTTIME)};
}

std::uint64_t boottime_ns() {
    return read_clock_ns(CLOCK_BOOTTIME);
}

std::uint64_t monotonic_ns() {
    return read_clock_ns(CLOCK_MONOTONIC);
}

// Another thread may run between the readings of two clocks: the closest of a few pairs counts.
std::uint64_t boot_realtime_ns() {
    constexpr int attempt_count = 4;
    std::uint64_t best_ns = 0;
    std::uint64_t best_gap_ns = 0;
    for (int i = 0; i < attempt_count; ++i) {
        const std::uint64_t before_ns = boottime_ns();
        const std::uint64_t realtime_ns = read_clock_ns(CLOCK_REALTIME);
        const std::uint64_t gap_ns = boottime_ns() - before_ns;
        if (i > 0 && gap_ns >= best_gap_ns) continue;
        best_gap_ns = gap_ns;
        const std::uint64_t since_boot_ns = before_ns + gap_ns / 2;
        best_ns = realtime_ns > since_boot_ns ? realtime_ns - since_boot_ns : 0;
    }
    return best_ns;
}

}  // namespace nma
