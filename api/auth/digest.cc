#include "api/auth/digest.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

namespace nma {

static_assert(Sha256Digest::size == SHA256_DIGEST_SIZE);

Sha256Digest sha256(std::string_view text) {
    Sha256Digest digest;
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, text.size(), as_bytes(text).data());
    sha256_digest(&context, sizeof digest.bytes, digest.bytes);
    return digest;
}

Sha256Digest hmac_sha256(std::span<const std::uint8_t> secret, std::string_view text) {
    Sha256Digest digest;
    hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, secret.size(), secret.data());
    hmac_sha256_update(&context, text.size(), as_bytes(text).data());
    hmac_sha256_digest(&context, sizeof digest.bytes, digest.bytes);
    wipe(&context, sizeof context);
    return digest;
}

bool is_same_digest(const Sha256Digest& one, const Sha256Digest& other) {
    return memeql_sec(one.bytes, other.bytes, sizeof one.bytes) != 0;
}

void wipe(void* memory, std::size_t bytes) {
    if (bytes != 0) explicit_bzero(memory, bytes);
}

}  // namespace nma
