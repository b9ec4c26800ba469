#include "platform/metrics/snapshot.h"

#include <bit>

#include "platform/base/check.h"

namespace nma {

namespace {

// FNV-1a. Ids of containers are made by whoever may create cgroups, which is a privileged act; a
// slot table that is at most half full stays short of probes for anybody else's.
std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash ^ (hash >> 32);
}

}  // namespace

void Snapshot::init(Arena& arena, const Capacities& capacities) {
    constexpr const char* part = "snapshots";
    subjects = BoundedList<Subject>(arena.take<Subject>(part, capacities.subjects()));
    samples = BoundedList<Sample>(arena.take<Sample>(part, capacities.samples()));
    text_pool = BoundedList<char>(arena.take<char>(part, capacities.text_bytes()));
    containers =
        BoundedList<ContainerEntry>(arena.take<ContainerEntry>(part, capacities.entries()));
    missing = BoundedList<MissingGroup>(arena.take<MissingGroup>(part, capacities.missing()));
    reports = arena.take<CollectorReport>(part, limits::collector_count_max);
    container_slots = arena.take<std::uint32_t>(part, std::bit_ceil(capacities.entries() * 2 + 1));
}

std::uint32_t& Snapshot::container_slot(std::string_view id) const {
    const std::size_t mask = container_slots.size() - 1;
    for (std::size_t i = static_cast<std::size_t>(hash_text(id)) & mask;; i = (i + 1) & mask) {
        std::uint32_t& slot = container_slots[i];
        if (slot == 0 || text(containers[slot - 1].id) == id) return slot;
    }
}

const ContainerEntry* Snapshot::find_container(std::string_view id) const {
    const std::uint32_t slot = container_slot(id);
    return slot == 0 ? nullptr : &containers[slot - 1];
}

}  // namespace nma
