// What a Prometheus endpoint answers, as datapoints in the naming of the Metrics API. Reads "text
// 0.0.4" and OpenMetrics 1.0; a text lies in memory as a whole and is parsed a slice at a time.
//
//     # TYPE of family x      sample               datapoint
//     gauge                   x                    x.gauge
//     counter                 x, x_total           x.counter, x_total.counter
//     summary                 x{quantile="0.5"}    x.0.5
//     histogram               x_bucket{le="0.1"}   x.0.1 (how many were at most 0.1), x.+Inf
//     both                    x_sum, x_count       x.sum, x.count
//     untyped, unknown, none  x                    x.value
//
// OpenMetrics calls the family of a counter x and its sample x_total; the datapoint has the
// sample's name, as it has where the same application speaks 0.0.4. For the same reason info
// (x_info) and stateset (x) are gauges, and gaugehistogram has x_gsum and x_gcount as sum and
// count. The times of making that OpenMetrics adds to these (x_created) are skipped and counted.
//
// The quantile or le in a name is the shortest decimal text of the number: "1" for le="1.0".
// A sample whose name does not belong to the family before it has no type, and so is a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/apps/prometheus_line.h"
#include "platform/base/status.h"
#include "platform/limits.h"

namespace nma {

// Views are good for the length of one call.
struct PrometheusSample {
    std::string_view name;
    std::string_view tags;  // "key\0value\0" and so on, sorted by key, no key twice
    double value = 0;       // may be NaN (a summary without observations) or infinite
};

struct PrometheusEvents {
    void (*on_sample)(void* context, const PrometheusSample& sample) = nullptr;
    void* context = nullptr;
};

struct PrometheusCounts {
    std::uint64_t samples = 0;    // given to on_sample
    std::uint64_t malformed = 0;  // lines that are in neither format, a torn last one among them
    std::uint64_t oversized = 0;  // lines, names or labels beyond their limits, or the store's
    std::uint64_t skipped = 0;    // x_created
};

class PrometheusParser {
  public:
    // The text and the url must stay until the last step. Each sample gets the tag `url`; a label
    // of that name gives way to it. OpenMetrics ends at its "# EOF" line and is cut off without
    // one; in the older format that line is a comment.
    void begin(std::string_view text, std::string_view url, bool is_openmetrics);

    // Parses whole lines until `bytes_max` were looked at. False once all of the text was. A last
    // line without a newline was torn, and its number may be: it is malformed.
    bool step(std::size_t bytes_max, const PrometheusEvents& events);

    const PrometheusCounts& counts() const { return counts_; }

  private:
    enum class Type : std::uint8_t { untyped, gauge, counter, summary, histogram };

    void parse_line(std::string_view line, const PrometheusEvents& events);
    void parse_comment(std::string_view line);
    void parse_sample(std::string_view line, const PrometheusEvents& events);
    Status name_sample();
    Status name_by_bound(std::string_view base, std::string_view label);
    Status name_as(std::string_view base, std::string_view suffix);
    Status write_tags();
    Status append_tag(std::string_view key, std::string_view value);
    void count(Status status);

    static bool parse_type(std::string_view word, Type& type);

    std::string_view rest_;
    std::string_view url_;
    bool is_openmetrics_ = false;
    bool is_ended_ = false;    // by "# EOF"
    std::string_view family_;  // of the last TYPE line
    Type type_ = Type::untyped;
    PrometheusCounts counts_;

    PrometheusLine line_;
    bool is_skipped_ = false;  // the sample of line_
    std::size_t name_bytes_ = 0;
    std::size_t tag_bytes_ = 0;
    char name_[limits::app_name_bytes_max];
    char tags_[limits::app_tag_bytes_max];
    char scratch_[2 * limits::app_tag_bytes_max];  // escapes have two bytes for one
};

}  // namespace nma
