// Tokens whose signature was proven lately, by their digest, so that a client that polls costs no
// RSA operation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/auth/digest.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

struct CachedToken {
    Sha256Digest digest;
    std::uint64_t used_count = 0;  // of the cache when it was used last; 0: the slot is free
    std::int64_t end_s = 0;        // since 1970; no longer good from then on
    FixedText<limits::uid_bytes_max + 1> uid;
};

class TokenCache {
  public:
    void init(Arena& arena);

    // Null when it is not known. Good until the next `put` or `clear`. Whether its time is over is
    // for the caller to see.
    const CachedToken* find(const Sha256Digest& digest);

    // In place of the one that was not used for longest, when there is no room. `uid` fits. The
    // entry is good as find's.
    const CachedToken& put(const Sha256Digest& digest, std::string_view uid, std::int64_t end_s);

    void clear();

  private:
    std::span<std::uint64_t> prefixes_;  // of the digests, side by side: a search is 2 KiB
    std::span<CachedToken> entries_;
    std::uint64_t use_count_ = 0;
};

}  // namespace nma
