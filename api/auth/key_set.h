// The keys of all files, and which of them a token may be tried with.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "api/auth/auth_error.h"
#include "api/auth/key.h"

namespace nma {

// Trivially copyable; all bytes zero is the empty set.
class KeySet {
  public:
    // False when there is no room for another.
    [[nodiscard]] bool add(const Key& key);

    // Counts one that was there but is of no use to us.
    void note_skipped() { ++skipped_count_; }

    std::span<const Key> keys() const { return {keys_, count_}; }
    std::size_t skipped_count() const { return skipped_count_; }

    bool has_algorithm(Algorithm algorithm) const;
    bool has_id(std::string_view id) const;

    // Whether a token with this `kid` (empty: none) may be tried with `key`. When some key has that
    // id, only such keys; else only keys that have no id: those of a file that could not name one.
    bool may_try(const Key& key, std::string_view id) const;

    // Forgets all keys, and leaves nothing of them in memory.
    void clear();

  private:
    Key keys_[limits::token_key_count_max];
    std::size_t count_ = 0;
    std::size_t skipped_count_ = 0;
};

// Adds the shared secret. One newline at its end does not count. Unless true, `error` names the
// file and the cure. Warns of a secret that is shorter than RFC 7518 (section 3.2) allows.
[[nodiscard]] bool read_secret_key(const char* path, std::string_view text, KeySet& keys,
                                   AuthError& error);

}  // namespace nma
