#include "agent/apps/hash_index.h"

#include <bit>

#include "platform/base/check.h"

namespace nma {

void HashIndex::init(Arena& arena, const char* part, std::size_t count_max) {
    const std::size_t slot_count = std::bit_ceil(2 * count_max);
    slots_ = arena.take<Slot>(part, slot_count);
    mask_ = slot_count - 1;
    size_ = 0;
}

void HashIndex::insert(std::uint64_t hash, std::uint32_t place) {
    NMA_CHECK(2 * (size_ + 1) <= slots_.size());
    std::size_t at = mark_of(hash) & mask_;
    while (slots_[at].place_plus_one != 0)
        at = (at + 1) & mask_;
    slots_[at] = {mark_of(hash), place + 1};
    ++size_;
}

// Those behind it that would not be found across the gap move up into it, one after the other.
void HashIndex::erase(std::uint64_t hash, std::uint32_t place) {
    std::size_t gap = mark_of(hash) & mask_;
    while (slots_[gap].place_plus_one != place + 1) {
        NMA_CHECK(slots_[gap].place_plus_one != 0);
        gap = (gap + 1) & mask_;
    }
    for (std::size_t at = (gap + 1) & mask_; slots_[at].place_plus_one != 0;
         at = (at + 1) & mask_) {
        const std::size_t way_from_home = (at - slots_[at].mark) & mask_;
        const std::size_t way_from_gap = (at - gap) & mask_;
        if (way_from_home < way_from_gap) continue;
        slots_[gap] = slots_[at];
        gap = at;
    }
    slots_[gap] = {};
    --size_;
}

}  // namespace nma
