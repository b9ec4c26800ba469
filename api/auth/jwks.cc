#include "api/auth/jwks.h"

#include <cjson/cJSON.h>

#include "api/auth/base64.h"
#include "api/auth/untrusted_json.h"
#include "platform/base/json_value.h"

namespace nma {

namespace {

// A number of a key. One byte more than the largest, so that what is too large is not cut.
struct Number {
    std::uint8_t memory[limits::rsa_modulus_bytes_max + 1];
    std::size_t size = 0;

    bool read(const cJSON* jwk, const char* name) {
        const std::string_view text = json_text(jwk, name);
        return !text.empty() && decode_base64url(text, memory, size);
    }
    std::span<const std::uint8_t> bytes() const { return {memory, size}; }
};

// Why a whole file is refused for this key; null when it is not.
const char* fatal_fault(const cJSON* jwk) {
    if (cJSON_IsObject(jwk) == 0) return "is no object";
    switch (check_members(jwk)) {
        case JsonFault::twins:
            return "has a member twice: remove one";
        case JsonFault::full:
            return "has too many members";
        default:
            break;
    }
    if (json_text(jwk, "kty") == "oct" || json_member(jwk, "k") != nullptr) {
        return "is a secret: put it into the secret file, which others may not read";
    }
    if (json_member(jwk, "d") != nullptr) {
        return "is a private key: leave only its public members in the file";
    }
    return nullptr;
}

bool may_verify(const cJSON* jwk) {
    const cJSON* use = json_member(jwk, "use");
    if (use != nullptr && json_text(use) != "sig") return false;
    const cJSON* operations = json_member(jwk, "key_ops");
    if (operations == nullptr) return true;
    if (cJSON_IsArray(operations) == 0) return false;
    for (const cJSON* item = operations->child; item != nullptr; item = item->next) {
        if (json_text(item) == "verify") return true;
    }
    return false;
}

const char* read_numbers(const cJSON* jwk, Key& key) {
    const std::string_view kind = json_text(jwk, "kty");
    const std::string_view curve = json_text(jwk, "crv");
    Number first;
    Number second;
    if (kind == "RSA") {
        if (!first.read(jwk, "n") || !second.read(jwk, "e")) return "its n or e is damaged";
        return set_rsa_key(key, first.bytes(), second.bytes());
    }
    if (kind == "EC" && curve == "P-256") {
        if (!first.read(jwk, "x") || !second.read(jwk, "y")) return "its x or y is damaged";
        return set_p256_key(key, first.bytes(), second.bytes());
    }
    if (kind == "OKP" && curve == "Ed25519") {
        return first.read(jwk, "x") ? set_ed25519_key(key, first.bytes()) : "its x is damaged";
    }
    return "its kind is not supported: RSA, P-256 and Ed25519 are";
}

// Null, or why this key is of no use.
const char* read_key(const cJSON* jwk, Key& key) {
    if (!may_verify(jwk)) return "it is not for checking signatures";
    const cJSON* id = json_member(jwk, "kid");
    if (id != nullptr && (json_text(id).empty() || !key.id.assign(json_text(id)))) {
        return "its kid is no text of 1 to 128 bytes";
    }
    const char* why = read_numbers(jwk, key);
    if (why != nullptr) return why;
    const cJSON* algorithm = json_member(jwk, "alg");
    const bool is_ours =
        algorithm == nullptr || algorithm_of(json_text(algorithm)) == key.algorithm;
    return is_ours ? nullptr : "its alg is not supported: RS256, ES256 and EdDSA are";
}

const char* syntax_fault(JsonFault fault) {
    switch (fault) {
        case JsonFault::twins:
            return "it has a member twice: remove one";
        case JsonFault::full:
            return "there is too much in it";
        default:
            return "it is no JSON Web Key Set: it must be an object with an array `keys`";
    }
}

}  // namespace

bool read_jwks(const char* path, std::string_view text, JsonArena& json, KeySet& keys,
               AuthError& error) {
    json.reset();
    const cJSON* tree = nullptr;
    const JsonFault fault = parse_untrusted_json(json, text, tree);
    const cJSON* list = fault == JsonFault::none ? json_member(tree, "keys") : nullptr;
    if (list == nullptr || cJSON_IsArray(list) == 0) {
        return refuse(error, {path, ": ", syntax_fault(fault)});
    }
    std::size_t index = 0;
    std::size_t usable_count = 0;
    const char* first_why = "its `keys` are empty";
    for (const cJSON* jwk = list->child; jwk != nullptr; jwk = jwk->next, ++index) {
        const char* fatal = fatal_fault(jwk);
        if (fatal != nullptr) {
            return refuse(error, {path, ": keys[", NumberText(index), "] ", fatal});
        }
        Key key;
        const char* why = read_key(jwk, key);
        if (why != nullptr) {
            if (keys.skipped_count() == 0) first_why = why;
            keys.note_skipped();
            continue;
        }
        if (!keys.add(key)) {
            return refuse(error, {path, ": there are too many keys: at most ",
                                  NumberText(limits::token_key_count_max), " in all files"});
        }
        ++usable_count;
    }
    return usable_count > 0 ||
           refuse(error, {path, ": it has no key that can be used; of the first: ", first_why});
}

}  // namespace nma
