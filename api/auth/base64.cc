#include "api/auth/base64.h"

#include "platform/base/check.h"

namespace nma {

namespace {

constexpr unsigned no_digit = 64;

constexpr unsigned digit_of(char c, char digit_62, char digit_63) {
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
    if (c == digit_62) return 62;
    if (c == digit_63) return 63;
    return no_digit;
}

// `text` has no padding any more.
bool decode(std::string_view text, char digit_62, char digit_63, std::span<std::uint8_t> memory,
            std::size_t& size) {
    if (text.size() % 4 == 1 || text.size() * 6 / 8 > memory.size()) return false;
    std::size_t used = 0;
    unsigned bits = 0;
    unsigned bit_count = 0;
    for (const char c : text) {
        const unsigned digit = digit_of(c, digit_62, digit_63);
        if (digit == no_digit) return false;
        bits = (bits << 6 | digit) & 0xFFF;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        memory[used++] = static_cast<std::uint8_t>(bits >> bit_count);
    }
    if ((bits & ((1U << bit_count) - 1)) != 0) return false;
    size = used;
    return true;
}

}  // namespace

bool decode_base64url(std::string_view text, std::span<std::uint8_t> memory, std::size_t& size) {
    return decode(text, '-', '_', memory, size);
}

bool decode_base64(std::string_view text, std::span<std::uint8_t> memory, std::size_t& size) {
    if (text.size() % 4 != 0) return false;
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    return decode(text, '+', '/', memory, size);
}

std::string_view encode_base64url(std::span<const std::uint8_t> bytes, std::span<char> memory) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    NMA_CHECK(memory.size() >= (bytes.size() + 2) / 3 * 4);
    std::size_t used = 0;
    unsigned bits = 0;
    unsigned bit_count = 0;
    for (const std::uint8_t byte : bytes) {
        bits = (bits << 8 | byte) & 0x3FFF;
        for (bit_count += 8; bit_count >= 6;) {
            bit_count -= 6;
            memory[used++] = digits[bits >> bit_count & 63];
        }
    }
    if (bit_count > 0) memory[used++] = digits[bits << (6 - bit_count) & 63];
    return {memory.data(), used};
}

}  // namespace nma
