#include "cgroups/container_table.h"

#include <fcntl.h>
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

}  // namespace

void ContainerTable::init(Arena& arena, const Capacities& capacities) {
    const std::size_t count = capacities.entries();
    const char* part = "found containers";
    containers_ = BoundedList<Container>(arena.take<Container>(part, count));
    order_ = BoundedList<std::uint32_t>(arena.take<std::uint32_t>(part, count));
    slots_ = arena.take<std::uint32_t>(part, 2 * count + 1);
    members_ = BoundedList<MemberCgroup>(
        arena.take<MemberCgroup>(part, count * limits::cgroups_per_container));
    paths_ = BoundedList<char>(
        arena.take<char>("cgroup paths", count * limits::cgroup_path_bytes_per_container));
    living_count_max_ = capacities.containers;
}

void ContainerTable::clear() {
    for (std::uint32_t i = 0; i < containers_.size(); ++i) {
        if (containers_[i].ended_at_ns == 0) end(i, 1);
    }
    forget_ended();
    begin_search();
}

void ContainerTable::begin_search() {
    ++search_number_;
    is_searching_ = true;
    overflow_count_ = 0;
    member_overflow_count_ = 0;
    overflow_names_.clear();
    for (Container& container : containers_) {
        if (container.ended_at_ns != 0) continue;
        close_members(container);
        container.seen_in = 0;
        container.has_lost_members = false;
        container.forget_absent_files();
        for (CgroupPlace& place : container.places)
            place.path_plus_one = 0;
    }
    members_.clear();
    paths_.clear();
}

void ContainerTable::end_search(Instants now, bool is_partial) {
    for (std::uint32_t i = 0; i < containers_.size(); ++i) {
        Container& container = containers_[i];
        if (container.ended_at_ns != 0 || container.seen_by == search_number_) continue;
        const CgroupPlace& home = container.places[container.home];
        if (!is_partial || !is_there(home)) {
            end(i, now.realtime_ns);
            continue;
        }
        container.has_lost_members = true;  // those below it were not looked for
        (void)add_member(container, {home, 0, true});
    }
    is_searching_ = false;
}

bool ContainerTable::is_there(const CgroupPlace& place) {
    return place.directory_plus_one != 0 &&
           faccessat(place.directory_plus_one - 1, "cgroup.procs", F_OK, 0) == 0;
}

std::size_t ContainerTable::slot_index_of(std::string_view id) const {
    auto at = static_cast<std::size_t>(hash_of(id) % slots_.size());
    while (slots_[at] != 0 && containers_[slots_[at] - 1].id.view() != id)
        at = (at + 1) % slots_.size();
    return at;
}

std::uint32_t ContainerTable::find(std::string_view id) const {
    const std::uint32_t slot = slots_[slot_index_of(id)];
    return slot == 0 ? no_container : slot - 1;
}

// Takes a slot out and moves those behind it up, so that every search still ends at its own.
void ContainerTable::unlink(std::string_view id) {
    std::size_t hole = slot_index_of(id);
    slots_[hole] = 0;
    for (std::size_t at = (hole + 1) % slots_.size(); slots_[at] != 0;
         at = (at + 1) % slots_.size()) {
        const std::uint64_t hash = hash_of(containers_[slots_[at] - 1].id.view());
        const auto ideal = static_cast<std::size_t>(hash % slots_.size());
        const std::size_t from_ideal = (at + slots_.size() - ideal) % slots_.size();
        const std::size_t from_hole = (at + slots_.size() - hole) % slots_.size();
        if (from_ideal < from_hole) continue;
        slots_[hole] = slots_[at];
        slots_[at] = 0;
        hole = at;
    }
}

std::uint32_t ContainerTable::add(std::string_view id, std::uint8_t hierarchy, std::uint64_t inode,
                                  Instants now) {
    std::uint32_t& slot = slots_[slot_index_of(id)];
    NMA_CHECK(slot == 0);
    Container container;
    container.inode = inode;
    container.home = hierarchy;
    container.seen_by = search_number_;
    container.activity.found_at_ns = now.boottime_ns;
    const bool has_room =
        living_count_ < living_count_max_ && container.id.assign(id) && containers_.push(container);
    if (!has_room) {
        ++overflow_count_;
        note_overflow(id);
        return no_container;
    }
    ++living_count_;
    is_order_stale_ = true;
    slot = static_cast<std::uint32_t>(containers_.size());
    return slot - 1;
}

// Each hierarchy has the container once more.
void ContainerTable::note_overflow(std::string_view id) {
    if (overflow_names_.view().find(id) != std::string_view::npos) return;
    const std::size_t before = overflow_names_.size();
    const bool fits = (before == 0 || overflow_names_.append(", ")) && overflow_names_.append(id);
    if (!fits) overflow_names_.resize_down(before);
}

