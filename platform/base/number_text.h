// Numbers with a fraction as text and back, the same bytes in every build and locale.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace nma {

// A number's text has at most so many bytes when it is read.
inline constexpr std::size_t number_bytes_max = 1023;

enum class NumberForm {
    shortest,    // whichever of the two others takes fewer bytes; when they take as many, fixed
    fixed,       // 0.001, 1500
    scientific,  // 1e-03, 1.5e+03
};

// The fewest digits that read back as the same number; whole numbers in fixed form have all of
// their digits. `value` is finite. Empty when `room` is too small: 32 bytes do for `shortest`.
std::string_view write_double(double value, NumberForm form, std::span<char> room);

// All of `text` is one number: digits, a point, an exponent, also inf, infinity and nan; no blanks,
// no plus in front, no hexadecimal. False, and `value` untouched, for other text, for numbers
// outside of the range, and for more than number_bytes_max.
[[nodiscard]] bool read_double(std::string_view text, double& value);

// The same by printf(3) and strtod(3): slower, but the static build need not carry the tables of
// std::to_chars, 150 KB.
std::string_view write_double_by_printf(double value, NumberForm form, std::span<char> room);
[[nodiscard]] bool read_double_by_strtod(std::string_view text, double& value);

}  // namespace nma
