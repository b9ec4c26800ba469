// JSON Web Tokens (RFC 7519) in compact serialization (RFC 7515, section 7.1), taken apart as RFC
// 8725 advises. Pure: nothing here knows keys, files or clocks.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/auth/key.h"
#include "api/auth/token_fault.h"
#include "platform/base/json_arena.h"

namespace nma {

// Views of the token; still in base64url.
struct JwtParts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  // header and payload with the dot between them
};

// False unless there are exactly two dots.
[[nodiscard]] bool split_jwt(std::string_view token, JwtParts& parts);

// What we look at of a header. Keys and addresses of keys that a token brings (`jwk`, `jku`, `x5u`,
// `x5c`) are none of it.
struct JwtHeader {
    Algorithm algorithm = Algorithm::unknown;
    std::string_view key_id;  // `kid`; empty: none. Only ever compared. Good as long as the arena
};

// `text` is decoded. Resets `json`. `header` is set when the fault is none.
TokenFault read_jwt_header(std::string_view text, JsonArena& json, JwtHeader& header);

struct JwtClaims {
    std::string_view uid;           // is_good_uid; good as long as the arena
    std::int64_t expires_s = 0;     // `exp`, seconds since 1970, rounded up
    std::int64_t not_before_s = 0;  // `nbf`, rounded up; 0: none
};

// As read_jwt_header, of a payload whose signature is proven. `exp` is required: a token that never
// ends could not be taken back. `iat`, `iss` and `aud` are not looked at.
TokenFault read_jwt_claims(std::string_view text, JsonArena& json, JwtClaims& claims);

}  // namespace nma
