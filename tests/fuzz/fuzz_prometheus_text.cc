// Prometheus texts: whatever comes in, samples are bounded and well-formed, and the size of the
// steps changes nothing. The first byte chooses the format and the size of the steps.
#include <cstdint>
#include <cstdlib>

#include "agent/apps/prometheus_text.h"

namespace {

struct Seen {
    std::uint64_t samples = 0;
    std::uint64_t hash = 0;
};

void check_tags(std::string_view tags) {
    std::string_view last_key;
    bool has_url = false;
    while (!tags.empty()) {
        const std::string_view key = tags.substr(0, tags.find('\0'));
        tags.remove_prefix(key.size() + 1);
        const std::size_t end = tags.find('\0');
        if (end == tags.npos || end == 0 || key.empty() || key <= last_key) std::abort();
        if (key == "url") has_url = tags.substr(0, end) == "http://h/m";
        tags.remove_prefix(end + 1);
        last_key = key;
    }
    if (!has_url) std::abort();
}

void see(void* context, const nma::PrometheusSample& sample) {
    Seen& seen = *static_cast<Seen*>(context);
    ++seen.samples;
    for (const char c : sample.name)
        seen.hash = seen.hash * 31 + static_cast<unsigned char>(c);
    for (const char c : sample.tags)
        seen.hash = seen.hash * 31 + static_cast<unsigned char>(c);
    const std::size_t point = sample.name.find('.');
    if (point == sample.name.npos || !nma::is_prometheus_name(sample.name.substr(0, point)))
        std::abort();
    if (sample.tags.size() > nma::limits::app_tag_bytes_max) std::abort();
    check_tags(sample.tags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool is_openmetrics = (data[0] & 1) != 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    static nma::PrometheusParser parser;
    Seen whole;
    parser.begin(text, "http://h/m", is_openmetrics);
    while (parser.step(SIZE_MAX, {see, &whole})) {
    }
    if (parser.counts().samples != whole.samples) std::abort();
    Seen stepped;
    parser.begin(text, "http://h/m", is_openmetrics);
    while (parser.step(1U + data[0], {see, &stepped})) {
    }
    if (stepped.samples != whole.samples || stepped.hash != whole.hash) std::abort();
    return 0;
}
