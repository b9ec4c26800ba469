// Tokens that were given out by hand, as the file keeps them: digests only, a line each.
//
//     # who          by which token                      may what; nothing: the ACL decides by uid
//     sha256:<64 lower-case hex digits> <uid> [permission…]
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "api/auth/auth_error.h"
#include "api/auth/digest.h"
#include "api/auth/identity.h"
#include "platform/base/arena.h"
#include "platform/limits.h"

namespace nma {

class StaticTokens {
  public:
    void init(Arena& arena);

    // Room for the text of a file; what is read points into it.
    std::span<char> memory() const { return memory_; }

    // Takes the text, which lies in memory(), in place of what was there. Each line must end in a
    // newline, so that a file that was cut is told from a whole one: a line without its last
    // permissions could permit more. Unless true, `error` names the file, the line and the cure,
    // and there are no tokens.
    [[nodiscard]] bool read(const char* path, std::string_view text, AuthError& error);

    void clear() { count_ = 0; }
    std::size_t count() const { return count_; }

    // Whose token has this digest; false when there is none. Compares with all of them, in the same
    // time wherever it is.
    [[nodiscard]] bool find(const Sha256Digest& digest, Identity& identity) const;

  private:
    struct Entry {
        Sha256Digest digest;
        std::uint32_t permission_count;
        std::string_view uid;
    };

    const char* read_line(std::string_view line);
    const char* read_permissions(std::string_view line, Entry& entry);
    std::span<std::string_view> permissions_of(std::size_t index) const;

    std::span<char> memory_;
    std::span<Entry> entries_;
    std::span<std::string_view> permissions_;  // static_token_permissions_max for each entry
    std::size_t count_ = 0;
};

}  // namespace nma
