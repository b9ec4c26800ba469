// One value that an application sent in StatsD form, as the parser gives it and the store takes it.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

enum class StatsdType : std::uint8_t { gauge, counter, timer, histogram, distribution, set };

// Texts are good for the length of one call.
struct StatsdSample {
    std::string_view name;  // 1 to limits::app_name_bytes_max bytes, no control characters
    std::string_view tags;  // "key\0value\0" and so on, sorted by key, each key once
    StatsdType type = StatsdType::gauge;
    bool is_delta = false;  // a gauge with a sign: it changes by `value`
    double value = 0;       // finite; only a gauge may be NaN. Of a set: 0
    double rate = 1;        // limits::statsd_rate_min to 1; the value stands for 1 / rate of them
    std::string_view text;  // the member of a set
};

}  // namespace nma
