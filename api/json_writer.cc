#include "api/json_writer.h"

#include <cmath>
#include <cstdint>

#include "platform/base/number_text.h"

namespace nma {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
}

// What may follow a lead byte: how many bytes, and the range of the first of them (Table 3-7).
struct Shape {
    std::uint8_t tail_count;
    std::uint8_t second_min;
    std::uint8_t second_max;
};

constexpr Shape shape_of(std::uint8_t lead) {
    if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
    if (lead == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
    if (lead == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
    if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
    if (lead == 0xF0) return {3, 0x90, 0xBF};  // below: overlong
    if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
    if (lead == 0xF4) return {3, 0x80, 0x8F};  // above: past U+10FFFF
    return {0, 0, 0};
}

constexpr bool is_plain(std::uint8_t byte) {
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

void append_escape(TextSink& sink, char c) {
    switch (c) {
        case '"':
            return sink.append("\\\"");
        case '\\':
            return sink.append("\\\\");
        case '\n':
            return sink.append("\\n");
        case '\r':
            return sink.append("\\r");
        case '\t':
            return sink.append("\\t");
        default:
            break;
    }
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    sink.append({escape, sizeof escape});
}

}  // namespace

std::size_t utf8_sequence_bytes(std::string_view text, std::size_t& bad_bytes) {
    const std::uint8_t lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    const Shape shape = shape_of(lead);
    std::size_t used = 1;
    for (; used <= shape.tail_count && used < text.size(); ++used) {
        const std::uint8_t byte = byte_at(text, used);
        const std::uint8_t low = used == 1 ? shape.second_min : 0x80;
        const std::uint8_t high = used == 1 ? shape.second_max : 0xBF;
        if (byte < low || byte > high) break;
    }
    if (shape.tail_count > 0 && used == shape.tail_count + 1U) return used;
    bad_bytes = used;
    return 0;
}

void append_json_string(TextSink& sink, std::string_view text) {
    sink.append('"');
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(byte_at(text, plain)))
            ++plain;
        sink.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        std::size_t bytes = 0;
        const std::size_t good = utf8_sequence_bytes(text, bytes);
        if (good == 0) {
            sink.append(replacement);
        } else if (good == 1) {
            append_escape(sink, text[0]);
            bytes = 1;
        } else {
            sink.append(text.substr(0, good));
            bytes = good;
        }
        text.remove_prefix(bytes);
    }
    sink.append('"');
}

void append_json_number(TextSink& sink, double value) {
    constexpr double integer_end = 18446744073709551616.0;  // 2^64
    if (!std::isfinite(value)) return sink.append("\"\"");
    const double magnitude = std::fabs(value);
    if (magnitude < integer_end && std::trunc(magnitude) == magnitude) {
        if (value < 0) sink.append('-');
        return sink.append_u64(static_cast<std::uint64_t>(magnitude));
    }
    char text[32];  // the longest is -2.2250738585072014e-308
    sink.append(write_double(value, NumberForm::shortest, text));
}

}  // namespace nma
