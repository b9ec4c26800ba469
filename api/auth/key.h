// One key that signatures are checked with. The key decides the algorithm, never the token: that
// is what keeps a public key from being taken for a shared secret (RFC 8725, section 3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

enum class Algorithm : std::uint8_t {
    unknown,
    hs256,  // HMAC with SHA-256
    rs256,  // RSASSA-PKCS1-v1_5 with SHA-256
    es256,  // ECDSA on P-256 with SHA-256
    eddsa,  // Ed25519
};

// By the name of RFC 7518 and 8037, exactly so written. unknown, for all others.
Algorithm algorithm_of(std::string_view name);

struct Key {
    Algorithm algorithm = Algorithm::unknown;
    FixedText<limits::key_id_bytes_max + 1> id;  // `kid`; empty: it has none

    // Secret, modulus, x and y, or public key; big-endian as in the standards.
    std::uint16_t size = 0;
    std::uint8_t bytes[limits::rsa_modulus_bytes_max] = {};
    std::uint8_t exponent_size = 0;
    std::uint8_t exponent[limits::rsa_exponent_bytes_max] = {};
};

static_assert(limits::token_secret_bytes_max <= limits::rsa_modulus_bytes_max);

// Each fills all of `key` but its id. Null, or why it cannot be used: a clause such as "its modulus
// has fewer than 2048 bits"; `key` is then not to be used.
const char* set_secret_key(Key& key, std::string_view secret);
const char* set_rsa_key(Key& key, std::span<const std::uint8_t> modulus,
                        std::span<const std::uint8_t> exponent);
const char* set_p256_key(Key& key, std::span<const std::uint8_t> x,
                         std::span<const std::uint8_t> y);
const char* set_ed25519_key(Key& key, std::span<const std::uint8_t> public_key);

// Whether `signature`, as JWS has it (RFC 7518, section 3; RFC 8037, section 3.1), is this key's
// over `message`. The libraries take memory from the heap while it runs, a few KiB, and give all of
// it back.
[[nodiscard]] bool verify(const Key& key, std::string_view message,
                          std::span<const std::uint8_t> signature);

}  // namespace nma
