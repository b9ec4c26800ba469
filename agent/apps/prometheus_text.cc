#include "agent/apps/prometheus_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "platform/base/number_text.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

// The shortest text that reads back as the same number, in the notation of the old system: whole
// digits below 10^21. Empty when there is no room.
std::string_view write_number(double value, std::span<char> room) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    const double size = std::fabs(value);
    const bool is_plain = size == 0 || (size >= 1e-4 && size < 1e21);
    return write_double(value, is_plain ? NumberForm::fixed : NumberForm::scientific, room);
}

// What follows the family's name in a sample's. False when the sample is of another family.
bool cut_family(std::string_view name, std::string_view family, std::string_view& suffix) {
    if (family.empty() || !name.starts_with(family)) return false;
    suffix = name.substr(family.size());
    return true;
}

}  // namespace

void PrometheusParser::begin(std::string_view text, std::string_view url, bool is_openmetrics) {
    rest_ = text;
    url_ = url;
    is_openmetrics_ = is_openmetrics;
    is_ended_ = false;
    family_ = {};
    type_ = Type::untyped;
    counts_ = {};
}

bool PrometheusParser::step(std::size_t bytes_max, const PrometheusEvents& events) {
    std::size_t looked_at = 0;
    while (!rest_.empty() && !is_ended_ && looked_at < bytes_max) {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) {
            ++counts_.malformed;
            rest_ = {};
            break;
        }
        parse_line(rest_.substr(0, end), events);
        rest_.remove_prefix(end + 1);
        looked_at += end + 1;
    }
    const bool is_done = rest_.empty() || is_ended_;
    if (is_done && is_openmetrics_ && !is_ended_) {
        ++counts_.malformed;
        is_ended_ = true;  // counted once, however often step is called
    }
    return !is_done;
}

void PrometheusParser::parse_line(std::string_view line, const PrometheusEvents& events) {
    // Before any look at its bytes: the event loop waits for us.
    if (line.size() > limits::prometheus_line_bytes_max) {
        if (line.front() != '#') count(Status::full);
        return;
    }
    line = trim(line);
    if (line.empty()) return;
    if (line.front() == '#') return parse_comment(line);
    parse_sample(line, events);
}

// HELP and UNIT say nothing that a datapoint has.
void PrometheusParser::parse_comment(std::string_view line) {
    line.remove_prefix(1);
    const std::string_view word = take_word(line);
    if (word == "EOF" && is_openmetrics_) is_ended_ = true;
    if (word != "TYPE") return;
    family_ = take_word(line);
    const bool is_known = parse_type(take_word(line), type_);
    if (is_known && is_prometheus_name(family_) && trim(line).empty()) return;
    ++counts_.malformed;
    family_ = {};
}

bool PrometheusParser::parse_type(std::string_view word, Type& type) {
    static constexpr std::pair<std::string_view, Type> words[] = {
        {"counter", Type::counter},     {"gauge", Type::gauge},
        {"histogram", Type::histogram}, {"gaugehistogram", Type::histogram},
        {"summary", Type::summary},     {"untyped", Type::untyped},
        {"unknown", Type::untyped},     {"info", Type::gauge},
        {"stateset", Type::gauge},
    };
    for (const auto& [known, meaning] : words) {
        if (word != known) continue;
        type = meaning;
        return true;
    }
    return false;
}

void PrometheusParser::parse_sample(std::string_view line, const PrometheusEvents& events) {
    Status status = parse_prometheus_line(line, scratch_, line_);
    if (status == Status::ok) status = name_sample();
    if (status == Status::ok && is_skipped_) {
        ++counts_.skipped;
        return;
    }
    if (status == Status::ok) status = write_tags();
    if (status != Status::ok) return count(status);
    ++counts_.samples;
    events.on_sample(events.context, {{name_, name_bytes_}, {tags_, tag_bytes_}, line_.value});
}

void PrometheusParser::count(Status status) {
    ++(status == Status::full ? counts_.oversized : counts_.malformed);
}

Status PrometheusParser::name_sample() {
    is_skipped_ = false;
    const std::string_view name = line_.name;
    std::string_view suffix;
    if (!cut_family(name, family_, suffix)) return name_as(name, "value");
    if (type_ == Type::gauge && (suffix.empty() || suffix == "_info"))
        return name_as(name, "gauge");
    if (type_ == Type::counter && (suffix.empty() || suffix == "_total"))
        return name_as(name, "counter");
    const bool is_distribution = type_ == Type::summary || type_ == Type::histogram;
    is_skipped_ = suffix == "_created" && (is_distribution || type_ == Type::counter);
    if (is_skipped_) return Status::ok;
    if (is_distribution && (suffix == "_sum" || suffix == "_gsum")) return name_as(family_, "sum");
    if (is_distribution && (suffix == "_count" || suffix == "_gcount"))
        return name_as(family_, "count");
    if (type_ == Type::histogram && suffix == "_bucket") return name_by_bound(family_, "le");
    if (type_ == Type::summary && suffix.empty()) return name_by_bound(family_, "quantile");
    return name_as(name, "value");
}

// The label's number moves from the tags into the name.
Status PrometheusParser::name_by_bound(std::string_view base, std::string_view label) {
    std::size_t index = 0;
    while (index < line_.label_count && line_.labels[index].name != label)
        ++index;
    double bound = 0;
    if (index == line_.label_count || !parse_prometheus_number(line_.labels[index].value, bound))
        return Status::malformed;
    --line_.label_count;
    std::swap(line_.labels[index], line_.labels[line_.label_count]);
    char digits[32];
    const std::string_view text = write_number(bound, digits);
    return text.empty() ? Status::full : name_as(base, text);
}

Status PrometheusParser::name_as(std::string_view base, std::string_view suffix) {
    name_bytes_ = base.size() + 1 + suffix.size();
    if (name_bytes_ > sizeof name_) return Status::full;
    std::memcpy(name_, base.data(), base.size());
    name_[base.size()] = '.';
    std::memcpy(name_ + base.size() + 1, suffix.data(), suffix.size());
    return Status::ok;
}

// A label without text is one that is not there.
Status PrometheusParser::write_tags() {
    std::sort(line_.labels, line_.labels + line_.label_count,
              [](const auto& a, const auto& b) { return a.name < b.name; });
    tag_bytes_ = 0;
    bool has_url = url_.empty();
    for (std::size_t i = 0; i < line_.label_count; ++i) {
        const PrometheusLabel& label = line_.labels[i];
        if (i > 0 && label.name == line_.labels[i - 1].name) return Status::malformed;
        if (!has_url && label.name >= "url") {
            has_url = true;
            if (append_tag("url", url_) != Status::ok) return Status::full;
        }
        if (label.value.empty() || (label.name == "url" && !url_.empty())) continue;
        if (append_tag(label.name, label.value) != Status::ok) return Status::full;
    }
    return has_url ? Status::ok : append_tag("url", url_);
}

Status PrometheusParser::append_tag(std::string_view key, std::string_view value) {
    if (key.size() + value.size() + 2 > sizeof tags_ - tag_bytes_) return Status::full;
    for (const std::string_view text : {key, value}) {
        std::memcpy(tags_ + tag_bytes_, text.data(), text.size());
        tag_bytes_ += text.size();
        tags_[tag_bytes_++] = '\0';
    }
    return Status::ok;
}

}  // namespace nma
