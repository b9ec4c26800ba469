// One sample line of a Prometheus text, in the formats "text 0.0.4" (Prometheus: "Exposition
// formats") and OpenMetrics 1.0:
//
//     name value
//     name{label="text",other="text",} value timestamp
//     name{label="text"} value timestamp # {trace_id="x"} value timestamp
//
// Pure: it looks at the line alone. Blanks may stand between all parts. A label's text has \\, \"
// and \n for a backslash, a quote and a newline; before any other letter a backslash is itself.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "platform/base/status.h"
#include "platform/limits.h"

namespace nma {

struct PrometheusLabel {
    std::string_view name;
    std::string_view value;  // UTF-8 as far as the sender's was; never has a NUL
};

// Views are of the line and of the scratch memory.
struct PrometheusLine {
    std::string_view name;
    PrometheusLabel labels[limits::prometheus_label_count_max];
    std::size_t label_count = 0;
    double value = 0;
};

// `line` comes without its newline. `scratch` takes texts of labels that have a backslash.
// malformed: not such a line. full: too many labels, or no room in `scratch`. Timestamps must be
// numbers; they and the exemplar are not kept.
Status parse_prometheus_line(std::string_view line, std::span<char> scratch, PrometheusLine& out);

// A decimal number with or without sign, fraction and exponent, or Inf or NaN in any case. False,
// and `value` unchanged, on anything else and on what no double can hold.
[[nodiscard]] bool parse_prometheus_number(std::string_view text, double& value);

// Letters, digits, "_" and ":", no digit first.
bool is_prometheus_name(std::string_view text);

}  // namespace nma
