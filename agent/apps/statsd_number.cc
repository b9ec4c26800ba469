#include "agent/apps/statsd_number.h"

#include <cmath>
#include <cstdint>

#include "platform/base/number_text.h"

namespace nma {

namespace {

// 15 digits are exact in a double, whatever they are.
constexpr std::size_t exact_digits_max = 15;

// Most values are small whole numbers, and these need no library.
bool parse_whole(std::string_view text, double& value) {
    if (text.empty() || text.size() > exact_digits_max) return false;
    std::uint64_t whole = 0;
    for (const char c : text) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9) return false;
        whole = whole * 10 + digit;
    }
    value = static_cast<double>(whole);
    return true;
}

}  // namespace

bool parse_statsd_number(std::string_view text, double& value) {
    if (parse_whole(text, value)) return true;
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') return false;
    }
    double parsed = 0;
    if (!read_double(text, parsed) || !std::isfinite(parsed)) return false;
    value = parsed;
    return true;
}

bool is_nan_text(std::string_view text) {
    return text.size() == 3 && (text[0] | 0x20) == 'n' && (text[1] | 0x20) == 'a' &&
           (text[2] | 0x20) == 'n';
}

}  // namespace nma
