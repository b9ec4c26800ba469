#include "api/auth/der.h"

#include <algorithm>

namespace nma {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr const char* damaged = "it is damaged: it is not the DER of a public key";

constexpr std::uint8_t integer_tag = 0x02;
constexpr std::uint8_t bit_string_tag = 0x03;
constexpr std::uint8_t null_tag = 0x05;
constexpr std::uint8_t object_tag = 0x06;
constexpr std::uint8_t sequence_tag = 0x30;

// Contents of object identifiers.
constexpr std::uint8_t rsa_encryption[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
constexpr std::uint8_t ec_public_key[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr std::uint8_t prime256v1[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::uint8_t ed25519[] = {0x2B, 0x65, 0x70};

bool is_same(Bytes one, Bytes other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

// Length octets at the front of `rest`: the short form, or as few octets as it takes. A public key
// has less than 64 KiB.
bool take_length(Bytes& rest, std::size_t& length) {
    if (rest.empty()) return false;
    const std::uint8_t first = rest[0];
    rest = rest.subspan(1);
    length = first;
    if (first < 0x80) return true;
    const std::size_t octet_count = first & 0x7FU;
    if (octet_count < 1 || octet_count > 2 || rest.size() < octet_count) return false;
    length = 0;
    for (const std::uint8_t octet : rest.first(octet_count))
        length = length << 8 | octet;
    rest = rest.subspan(octet_count);
    return length >= (octet_count == 1 ? 0x80U : 0x100U);
}

// Takes one value of that tag off the front of `rest`.
bool take(Bytes& rest, std::uint8_t tag, Bytes& content) {
    if (rest.empty() || rest[0] != tag) return false;
    Bytes after = rest.subspan(1);
    std::size_t length = 0;
    if (!take_length(after, length) || length > after.size()) return false;
    content = after.first(length);
    rest = after.subspan(length);
    return true;
}

// A positive number without superfluous octets; `number` has no sign octet.
bool take_positive(Bytes& rest, Bytes& number) {
    Bytes content;
    if (!take(rest, integer_tag, content) || content.empty() || content[0] >= 0x80) return false;
    const bool has_sign_octet = content[0] == 0;
    if (has_sign_octet && (content.size() == 1 || content[1] < 0x80)) return false;
    number = has_sign_octet ? content.subspan(1) : content;
    return true;
}

const char* read_rsa(Bytes parameters, Bytes bits, Key& key) {
    Bytes null;
    if (!take(parameters, null_tag, null) || !null.empty() || !parameters.empty()) return damaged;
    return read_rsa_public_key(bits, key);
}

const char* read_p256(Bytes parameters, Bytes bits, Key& key) {
    Bytes curve;
    if (!take(parameters, object_tag, curve) || !parameters.empty()) return damaged;
    if (!is_same(curve, prime256v1)) return "its curve is not supported: use P-256";
    constexpr std::uint8_t uncompressed = 4;
    if (bits.size() != 65 || bits[0] != uncompressed) {
        return "its point is compressed: write it with openssl's -conv_form uncompressed";
    }
    return set_p256_key(key, bits.subspan(1, 32), bits.subspan(33));
}

}  // namespace

const char* read_rsa_public_key(Bytes der, Key& key) {
    Bytes fields;
    Bytes modulus;
    Bytes exponent;
    if (!take(der, sequence_tag, fields) || !der.empty()) return damaged;
    if (!take_positive(fields, modulus) || !take_positive(fields, exponent)) return damaged;
    return fields.empty() ? set_rsa_key(key, modulus, exponent) : damaged;
}

const char* read_public_key_info(Bytes der, Key& key) {
    Bytes fields;
    Bytes algorithm;
    Bytes object;
    Bytes bits;
    if (!take(der, sequence_tag, fields) || !der.empty()) return damaged;
    if (!take(fields, sequence_tag, algorithm) || !take(algorithm, object_tag, object)) {
        return damaged;
    }
    if (!take(fields, bit_string_tag, bits) || !fields.empty()) return damaged;
    // The first octet of a bit string counts the bits at its end that do not belong to it.
    if (bits.empty() || bits[0] != 0) return damaged;
    bits = bits.subspan(1);
    if (is_same(object, rsa_encryption)) return read_rsa(algorithm, bits, key);
    if (is_same(object, ec_public_key)) return read_p256(algorithm, bits, key);
    if (!is_same(object, ed25519)) return "its kind is not supported: use RSA, P-256 or Ed25519";
    return algorithm.empty() ? set_ed25519_key(key, bits) : damaged;
}

}  // namespace nma
