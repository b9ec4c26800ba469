#include "cgroups/container_table.h"

#include <unistd.h>

#include <algorithm>

#include "platform/base/check.h"

namespace nma {

namespace {

std::uint64_t hash_of(std::string_view id) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return hash ^ (hash >> 32);
}

void close_place(CgroupPlace& place) {
    if (place.directory_plus_one != 0) close(place.directory_plus_one - 1);
    place = CgroupPlace{};
}

}  // namespace

void ContainerTable::init(Arena& arena, const Capacities& capacities) {
    const std::size_t count = capacities.containers;
    const char* part = "found containers";
    containers_ = BoundedList<Container>(arena.take<Container>(part, count));
    order_ = BoundedList<std::uint32_t>(arena.take<std::uint32_t>(part, count));
    slots_ = arena.take<std::uint32_t>(part, 2 * count + 1);
    members_ = BoundedList<MemberCgroup>(
        arena.take<MemberCgroup>(part, count * limits::cgroups_per_container));
    paths_ = BoundedList<char>(
        arena.take<char>("cgroup paths", count * limits::cgroup_path_bytes_per_container));
}

// The home place is a member, too: its descriptor is closed once, with the members.
void ContainerTable::clear() {
    for (MemberCgroup& member : members_)
        close_place(member.place);
    for (Container& container : containers_) {
        for (std::size_t i = 0; i < std::size(container.places); ++i) {
            if (i != container.home) close_place(container.places[i]);
        }
    }
    containers_.clear();
    members_.clear();
    paths_.clear();
    order_.clear();
    std::fill(slots_.begin(), slots_.end(), 0U);
    file_count_ = 0;
    overflow_count_ = 0;
    member_overflow_count_ = 0;
}

std::uint32_t& ContainerTable::slot_of(std::string_view id) {
    std::size_t at = hash_of(id) % slots_.size();
    while (slots_[at] != 0 && containers_[slots_[at] - 1].id.view() != id)
        at = (at + 1) % slots_.size();
    return slots_[at];
}

std::uint32_t ContainerTable::find_or_add(std::string_view id, std::uint8_t hierarchy,
                                          std::uint64_t inode) {
    std::uint32_t& slot = slot_of(id);
    if (slot != 0) return slot - 1;
    Container container;
    container.inode = inode;
    container.home = hierarchy;
    if (!container.id.assign(id) || !containers_.push(container)) {
        ++overflow_count_;
        return no_container;
    }
    slot = static_cast<std::uint32_t>(containers_.size());
    return slot - 1;
}

CgroupPlace ContainerTable::keep(int directory, std::string_view path, std::uint8_t hierarchy) {
    CgroupPlace place;
    place.hierarchy = hierarchy;
    if (file_count_ < file_count_max_) {
        ++file_count_;
        place.directory_plus_one = directory + 1;
        return place;
    }
    close(directory);
    const std::size_t before = paths_.size();
    const char end = '\0';
    if (paths_.append({path.data(), path.size()}) && paths_.push(end)) {
        place.path_plus_one = static_cast<std::uint32_t>(before) + 1;
    } else {
        paths_.resize_down(before);
        ++member_overflow_count_;
    }
    return place;
}

bool ContainerTable::add_member(std::uint32_t container, CgroupPlace place) {
    Container& owner = containers_[container];
    if (!members_.push({place, owner.member_first_plus_one})) {
        ++member_overflow_count_;
        return false;
    }
    owner.member_first_plus_one = static_cast<std::uint32_t>(members_.size());
    return true;
}

const MemberCgroup* ContainerTable::first_member(const Container& container) const {
    if (container.member_first_plus_one == 0) return nullptr;
    return &members_[container.member_first_plus_one - 1];
}

const MemberCgroup* ContainerTable::next_member(const MemberCgroup& member) const {
    return member.next_plus_one == 0 ? nullptr : &members_[member.next_plus_one - 1];
}

Status ContainerTable::read(FileReader& reader, int hierarchy_directory, CgroupPlace place,
                            const char* file, std::string_view& text) const {
    if (place.directory_plus_one != 0) return reader.read(place.directory_plus_one - 1, file, text);
    if (place.path_plus_one == 0) return Status::absent;
    FixedText<limits::path_bytes> path;
    const char* kept = paths_.begin() + place.path_plus_one - 1;
    if (!path.assign(kept) || !path.append("/") || !path.append(file)) return Status::io_error;
    return reader.read(hierarchy_directory, path.c_str(), text);
}

void ContainerTable::sort() {
    order_.clear();
    for (std::uint32_t i = 0; i < containers_.size(); ++i)
        NMA_CHECK(order_.push(i));
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
        return containers_[a].id.view() < containers_[b].id.view();
    });
}

}  // namespace nma
