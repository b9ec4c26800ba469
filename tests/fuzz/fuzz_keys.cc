// Files of keys and of static tokens. The first byte of the input says which: j(wks), p(em),
// s(ecret), or t(okens).
#include <stdlib.h>

#include <cstdint>

#include "api/auth/jwks.h"
#include "api/auth/pem.h"
#include "api/auth/static_tokens.h"
#include "api/auth/uid.h"

namespace {

using namespace nma;

constexpr const char* path = "/f";

void check(bool is_good) {
    if (!is_good) abort();
}

// Whatever was taken for a key can be worked with, and has signed none of this.
void check_keys(const KeySet& keys, bool is_good) {
    check(keys.keys().size() <= limits::token_key_count_max);
    check(!is_good || !keys.keys().empty());
    constexpr std::uint8_t signature[limits::rsa_modulus_bytes_max] = {1};
    std::size_t count = 0;
    for (const Key& key : keys.keys()) {
        check(key.algorithm != Algorithm::unknown && key.size <= sizeof key.bytes);
        if (++count > 2) break;  // it is slow
        for (const std::size_t size : {std::size_t{32}, std::size_t{64}, std::size_t{key.size}})
            check(key.algorithm == Algorithm::eddsa || !verify(key, "message", {signature, size}));
    }
}

void check_tokens(const StaticTokens& tokens, std::string_view text) {
    Identity identity;
    // The digest of the first line, wherever it is.
    (void)tokens.find(sha256(text), identity);
    check(identity.uid.empty() || is_good_uid(identity.uid));
    check(tokens.count() * 72 <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Arena arena;
    static JsonArena json;
    static StaticTokens tokens;
    static KeySet keys;
    if (arena.is_measuring()) {
        check(arena.map(4 << 20));
        json.init(arena, "JSON", limits::token_json_bytes);
        tokens.init(arena);
    }
    if (size == 0 || size - 1 > limits::token_file_bytes_max) return 0;
    const std::string_view text = as_text({data + 1, size - 1});
    AuthError error;
    bool is_good = false;
    keys.clear();
    switch (data[0]) {
        case 'j':
            is_good = read_jwks(path, text, json, keys, error);
            break;
        case 'p':
            is_good = read_pem_keys(path, text, keys, error);
            break;
        case 's':
            is_good = read_secret_key(path, text, keys, error);
            break;
        case 't':
            is_good = tokens.read(
                path, {tokens.memory().data(), text.copy(tokens.memory().data(), text.size())},
                error);
            check_tokens(tokens, text);
            break;
        default:
            return 0;
    }
    check(is_good == error.empty() && (is_good || error.view().starts_with(path)));
    if (data[0] != 't') check_keys(keys, is_good);
    return 0;
}
