// Where in a configuration text something stands. cJSON knows no lines, and minifying the text
// loses them; this walks over the original once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nma {

// The line, counted from 1, of the byte that stands at `minified_offset` once cJSON_Minify has
// taken out spaces and comments. The last line when the offset is past the end.
std::uint32_t line_of_minified_offset(std::string_view text, std::size_t minified_offset);

// The line of the `occurrence`-th (from 0) member or element with this path, such as "node.role" or
// "listen[1]", in a text that cJSON has accepted. 0 when there is none.
std::uint32_t line_of_path(std::string_view text, std::string_view path, std::uint32_t occurrence);

}  // namespace nma
