// What an application said, on its way from where it is kept (agent/apps) to where it is written
// down (api): the two know this and not each other.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

// Texts are UTF-8 as far as the sender's were, and good for the length of one call.
struct AppDatapoint {
    std::string_view name;
    std::string_view tags;  // "key\0value\0" and so on
    double value = 0;       // NaN and infinities have no number in JSON and are written as ""
    std::uint64_t read_at_ns = 0;  // wall time of the last sample in it
};

// All datapoints of a container, or those of one metric of it.
struct AppSource {
    const void* self = nullptr;

    // Calls `take` for each datapoint of the container; with a `metric_id` for those of that metric
    // alone (a timer's parts are its). False when there is no such container, or it has none.
    bool (*each)(const void* self, std::string_view container_id, std::string_view metric_id,
                 void (*take)(void* context, const AppDatapoint& datapoint),
                 void* context) = nullptr;

    // The index-th ID of the containers that have datapoints; false past the last one.
    bool (*container_at)(const void* self, std::uint32_t index, std::string_view& id) = nullptr;

    // What became of all that the container sent: calls `take` with "malformed_lines" and so on,
    // and sets the name of the metric that overflowed most, empty when none did. False when there
    // is no such container.
    bool (*each_count)(const void* self, std::string_view container_id,
                       void (*take)(void* context, std::string_view name, std::uint64_t count),
                       void* context, std::string_view& worst_metric) = nullptr;

    // Changes whenever container_at would answer otherwise.
    std::uint64_t (*generation)(const void* self) = nullptr;
};

}  // namespace nma
