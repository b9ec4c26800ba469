// Base64 (RFC 4648) in its one right spelling. Anything else is refused: other alphabets, spaces,
// padding where there is none or none where there must be, bits that say nothing but are set. So
// no two texts mean the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nma {

// The alphabet with - and _, without padding (RFC 7515, section 2). False, and `size` untouched,
// when it is not that or does not fit into `memory`.
[[nodiscard]] bool decode_base64url(std::string_view text, std::span<std::uint8_t> memory,
                                    std::size_t& size);

// The alphabet with + and /, with padding (RFC 4648, section 4).
[[nodiscard]] bool decode_base64(std::string_view text, std::span<std::uint8_t> memory,
                                 std::size_t& size);

// base64url without padding. `memory` must have room for 4 characters for each 3 bytes begun.
std::string_view encode_base64url(std::span<const std::uint8_t> bytes, std::span<char> memory);

}  // namespace nma
