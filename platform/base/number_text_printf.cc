#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "platform/base/number_text.h"

namespace nma {

namespace {

constexpr int double_digits_min = 15;  // any decimal of so many digits survives a normal double
constexpr int double_digits_max = 17;  // so many tell any two doubles apart

struct Digits {
    bool is_negative = false;
    int count = 0;
    int exponent = 0;  // of the first digit
    char digits[double_digits_max + 1] = {};
};

Digits parse_digits(const char* text) {
    Digits found;
    if (*text == '-') {
        found.is_negative = true;
        ++text;
    }
    for (; *text != 'e'; ++text) {
        if (*text != '.') found.digits[found.count++] = *text;
    }
    found.exponent = static_cast<int>(strtol(text + 1, nullptr, 10));
    return found;
}

// One more in the last place.
void increment(Digits& number) {
    int i = number.count - 1;
    while (i > 0 && number.digits[i] == '9')
        number.digits[i--] = '0';
    if (number.digits[i] != '9') {
        ++number.digits[i];
        return;
    }
    number.digits[0] = '1';
    ++number.exponent;
}

bool is_read_as(const Digits& number, double value) {
    char text[40];
    snprintf(text, sizeof text, "%s%c.%se%d", number.is_negative ? "-" : "", number.digits[0],
             number.digits + 1, number.exponent);
    return strtod(text, nullptr) == value;
}

// Above a power of two the next double is twice as far away as below: there the nearest decimal may
// be another double's, and the one above it ours. Decimals of 15 digits lie too far apart for that.
bool is_power_of_two(double value) {
    int exponent = 0;
    return std::fabs(std::frexp(value, &exponent)) == 0.5;
}

Digits shortest_digits(double value) {
    const bool is_subnormal = std::fabs(value) < std::numeric_limits<double>::min();
    Digits found;
    for (int count = is_subnormal ? 1 : double_digits_min; count <= double_digits_max; ++count) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", count - 1, value);
        found = parse_digits(text);
        if (is_read_as(found, value)) break;
        if (count != 16 || !is_power_of_two(value)) continue;
        increment(found);
        if (is_read_as(found, value)) break;
    }
    while (found.count > 1 && found.digits[found.count - 1] == '0')
        --found.count;
    found.digits[found.count] = '\0';
    return found;
}

int write_scientific(const Digits& number, std::span<char> room) {
    return snprintf(room.data(), room.size(), "%s%c%s%se%c%02d", number.is_negative ? "-" : "",
                    number.digits[0], number.count > 1 ? "." : "", number.digits + 1,
                    number.exponent < 0 ? '-' : '+', std::abs(number.exponent));
}

int write_fixed(double value, const Digits& number, std::span<char> room) {
    if (number.exponent >= number.count - 1) {
        return snprintf(room.data(), room.size(), "%.0f", value);
    }
    const char* const sign = number.is_negative ? "-" : "";
    if (number.exponent >= 0) {
        return snprintf(room.data(), room.size(), "%s%.*s.%s", sign, number.exponent + 1,
                        number.digits, number.digits + number.exponent + 1);
    }
    // With precision, a 0 is so many zeros, or nothing.
    return snprintf(room.data(), room.size(), "%s0.%.*d%s", sign, -number.exponent - 1, 0,
                    number.digits);
}

std::string_view written(int bytes, std::span<char> room) {
    if (bytes < 0 || static_cast<std::size_t>(bytes) >= room.size()) return {};
    return {room.data(), static_cast<std::size_t>(bytes)};
}

bool has_number_bytes_only(std::string_view text) {
    // strtod alone takes blanks, a plus, hexadecimal digits and "nan(...)" as well.
    if (text.empty() || text.front() == '+') return false;
    for (const char byte : text) {
        const char lower = static_cast<char>(byte | 0x20);
        const bool is_letter = lower >= 'a' && lower <= 'z' && lower != 'x';
        const bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && byte != '.' && byte != '-' && byte != '+') return false;
    }
    return true;
}

}  // namespace

std::string_view write_double_by_printf(double value, NumberForm form, std::span<char> room) {
    const Digits number = shortest_digits(value);
    if (form == NumberForm::scientific) return written(write_scientific(number, room), room);
    const int fixed_bytes = write_fixed(value, number, room);
    if (form == NumberForm::fixed) return written(fixed_bytes, room);
    char other[32];
    const int bytes = write_scientific(number, other);
    if (fixed_bytes <= bytes) return written(fixed_bytes, room);
    if (static_cast<std::size_t>(bytes) >= room.size()) return {};
    std::memcpy(room.data(), other, static_cast<std::size_t>(bytes));
    return {room.data(), static_cast<std::size_t>(bytes)};
}

bool read_double_by_strtod(std::string_view text, double& value) {
    char copy[number_bytes_max + 1];
    if (text.size() > number_bytes_max || !has_number_bytes_only(text)) return false;
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    char* end = nullptr;
    const double result = strtod(copy, &end);
    if (end != copy + text.size()) return false;
    const bool has_infinite_name = text.find_first_of("nN") != text.npos;
    const bool is_nothing =
        result == 0 && text.find_first_of("123456789") < text.find_first_of("eE");
    if (is_nothing || (std::isinf(result) && !has_infinite_name)) return false;
    value = result;
    return true;
}

}  // namespace nma
