// What a figure is: constants that the readers declare next to their scanners. README's table of
// datapoints is printed from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/metrics/subject.h"

namespace nma {

enum class Unit : std::uint8_t { none, count, bytes, seconds, percent, celsius };

enum class MetricKind : std::uint8_t {
    gauge,    // may go up and down
    counter,  // only goes up, until the thing that it counts is made anew
};

enum class View : std::uint8_t {
    standard,  // in every answer: the documented set
    full,      // only with ?view=full
};

struct MetricSpec {
    const char* name;  // dotted, as in the API
    const char* help;  // one sentence without its full stop
    Unit unit = Unit::count;
    MetricKind kind = MetricKind::gauge;
    View view = View::full;
    std::uint8_t decimals = 0;              // the figure is the sample's value / 10^decimals
    bool is_signed = false;                 // the sample's value holds a two's complement number
    SubjectKind about = SubjectKind::node;  // what its samples are about: their tags
    bool is_probe = false;  // of containers: known to hold at every tick, whatever is not read
};

// The word in the API: "count", "bytes", … and "" for none.
const char* unit_name(Unit unit);

// A reader's constants under the name by which reports and documents call the reader.
struct MetricSource {
    const char* name;
    std::span<const MetricSpec> specs;
};

}  // namespace nma
