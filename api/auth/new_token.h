// A static token for somebody, and the line that the file of static tokens needs for it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/auth/auth_error.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

inline constexpr std::size_t new_token_random_bytes = 32;

struct NewToken {
    FixedText<64> token;  // "nma_" and 43 characters of base64url; it is nowhere but here

    // As StaticTokens reads it, without the newline: the token's digest, uid, permissions.
    FixedText<128 + limits::uid_bytes_max +
              limits::static_token_permissions_max*(limits::permission_bytes_max + 1)>
        line;
};

// Of these random bytes. An empty `uid` becomes one that is made of the digest, so that no two are
// the same. False, and `error` says why, when the file could not hold that uid or these
// permissions.
[[nodiscard]] bool make_token(std::span<const std::uint8_t, new_token_random_bytes> random,
                              std::string_view uid, std::span<const char* const> permissions,
                              NewToken& made, AuthError& error);

// Random bytes from the kernel, once it has any; false when it has none to give.
[[nodiscard]] bool take_random(std::span<std::uint8_t, new_token_random_bytes> random);

}  // namespace nma
