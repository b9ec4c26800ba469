// Finds places in a table by hashes: open addressing with at most half of its slots in use, and
// nothing left behind by what was erased. It knows hashes and places only; what is equal, the
// caller says. The hashes must be keyed ones, or a sender could make one long row of them.
#pragma once

#include <cstdint>
#include <span>

#include "platform/base/arena.h"

namespace nma {

class HashIndex {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    // Room for `count_max` places, 8 bytes for each of two to four times as many slots.
    void init(Arena& arena, const char* part, std::size_t count_max);

    // The place with this hash for which `is_it(place)` holds, or none.
    template <class IsIt>
    std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
        const std::uint32_t mark = mark_of(hash);
        for (std::size_t at = mark & mask_;; at = (at + 1) & mask_) {
            const Slot& slot = slots_[at];
            if (slot.place_plus_one == 0) return none;
            if (slot.mark == mark && is_it(slot.place_plus_one - 1)) return slot.place_plus_one - 1;
        }
    }

    // The place must not be in it, and there must be room.
    void insert(std::uint64_t hash, std::uint32_t place);
    // The place must be in it with this hash.
    void erase(std::uint64_t hash, std::uint32_t place);

    std::size_t size() const { return size_; }

  private:
    struct Slot {
        std::uint32_t mark;
        std::uint32_t place_plus_one;  // 0: free
    };

    static std::uint32_t mark_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

    std::span<Slot> slots_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace nma