void ContainerTable::show_as(Container& container, std::string_view id) {
    if (find(id) != no_container) return;
    for (const Container& other : containers_) {
        if (other.ended_at_ns == 0 && other.other_id.view() == id) return;
    }
    if (container.other_id.assign(id)) is_order_stale_ = true;
}

void ContainerTable::close_place(CgroupPlace& place) {
    if (place.directory_plus_one != 0) {
        close(place.directory_plus_one - 1);
        --file_count_;
    }
    place = CgroupPlace{};
}

void ContainerTable::close_members(Container& container) {
    std::uint32_t next = container.member_first_plus_one;
    while (next != 0) {
        MemberCgroup& member = members_[next - 1];
        next = member.next_plus_one;
        if (!member.is_borrowed) close_place(member.place);
    }
    container.member_first_plus_one = 0;
}

void ContainerTable::end(std::uint32_t index, std::uint64_t ended_at_ns) {
    Container& container = containers_[index];
    NMA_CHECK(container.ended_at_ns == 0);
    unlink(container.id.view());
    container.ended_at_ns = ended_at_ns;
    close_members(container);
    for (CgroupPlace& place : container.places)
        close_place(place);
    --living_count_;
    is_order_stale_ = true;
}

// The last one moves into each hole.
void ContainerTable::forget_ended() {
    for (std::size_t i = containers_.size(); i-- > 0;) {
        if (containers_[i].ended_at_ns == 0) continue;
        const std::size_t last = containers_.size() - 1;
        if (i != last) {
            slots_[slot_index_of(containers_[last].id.view())] = static_cast<std::uint32_t>(i) + 1;
            containers_[i] = containers_[last];
        }
        containers_.resize_down(last);
        is_order_stale_ = true;
    }
}

CgroupPlace ContainerTable::make_place(int directory, std::string_view path, std::uint64_t inode) {
    CgroupPlace place;
    place.inode = inode;
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

void ContainerTable::keep(std::uint32_t index, std::uint8_t hierarchy, int directory,
                          std::string_view path, std::uint64_t inode, bool is_own) {
    Container& container = containers_[index];
    CgroupPlace& own = container.places[hierarchy];
    const bool is_home = container.home == hierarchy;
    // A search meets each cgroup once; what was made meanwhile may be told of again.
    if (is_home && !is_searching_ && has_member(container, inode)) {
        close(directory);
        return;
    }
    CgroupPlace place;
    if (is_own && own.is_known()) {
        close(directory);
        place = own;
    } else {
        place = make_place(directory, path, inode);
        if (is_own) own = place;
    }
    if (is_home && place.is_known() && add_member(container, {place, 0, is_own})) return;
    if (is_home) container.has_lost_members = true;
    if (!is_own) close_place(place);
}

bool ContainerTable::has_member(const Container& container, std::uint64_t inode) const {
    const MemberCgroup* member = first_member(container);
    while (member != nullptr && member->place.inode != inode)
        member = next_member(*member);
    return member != nullptr;
}

bool ContainerTable::add_member(Container& container, const MemberCgroup& member) {
    if (!members_.push(member)) {
        ++member_overflow_count_;
        return false;
    }
    members_[members_.size() - 1].next_plus_one = container.member_first_plus_one;
    container.member_first_plus_one = static_cast<std::uint32_t>(members_.size());
    return true;
}

void ContainerTable::drop_place(std::uint32_t container, std::uint8_t hierarchy) {
    close_place(containers_[container].places[hierarchy]);
}

const MemberCgroup* ContainerTable::first_member(const Container& container) const {
    if (container.member_first_plus_one == 0) return nullptr;
    return &members_[container.member_first_plus_one - 1];
}

const MemberCgroup* ContainerTable::next_member(const MemberCgroup& member) const {
    return member.next_plus_one == 0 ? nullptr : &members_[member.next_plus_one - 1];
}

Status ContainerTable::read(FileReader& reader, int hierarchy_directory, const CgroupPlace& place,
                            const char* file, std::string_view& text, Extent extent) const {
    int directory = place.directory_plus_one - 1;
    FixedText<limits::path_bytes> path;
    if (directory < 0) {
        if (place.path_plus_one == 0) return Status::absent;
        const char* kept = paths_.begin() + place.path_plus_one - 1;
        if (!path.assign(kept) || !path.append("/") || !path.append(file)) return Status::io_error;
        directory = hierarchy_directory;
        file = path.c_str();
    }
    return extent == Extent::line ? reader.read_line(directory, file, text)
                                  : reader.read(directory, file, text);
}

std::span<const std::uint32_t> ContainerTable::sorted() {
    if (is_order_stale_) {
        order_.clear();
        for (std::uint32_t i = 0; i < containers_.size(); ++i) {
            if (containers_[i].ended_at_ns == 0) NMA_CHECK(order_.push(i));
        }
        std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
            return containers_[a].shown_id() < containers_[b].shown_id();
        });
        is_order_stale_ = false;
    }
    return {order_.begin(), order_.size()};
}

}  // namespace nma
