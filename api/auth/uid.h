// What may be the name of somebody.
#pragma once

#include <string_view>

namespace nma {

// 1 to limits::uid_bytes_max bytes of UTF-8 without control characters (C0, DEL, C1).
[[nodiscard]] bool is_good_uid(std::string_view uid);

// All of it is UTF-8 (Unicode 15, table 3-7).
[[nodiscard]] bool is_utf8(std::string_view text);

// ASCII from ! to ~, and at least one: a word that survives logs, headers and files.
[[nodiscard]] bool is_printable_word(std::string_view text);

}  // namespace nma
