#include "agent/apps/set_members.h"

namespace nma {

void SetMembers::init(Arena& arena, const char* part, std::size_t count_max) {
    members_.init(arena, part, count_max);
    index_.init(arena, part, count_max);
}

bool SetMembers::has(std::uint64_t hash) const {
    return index_.find(hash, [&](std::uint32_t place) { return members_[place].hash == hash; }) !=
           HashIndex::none;
}

SetMembers::Added SetMembers::add(std::uint64_t hash, std::uint32_t& first) {
    if (has(hash)) return Added::known;
    const std::uint32_t place = members_.take();
    if (place == SlotPool<Member>::none) return Added::full;
    members_[place] = {hash, first};
    index_.insert(hash, place);
    first = place;
    return Added::added;
}

void SetMembers::drop(std::uint32_t& first) {
    while (first != none) {
        const std::uint32_t place = first;
        first = members_[place].next;
        index_.erase(members_[place].hash, place);
        members_.give_back(place);
    }
}

}  // namespace nma
