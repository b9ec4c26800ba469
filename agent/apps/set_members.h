// The distinct members of sets, of all sets together. A member is known by a keyed hash of 64 bits
// and not by its text: among 65,536 members two are taken for one with a chance of one in
// 8,600 million, and nobody outside can choose such two.
#pragma once

#include <cstdint>

#include "agent/apps/hash_index.h"
#include "agent/apps/slot_pool.h"

namespace nma {

class SetMembers {
  public:
    static constexpr std::uint32_t none = 0xffffffff;
    enum class Added : std::uint8_t { added, known, full };

    void init(Arena& arena, const char* part, std::size_t count_max);

    bool has(std::uint64_t hash) const;

    // Adds to the list that begins at `first` (none: an empty one). The hash must tell sets apart,
    // too.
    Added add(std::uint64_t hash, std::uint32_t& first);

    // Forgets all of a list.
    void drop(std::uint32_t& first);

    std::size_t used() const { return members_.used(); }

  private:
    struct Member {
        std::uint64_t hash;
        std::uint32_t next;
    };

    SlotPool<Member> members_;
    HashIndex index_;
};

}  // namespace nma
