// Scanning of kernel text. Pure: it looks at bytes that somebody else read, and never past them.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

// Decimal digits only, no sign, no space, at least one digit. False, and `value` unchanged, on
// anything else and on more than 2^64 - 1.
[[nodiscard]] bool parse_u64(std::string_view text, std::uint64_t& value);

// As parse_u64 with an optional leading minus sign; range of a signed 64-bit integer.
[[nodiscard]] bool parse_i64(std::string_view text, std::int64_t& value);

// "12.34" as 1234 with decimals == 2. Missing decimals count as zeros, surplus ones are cut off.
[[nodiscard]] bool parse_decimal(std::string_view text, unsigned decimals, std::uint64_t& value);

// Takes the next word (run of bytes other than space and tab) off the front of `line`.
// Empty when there is none.
std::string_view take_word(std::string_view& line);

// take_word and parse_u64 in one. False when there is no word or it is not a number.
[[nodiscard]] bool take_u64(std::string_view& line, std::uint64_t& value);

// Without spaces, tabs, carriage returns and newlines at both ends.
std::string_view trim(std::string_view text);

// Walks over the complete lines of a text. The kernel ends every line with a newline, so a last
// line without one was torn: it is not given out, and is_torn() says so.
class LineCursor {
  public:
    explicit LineCursor(std::string_view text) : rest_(text) {}

    // The next line without its newline. False at the end, or before a torn line.
    [[nodiscard]] bool next(std::string_view& line);

    // True when what is left is a line without its end. Ask when next() has said false.
    bool is_torn() const { return !rest_.empty(); }

    // Lines given out so far: the number of the current line, counted from 1.
    std::uint32_t line_number() const { return line_number_; }

  private:
    std::string_view rest_;
    std::uint32_t line_number_ = 0;
};

// The text of a one-value file: exactly one line. False when it is torn, empty or has more lines.
[[nodiscard]] bool single_line(std::string_view text, std::string_view& line);

}  // namespace nma
