#include "platform/base/text_cursor.h"

#include <cstring>
#include <limits>

namespace nma {

namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Checking each digit for overflow would double the cost of nearly all numbers.
constexpr std::size_t digits_that_always_fit = std::numeric_limits<std::uint64_t>::digits10;

// value * 10 + digit, false when that leaves 64 bits.
bool push_digit(std::uint64_t& value, char digit) {
    const auto addend = static_cast<std::uint64_t>(digit - '0');
    constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
    if (value > (top - addend) / 10) return false;
    value = value * 10 + addend;
    return true;
}

}  // namespace

bool parse_u64(std::string_view text, std::uint64_t& value) {
    if (text.empty()) return false;
    const bool may_overflow = text.size() > digits_that_always_fit;
    std::uint64_t result = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        if (!may_overflow) {
            result = result * 10 + static_cast<std::uint64_t>(c - '0');
        } else if (!push_digit(result, c)) {
            return false;
        }
    }
    value = result;
    return true;
}

bool parse_i64(std::string_view text, std::int64_t& value) {
    const bool is_negative = !text.empty() && text.front() == '-';
    if (is_negative) text.remove_prefix(1);
    std::uint64_t magnitude = 0;
    if (!parse_u64(text, magnitude)) return false;
    const std::uint64_t limit = std::uint64_t{1} << 63;
    if (is_negative ? magnitude > limit : magnitude >= limit) return false;
    value = static_cast<std::int64_t>(is_negative ? std::uint64_t{0} - magnitude : magnitude);
    return true;
}

bool parse_decimal(std::string_view text, unsigned decimals, std::uint64_t& value) {
    const std::size_t point = text.find('.');
    std::uint64_t result = 0;
    if (!parse_u64(text.substr(0, point), result)) return false;
    std::string_view fraction;
    if (point != std::string_view::npos) {
        fraction = text.substr(point + 1);
        std::uint64_t ignored = 0;
        if (fraction.size() > 18 || !parse_u64(fraction, ignored)) return false;
    }
    for (unsigned i = 0; i < decimals; ++i) {
        if (!push_digit(result, i < fraction.size() ? fraction[i] : '0')) return false;
    }
    value = result;
    return true;
}

std::string_view take_word(std::string_view& line) {
    std::size_t start = 0;
    while (start < line.size() && is_blank(line[start]))
        ++start;
    std::size_t end = start;
    while (end < line.size() && !is_blank(line[end]))
        ++end;
    const std::string_view word = line.substr(start, end - start);
    line.remove_prefix(end);
    return word;
}

bool take_u64(std::string_view& line, std::uint64_t& value) {
    return parse_u64(take_word(line), value);
}

std::string_view trim(std::string_view text) {
    const auto is_edge = [](char c) { return is_blank(c) || c == '\r' || c == '\n'; };
    while (!text.empty() && is_edge(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_edge(text.back()))
        text.remove_suffix(1);
    return text;
}

bool LineCursor::next(std::string_view& line) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return false;
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++line_number_;
    return true;
}

bool single_line(std::string_view text, std::string_view& line) {
    LineCursor lines(text);
    std::string_view first;
    std::string_view more;
    if (!lines.next(first) || lines.next(more) || lines.is_torn()) return false;
    line = first;
    return true;
}

}  // namespace nma
