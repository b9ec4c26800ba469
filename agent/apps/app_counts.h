// What happened to what applications sent: counted for each container, and in all.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

// The first are the inlets' to note, the others the store notes itself.
enum class AppCount : std::uint8_t {
    malformed_line,
    dropped_packet,    // by the kernel: its buffer was full
    truncated_packet,  // longer than our buffer: its whole lines count, the cut one does not
    skipped_event,
    skipped_service_check,
    sample,           // all that came, with those below
    overflow,         // samples that were lost: their series had no room
    overflow_member,  // of sets; the set is not shown for that window
    overflow_sketch,  // timers that began a window without percentiles
    last = overflow_sketch,
};

inline constexpr std::size_t app_count_count = static_cast<std::size_t>(AppCount::last) + 1;

// As in "malformed_lines". Never null.
const char* app_count_name(AppCount what);

struct AppCounts {
    std::uint64_t values[app_count_count] = {};

    // The metric that overflowed most often, of any kind of overflow (see offenders.h); empty when
    // none did. Good until the next call of anything that changes the store.
    std::string_view worst_metric;

    std::uint64_t operator[](AppCount what) const { return values[static_cast<std::size_t>(what)]; }
};

}  // namespace nma
