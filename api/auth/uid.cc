#include "api/auth/uid.h"

#include <algorithm>
#include <cstddef>

#include "api/json_writer.h"
#include "platform/base/json_value.h"
#include "platform/limits.h"

namespace nma {

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        std::size_t bad_bytes = 0;
        const std::size_t bytes = utf8_sequence_bytes(text, bad_bytes);
        if (bytes == 0) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

bool is_good_uid(std::string_view uid) {
    if (uid.empty() || uid.size() > limits::uid_bytes_max) return false;
    if (!is_plain_text(uid) || !is_utf8(uid)) return false;
    // C1 is U+0080 to U+009F: C2 and then 80 to 9F.
    for (std::size_t at = uid.find('\xC2'); at != uid.npos; at = uid.find('\xC2', at + 1)) {
        if (static_cast<unsigned char>(uid[at + 1]) < 0xA0) return false;
    }
    return true;
}

bool is_printable_word(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace nma
