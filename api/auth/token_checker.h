// Are these the words of somebody that we know? JSON Web Tokens (RFC 7519, 7515) by the keys, and
// static tokens by the digests, that were read from files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/auth/guarded_file.h"
#include "api/auth/identity.h"
#include "api/auth/jwt.h"
#include "api/auth/key_set.h"
#include "api/auth/static_tokens.h"
#include "api/auth/token_cache.h"
#include "api/auth/token_fault.h"
#include "platform/base/arena.h"
#include "platform/base/json_arena.h"

namespace nma {

// Paths; empty: no such file.
struct TokenFiles {
    FixedText<256> secret;      // HS256: the shared secret
    FixedText<256> public_key;  // PEM: RS256, ES256 or EdDSA
    FixedText<256> jwks;        // JSON Web Key Set (RFC 7517), keys chosen by kid
    FixedText<256> tokens;      // static tokens, a line each
    std::uint32_t leeway_s = 30;
};

// One thread uses it. About 1 MiB of the arena, of which a few pages are touched in usual use.
class TokenChecker {
  public:
    void init(Arena& arena);

    // Reads all files anew. Unless ok, what was read before stays, and `error` names the file, the
    // place and the cure. ok forgets all tokens that were seen, and wipes the keys of before; an
    // Identity of before is then no longer good.
    Status load(const TokenFiles& files, AuthError& error);

    // The same in two steps: what was prepared counts once it is accepted, and is forgotten when it
    // is discarded.
    Status prepare(const TokenFiles& files, AuthError& error);
    void accept();
    void discard();

    // Whether there is any key or static token: without one, nobody gets in.
    bool can_check() const { return key_count() + static_token_count() > 0; }
    std::size_t key_count() const { return keys_[used_].keys().size(); }
    std::size_t skipped_key_count() const { return keys_[used_].skipped_count(); }  // in the JWKS
    std::size_t static_token_count() const { return tokens_[used_].count(); }

    // `now_s` since 1970. `identity` is set when the fault is none; it points into our memory, and
    // is good until the next check or load. A token that was seen before costs one SHA-256.
    TokenFault check(std::string_view token, std::int64_t now_s, Identity& identity);

    // Signatures that were computed so far.
    std::uint64_t verification_count() const { return verification_count_; }

  private:
    Status load_keys(const TokenFiles& files, KeySet& keys, AuthError& error);
    Status load_tokens(const char* path, StaticTokens& tokens, AuthError& error) const;
    TokenFault check_jwt(std::string_view token, const Sha256Digest& digest, std::int64_t now_s,
                         Identity& identity);
    TokenFault check_signature(const JwtParts& parts);
    TokenFault check_claims(std::string_view payload, std::int64_t now_s, JwtClaims& claims);
    bool is_signed(const JwtHeader& header, std::string_view text,
                   std::span<const std::uint8_t> signature, bool& was_tried);

    // What the files said. There are two of each, so that a broken file leaves the old one in use.
    std::span<KeySet> keys_;
    StaticTokens tokens_[2];
    std::uint32_t leeway_s_[2] = {};
    std::size_t used_ = 0;

    JsonArena json_;
    TokenCache cache_;
    std::span<std::uint8_t> decoded_;  // one part of a token
    std::span<char> file_text_;
    std::uint64_t verification_count_ = 0;
};

}  // namespace nma
