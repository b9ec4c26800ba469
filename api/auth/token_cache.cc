#include "api/auth/token_cache.h"

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

namespace {

constexpr const char* part = "token cache";

std::uint64_t prefix_of(const Sha256Digest& digest) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, digest.bytes, sizeof prefix);
    return prefix;
}

}  // namespace

void TokenCache::init(Arena& arena) {
    prefixes_ = arena.take<std::uint64_t>(part, limits::token_cache_count);
    entries_ = arena.take<CachedToken>(part, limits::token_cache_count);
}

const CachedToken* TokenCache::find(const Sha256Digest& digest) {
    const std::uint64_t prefix = prefix_of(digest);
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
        if (prefixes_[i] != prefix) continue;
        CachedToken& entry = entries_[i];
        if (entry.used_count == 0 || !is_same_digest(entry.digest, digest)) continue;
        entry.used_count = ++use_count_;
        return &entry;
    }
    return nullptr;
}

const CachedToken& TokenCache::put(const Sha256Digest& digest, std::string_view uid,
                                   std::int64_t end_s) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                         [](const CachedToken& one, const CachedToken& other) {
                                             return one.used_count < other.used_count;
                                         });
    CachedToken& entry = *oldest;
    prefixes_[static_cast<std::size_t>(oldest - entries_.begin())] = prefix_of(digest);
    entry.digest = digest;
    entry.used_count = ++use_count_;
    entry.end_s = end_s;
    NMA_CHECK(entry.uid.assign(uid));
    return entry;
}

void TokenCache::clear() {
    for (CachedToken& entry : entries_) {
        // Those that never were used stay untouched, and take no memory.
        if (entry.used_count != 0) entry.used_count = 0;
    }
}

}  // namespace nma
