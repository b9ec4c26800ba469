#include "platform/base/number_text.h"

#include <charconv>

namespace nma {

#ifdef NMA_STATIC

std::string_view write_double(double value, NumberForm form, std::span<char> room) {
    return write_double_by_printf(value, form, room);
}

bool read_double(std::string_view text, double& value) {
    return read_double_by_strtod(text, value);
}

#else

std::string_view write_double(double value, NumberForm form, std::span<char> room) {
    char* const start = room.data();
    char* const end = start + room.size();
    const std::to_chars_result written =
        form == NumberForm::shortest
            ? std::to_chars(start, end, value)
            : std::to_chars(start, end, value,
                            form == NumberForm::fixed ? std::chars_format::fixed
                                                      : std::chars_format::scientific);
    if (written.ec != std::errc{}) return {};
    return {start, static_cast<std::size_t>(written.ptr - start)};
}

bool read_double(std::string_view text, double& value) {
    // "nan(...)" is a number for from_chars alone.
    if (text.size() > number_bytes_max || text.ends_with(')')) return false;
    double result = 0;
    const char* const end = text.data() + text.size();
    const std::from_chars_result parsed = std::from_chars(text.data(), end, result);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return false;
    value = result;
    return true;
}

#endif

}  // namespace nma
