// Public keys in DER (ITU-T X.690): SubjectPublicKeyInfo (RFC 5280, section 4.1) of RSA (RFC 3279),
// P-256 (RFC 5480) and Ed25519 (RFC 8410), and RSAPublicKey of PKCS #1 (RFC 8017, appendix A.1.1).
#pragma once

#include <cstdint>
#include <span>

#include "api/auth/key.h"

namespace nma {

// All of `der`, in the one spelling that DER allows. Null, or why not: a clause.
const char* read_public_key_info(std::span<const std::uint8_t> der, Key& key);
const char* read_rsa_public_key(std::span<const std::uint8_t> der, Key& key);

}  // namespace nma
