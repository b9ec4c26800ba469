#include "api/auth/token_checker.h"

#include "api/auth/base64.h"
#include "api/auth/jwks.h"
#include "api/auth/pem.h"
#include "api/auth/uid.h"

namespace nma {

void TokenChecker::init(Arena& arena) {
    json_.init(arena, "tokens: JSON", limits::token_json_bytes);
    cache_.init(arena);
    decoded_ = arena.take<std::uint8_t>("tokens", limits::token_bytes_max / 4 * 3);
    file_text_ = arena.take<char>("token files", limits::token_file_bytes_max);
    keys_ = arena.take<KeySet>("token keys", 2);
    for (StaticTokens& tokens : tokens_)
        tokens.init(arena);
}

Status TokenChecker::load(const TokenFiles& files, AuthError& error) {
    const Status status = prepare(files, error);
    if (status == Status::ok) accept();
    return status;
}

Status TokenChecker::prepare(const TokenFiles& files, AuthError& error) {
    const std::size_t spare = 1 - used_;
    leeway_s_[spare] = files.leeway_s;
    Status status = load_keys(files, keys_[spare], error);
    if (status == Status::ok) status = load_tokens(files.tokens.c_str(), tokens_[spare], error);
    if (status != Status::ok) discard();
    return status;
}

void TokenChecker::accept() {
    used_ = 1 - used_;
    cache_.clear();
    discard();
}

void TokenChecker::discard() {
    const std::size_t spare = 1 - used_;
    keys_[spare].clear();
    tokens_[spare].clear();
}

Status TokenChecker::load_keys(const TokenFiles& files, KeySet& keys, AuthError& error) {
    const struct {
        const char* path;
        Secrecy secrecy;
        bool (*read)(const char*, std::string_view, KeySet&, AuthError&);  // null: the JWKS
    } sources[] = {
        {files.secret.c_str(), Secrecy::secret, read_secret_key},
        {files.public_key.c_str(), Secrecy::printed, read_pem_keys},
        {files.jwks.c_str(), Secrecy::printed, nullptr},
    };
    keys.clear();
    Status status = Status::ok;
    for (const auto& source : sources) {
        if (source.path[0] == '\0') continue;
        std::string_view text;
        status = read_guarded_file(source.path, source.secrecy, file_text_, text, error);
        if (status != Status::ok) break;
        const bool is_good = source.read != nullptr
                                 ? source.read(source.path, text, keys, error)
                                 : read_jwks(source.path, text, json_, keys, error);
        wipe(file_text_.data(), text.size());
        if (!is_good) status = Status::malformed;
        if (!is_good) break;
    }
    return status;
}

Status TokenChecker::load_tokens(const char* path, StaticTokens& tokens, AuthError& error) const {
    tokens.clear();
    if (path[0] == '\0') return Status::ok;
    std::string_view text;
    const Status status = read_guarded_file(path, Secrecy::secret, tokens.memory(), text, error);
    if (status != Status::ok) return status;
    return tokens.read(path, text, error) ? Status::ok : Status::malformed;
}

TokenFault TokenChecker::check(std::string_view token, std::int64_t now_s, Identity& identity) {
    if (token.empty()) return TokenFault::absent;
    if (token.size() > limits::token_bytes_max) return TokenFault::too_long;
    if (!is_printable_word(token)) return TokenFault::bad_encoding;
    const Sha256Digest digest = sha256(token);
    Identity found;
    TokenFault fault = TokenFault::none;
    if (!tokens_[used_].find(digest, found)) fault = check_jwt(token, digest, now_s, found);
    if (fault == TokenFault::none) identity = found;
    return fault;
}

TokenFault TokenChecker::check_jwt(std::string_view token, const Sha256Digest& digest,
                                   std::int64_t now_s, Identity& identity) {
    const CachedToken* known = cache_.find(digest);
    if (known != nullptr) {
        identity.uid = known->uid.view();
        return now_s < known->end_s ? TokenFault::none : TokenFault::expired;
    }
    JwtParts parts;
    if (!split_jwt(token, parts)) return TokenFault::unknown_token;
    // Only what is signed is looked into.
    TokenFault fault = check_signature(parts);
    JwtClaims claims;
    if (fault == TokenFault::none) fault = check_claims(parts.payload, now_s, claims);
    if (fault != TokenFault::none) return fault;
    identity.uid = cache_.put(digest, claims.uid, claims.expires_s + leeway_s_[used_]).uid.view();
    return TokenFault::none;
}

TokenFault TokenChecker::check_signature(const JwtParts& parts) {
    std::size_t size = 0;
    if (!decode_base64url(parts.header, decoded_, size)) return TokenFault::bad_encoding;
    JwtHeader header;
    const TokenFault fault = read_jwt_header(as_text(decoded_.first(size)), json_, header);
    if (fault != TokenFault::none) return fault;
    if (parts.signature.empty()) return TokenFault::unsigned_token;
    if (!keys_[used_].has_algorithm(header.algorithm)) return TokenFault::wrong_algorithm;
    std::uint8_t signature[limits::rsa_modulus_bytes_max];
    if (!decode_base64url(parts.signature, signature, size)) return TokenFault::bad_encoding;
    bool was_tried = false;
    if (is_signed(header, parts.signed_text, {signature, size}, was_tried)) return TokenFault::none;
    return was_tried ? TokenFault::wrong_signature : TokenFault::unknown_key;
}

bool TokenChecker::is_signed(const JwtHeader& header, std::string_view text,
                             std::span<const std::uint8_t> signature, bool& was_tried) {
    std::size_t try_count = 0;
    for (const Key& key : keys_[used_].keys()) {
        if (key.algorithm != header.algorithm || !keys_[used_].may_try(key, header.key_id))
            continue;
        if (++try_count > limits::token_key_tries_max) break;
        was_tried = true;
        ++verification_count_;
        if (verify(key, text, signature)) return true;
    }
    return false;
}

TokenFault TokenChecker::check_claims(std::string_view payload, std::int64_t now_s,
                                      JwtClaims& claims) {
    std::size_t size = 0;
    if (!decode_base64url(payload, decoded_, size)) return TokenFault::bad_encoding;
    const TokenFault fault = read_jwt_claims(as_text(decoded_.first(size)), json_, claims);
    if (fault != TokenFault::none) return fault;
    const std::int64_t leeway_s = leeway_s_[used_];
    if (now_s >= claims.expires_s + leeway_s) return TokenFault::expired;
    return now_s + leeway_s < claims.not_before_s ? TokenFault::not_yet_valid : TokenFault::none;
}

}  // namespace nma
