// What the store keeps of one series (a metric of a container with one set of tags), and of one
// container. Internal to the store.
#pragma once

#include <cstdint>

#include "agent/apps/app_counts.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

// Timers, histograms and distributions are one kind: their datapoints have the same names.
enum class AppKind : std::uint8_t { none, gauge, counter, timer, set, scraped };
inline constexpr std::size_t app_kind_count = static_cast<std::size_t>(AppKind::scraped) + 1;

struct TimerPart {
    std::uint32_t timer;
    std::uint32_t sketch;  // SlotPool's none: it has none in this window
};

struct SetPart {
    std::uint32_t member_first;  // of the running window
    std::uint32_t member_count;
};

struct ScrapedPart {
    std::uint32_t group;
};

// One cache line: the way of a sample to its series costs one look at it, and one at its text.
struct AppSeries {
    std::uint64_t last_ns = 0;   // boottime of the last sample
    double value = 0;            // of a set: what its finished window showed
    std::uint64_t shown_ns = 0;  // last sample of the finished window; 0: no window is finished yet
    std::uint32_t hash = 0;
    std::uint32_t container = 0;
    std::uint32_t next_plus_one = 0;  // of the container's series, in the order of their making
    std::uint32_t previous_plus_one = 0;
    std::uint32_t text = 0;
    std::uint32_t window = 0;  // number of the running one
    union {
        TimerPart timer = {};
        SetPart set;
        ScrapedPart scraped;
    };
    std::uint16_t name_bytes = 0;
    std::uint16_t tags_bytes = 0;
    AppKind kind = AppKind::none;  // none: the place is free
    bool has_lost_members = false;

    std::size_t text_bytes() const { return std::size_t{name_bytes} + tags_bytes; }
    bool is_windowed() const { return kind == AppKind::timer || kind == AppKind::set; }
};
static_assert(sizeof(AppSeries) == 64);
static_assert(limits::app_tag_bytes_max <= UINT16_MAX && limits::app_name_bytes_max <= UINT16_MAX);

struct AppContainerState {
    bool is_open = false;
    std::uint32_t first_plus_one = 0;
    std::uint32_t last_plus_one = 0;
    std::uint32_t series_count = 0;
    std::uint32_t member_count = 0;
    std::uint32_t sketch_count = 0;
    std::uint32_t active_index = 0;  // while it has series
    std::size_t text_bytes = 0;
    std::uint64_t last_ns = 0;  // boottime of the last sample
    std::uint64_t counts[app_count_count] = {};
    FixedText<limits::name_bytes_max + 1> id;
};

}  // namespace nma
