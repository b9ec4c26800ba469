#include "api/auth/key.h"

#include <nettle/bignum.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/eddsa.h>
#include <nettle/rsa.h>

#include <cstring>

#include "api/auth/digest.h"

namespace nma {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t p256_bytes = 32;

void take(Key& key, Algorithm algorithm, Bytes bytes) {
    key.algorithm = algorithm;
    key.size = static_cast<std::uint16_t>(bytes.size());
    std::memcpy(key.bytes, bytes.data(), bytes.size());
}

Bytes without_leading_zeros(Bytes number) {
    while (!number.empty() && number.front() == 0)
        number = number.subspan(1);
    return number;
}

bool is_odd(Bytes number) {
    return !number.empty() && (number.back() & 1) != 0;
}

// A point of the curve in the library's form. It is on the heap, so it lives for one check only.
class Point {
  public:
    explicit Point(const std::uint8_t* x_and_y) {
        mpz_t x;
        mpz_t y;
        nettle_mpz_init_set_str_256_u(x, p256_bytes, x_and_y);
        nettle_mpz_init_set_str_256_u(y, p256_bytes, x_and_y + p256_bytes);
        ecc_point_init(&point_, nettle_get_secp_256r1());
        is_on_curve_ = ecc_point_set(&point_, x, y) != 0;
        mpz_clear(x);
        mpz_clear(y);
    }
    Point(const Point&) = delete;
    Point& operator=(const Point&) = delete;
    ~Point() { ecc_point_clear(&point_); }

    bool is_on_curve() const { return is_on_curve_; }
    const ecc_point* get() const { return &point_; }

  private:
    ecc_point point_ = {};
    bool is_on_curve_ = false;
};

bool verify_hs256(const Key& key, std::string_view message, Bytes signature) {
    Sha256Digest given;
    if (signature.size() != sizeof given.bytes) return false;
    std::memcpy(given.bytes, signature.data(), sizeof given.bytes);
    return is_same_digest(hmac_sha256({key.bytes, key.size}, message), given);
}

// The library refuses a signature that is not between 0 and the modulus, and rebuilds the whole
// padding to compare it.
bool verify_rs256(const Key& key, std::string_view message, Bytes signature) {
    if (signature.size() != key.size) return false;
    rsa_public_key rsa;
    rsa_public_key_init(&rsa);
    nettle_mpz_set_str_256_u(rsa.n, key.size, key.bytes);
    nettle_mpz_set_str_256_u(rsa.e, key.exponent_size, key.exponent);
    mpz_t number;
    nettle_mpz_init_set_str_256_u(number, signature.size(), signature.data());
    const bool is_good = rsa_public_key_prepare(&rsa) != 0 &&
                         rsa_sha256_verify_digest(&rsa, sha256(message).bytes, number) != 0;
    mpz_clear(number);
    rsa_public_key_clear(&rsa);
    return is_good;
}

// r and s, 32 bytes each; the library refuses those that are not between 0 and the group's order.
bool verify_es256(const Key& key, std::string_view message, Bytes signature) {
    if (signature.size() != 2 * p256_bytes) return false;
    const Point point(key.bytes);
    if (!point.is_on_curve()) return false;
    dsa_signature numbers;
    dsa_signature_init(&numbers);
    nettle_mpz_set_str_256_u(numbers.r, p256_bytes, signature.data());
    nettle_mpz_set_str_256_u(numbers.s, p256_bytes, signature.data() + p256_bytes);
    const Sha256Digest digest = sha256(message);
    const bool is_good =
        ecdsa_verify(point.get(), sizeof digest.bytes, digest.bytes, &numbers) != 0;
    dsa_signature_clear(&numbers);
    return is_good;
}

bool verify_ed25519(const Key& key, std::string_view message, Bytes signature) {
    return signature.size() == ED25519_SIGNATURE_SIZE &&
           ed25519_sha512_verify(key.bytes, message.size(), as_bytes(message).data(),
                                 signature.data()) != 0;
}

}  // namespace

Algorithm algorithm_of(std::string_view name) {
    if (name == "HS256") return Algorithm::hs256;
    if (name == "RS256") return Algorithm::rs256;
    if (name == "ES256") return Algorithm::es256;
    if (name == "EdDSA") return Algorithm::eddsa;
    return Algorithm::unknown;
}

const char* set_secret_key(Key& key, std::string_view secret) {
    if (secret.size() < limits::token_secret_bytes_min) return "it has fewer than 16 bytes";
    if (secret.size() > limits::token_secret_bytes_max) return "it has more than 512 bytes";
    take(key, Algorithm::hs256, as_bytes(secret));
    return nullptr;
}

const char* set_rsa_key(Key& key, Bytes modulus, Bytes exponent) {
    modulus = without_leading_zeros(modulus);
    exponent = without_leading_zeros(exponent);
    const bool is_small = modulus.size() < limits::rsa_modulus_bytes_min ||
                          (modulus.size() == limits::rsa_modulus_bytes_min && modulus[0] < 0x80);
    if (is_small) return "its modulus has fewer than 2048 bits";
    if (modulus.size() > limits::rsa_modulus_bytes_max)
        return "its modulus has more than 4096 bits";
    if (!is_odd(modulus)) return "its modulus is even";
    if (!is_odd(exponent) || (exponent.size() == 1 && exponent[0] < 3)) {
        return "its exponent is not an odd number from 3";
    }
    if (exponent.size() > limits::rsa_exponent_bytes_max) {
        return "its exponent has more than 64 bits";
    }
    take(key, Algorithm::rs256, modulus);
    key.exponent_size = static_cast<std::uint8_t>(exponent.size());
    std::memcpy(key.exponent, exponent.data(), exponent.size());
    return nullptr;
}

const char* set_p256_key(Key& key, Bytes x, Bytes y) {
    if (x.size() != p256_bytes || y.size() != p256_bytes) return "its x or y has not 32 bytes";
    take(key, Algorithm::es256, x);
    std::memcpy(key.bytes + p256_bytes, y.data(), p256_bytes);
    key.size = 2 * p256_bytes;
    return Point(key.bytes).is_on_curve() ? nullptr : "it is no point of the curve P-256";
}

const char* set_ed25519_key(Key& key, Bytes public_key) {
    if (public_key.size() != ED25519_KEY_SIZE) return "it has not the 32 bytes of Ed25519";
    take(key, Algorithm::eddsa, public_key);
    return nullptr;
}

bool verify(const Key& key, std::string_view message, Bytes signature) {
    switch (key.algorithm) {
        case Algorithm::hs256:
            return verify_hs256(key, message, signature);
        case Algorithm::rs256:
            return verify_rs256(key, message, signature);
        case Algorithm::es256:
            return verify_es256(key, message, signature);
        case Algorithm::eddsa:
            return verify_ed25519(key, message, signature);
        case Algorithm::unknown:
            break;
    }
    return false;
}

}  // namespace nma
