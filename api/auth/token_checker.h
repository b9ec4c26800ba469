// Are these the words of somebody that we know? JSON Web Tokens (RFC 7519, 7515) by the keys, and
// static tokens by the digests, that were read from files.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/auth/guarded_file.h"
#include "api/auth/identity.h"
#include "platform/base/arena.h"

namespace nma {

// Why a token was refused. For our log, never for the client.
enum class TokenFault : std::uint8_t {
    none,
    // … one for each cause
};

// A short clause: "its signature is wrong". Never null.
const char* token_fault_text(TokenFault fault);

// Paths; empty: no such file.
struct TokenFiles {
    FixedText<256> secret;      // HS256: the shared secret
    FixedText<256> public_key;  // PEM: RS256, ES256 or EdDSA
    FixedText<256> jwks;        // JSON Web Key Set (RFC 7517), keys chosen by kid
    FixedText<256> tokens;      // static tokens, a line each
    std::uint32_t leeway_s = 30;
};

class TokenChecker {
  public:
    void init(Arena& arena);

    // Reads all files anew. Unless ok, what was read before stays, and `error` names the file, the
    // place and the cure. ok forgets all tokens that were seen.
    Status load(const TokenFiles& files, AuthError& error);

    // `now_s` since 1970. `identity` is set when the fault is none.
    TokenFault check(std::string_view token, std::int64_t now_s, Identity& identity);
};

}  // namespace nma
