// Numbers as StatsD's senders write them.
#pragma once

#include <string_view>

namespace nma {

// A decimal number with an optional sign, fraction and exponent, whatever the locale. False, and
// `value` unchanged, on anything else: hexadecimal, infinities and NaN, what no finite double
// holds, and what is so small that it would become 0.
[[nodiscard]] bool parse_statsd_number(std::string_view text, double& value);

// "NaN" in capitals or not, without a sign.
bool is_nan_text(std::string_view text);

}  // namespace nma
