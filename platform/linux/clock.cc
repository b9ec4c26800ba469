#include "platform/linux/clock.h"

#include <time.h>

namespace nma {

namespace {

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

}  // namespace nma
