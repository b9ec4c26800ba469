// SHA-256 (FIPS 180-4), and what is done with digests and secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nma {

struct Sha256Digest {
    static constexpr std::size_t size = 32;
    std::uint8_t bytes[size] = {};
};

Sha256Digest sha256(std::string_view text);

// HMAC-SHA-256 (RFC 2104).
Sha256Digest hmac_sha256(std::span<const std::uint8_t> secret, std::string_view text);

// In a time that does not depend on what they hold.
[[nodiscard]] bool is_same_digest(const Sha256Digest& one, const Sha256Digest& other);

// Zeroes memory that held a secret; no compiler leaves this out.
void wipe(void* memory, std::size_t bytes);

// The bytes as text, and text as bytes.
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace nma
