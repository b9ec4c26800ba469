#include "agent/apps/prometheus_line.h"

#include "platform/base/number_text.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

constexpr bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// Empty when the text does not begin with a name.
std::string_view take_name(std::string_view& text, bool may_have_colon) {
    std::size_t end = 0;
    while (end < text.size() &&
           (is_name_character(text[end]) || (may_have_colon && text[end] == ':')))
        ++end;
    if (end > 0 && is_digit(text.front())) end = 0;
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(end);
    return name;
}

// Where the text of a label ends, and whether it has a backslash. npos without a closing quote.
std::size_t find_quote(std::string_view text, bool& has_escape) {
    has_escape = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return i;
        if (text[i] != '\\') continue;
        has_escape = true;
        ++i;
    }
    return std::string_view::npos;
}

class LineParser {
  public:
    LineParser(std::string_view line, std::span<char> scratch, PrometheusLine& out)
        : rest_(line), scratch_(scratch), out_(out) {}

    Status parse() {
        out_.label_count = 0;
        if (rest_.find('\0') != std::string_view::npos) return Status::malformed;  // ends our tags
        skip_blanks(rest_);
        out_.name = take_name(rest_, true);
        if (out_.name.empty()) return Status::malformed;
        const bool has_gap = !rest_.empty() && is_blank(rest_.front());
        skip_blanks(rest_);
        const bool has_labels = take(rest_, '{');
        const Status status = has_labels ? parse_labels() : Status::ok;
        if (status != Status::ok) return status;
        return (has_labels || has_gap) && parse_value() ? Status::ok : Status::malformed;
    }

  private:
    // From behind the opening brace to behind the closing one.
    Status parse_labels() {
        for (;;) {
            skip_blanks(rest_);
            if (take(rest_, '}')) return Status::ok;
            if (out_.label_count == limits::prometheus_label_count_max) return Status::full;
            const Status status = parse_label(out_.labels[out_.label_count]);
            if (status != Status::ok) return status;
            ++out_.label_count;
            skip_blanks(rest_);
            if (take(rest_, ',')) continue;
            return take(rest_, '}') ? Status::ok : Status::malformed;
        }
    }

    Status parse_label(PrometheusLabel& label) {
        label.name = take_name(rest_, false);
        skip_blanks(rest_);
        if (label.name.empty() || !take(rest_, '=')) return Status::malformed;
        skip_blanks(rest_);
        if (!take(rest_, '"')) return Status::malformed;
        bool has_escape = false;
        const std::size_t end = find_quote(rest_, has_escape);
        if (end == std::string_view::npos) return Status::malformed;
        label.value = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return has_escape ? unescape(label.value) : Status::ok;
    }

    Status unescape(std::string_view& value) {
        if (value.size() > scratch_.size() - used_) return Status::full;
        char* const start = scratch_.data() + used_;
        char* end = start;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const char next = value[i] == '\\' ? value[i + 1] : '\0';  // find_quote saw a next one
            const bool is_escape = next == '\\' || next == '"' || next == 'n';
            *end++ = is_escape && next == 'n' ? '\n' : is_escape ? next : value[i];
            if (is_escape) ++i;
        }
        value = {start, static_cast<std::size_t>(end - start)};
        used_ += value.size();
        return Status::ok;
    }

    bool parse_value() {
        if (!parse_prometheus_number(take_word(rest_), out_.value)) return false;
        const std::string_view timestamp = take_word(rest_);
        if (timestamp.empty() || timestamp.front() == '#') return true;
        double ignored = 0;
        if (!parse_prometheus_number(timestamp, ignored)) return false;
        const std::string_view exemplar = take_word(rest_);
        return exemplar.empty() || exemplar.front() == '#';
    }

    std::string_view rest_;
    std::span<char> scratch_;
    std::size_t used_ = 0;
    PrometheusLine& out_;
};

}  // namespace

Status parse_prometheus_line(std::string_view line, std::span<char> scratch, PrometheusLine& out) {
    return LineParser(line, scratch, out).parse();
}

bool parse_prometheus_number(std::string_view text, double& value) {
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') return false;
    }
    return read_double(text, value);
}

bool is_prometheus_name(std::string_view text) {
    return !take_name(text, true).empty() && text.empty();
}

}  // namespace nma
