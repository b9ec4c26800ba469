#include "cgroups/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

// Depth first with a stack of names of our own: the path of the cgroup at hand is put together
// from those above it, of which `ends` keeps the lengths.
struct Walker::Visit {
    const Hierarchy& hierarchy;
    std::uint8_t index;
    const NamingRules& rules;
    DirReader& dirs;
    ChangeWatch& watch;
    ContainerTable& table;
    FixedText<limits::path_bytes> path;  // "docker/0123…", relative to the mount point
    std::size_t ends[limits::cgroup_depth_max + 1] = {};
};

void Walker::init(Arena& arena) {
    const char* part = "cgroup search";
    pending_ = BoundedList<Pending>(arena.take<Pending>(part, limits::cgroup_pending_count_max));
    names_ = BoundedList<char>(arena.take<char>(part, limits::cgroup_pending_bytes));
}

void Walker::walk(std::span<const Hierarchy> hierarchies, const NamingRules& rules, DirReader& dirs,
                  ChangeWatch& watch, ContainerTable& table) {
    visited_count_ = 0;
    skipped_count_ = 0;
    container_overflow_count_ = 0;
    for (std::size_t i = 0; i < hierarchies.size(); ++i) {
        const std::uint32_t before = table.overflow_count();
        Visit visit = {hierarchies[i], static_cast<std::uint8_t>(i), rules, dirs, watch, table, {}};
        walk_one(visit);
        container_overflow_count_ =
            std::max(container_overflow_count_, table.overflow_count() - before);
    }
    table.sort();
}

void Walker::walk_one(Visit& visit) {
    pending_.clear();
    names_.clear();
    visit.watch.add(visit.hierarchy.directory);
    list_children(visit, visit.hierarchy.directory, no_container, 1);
    while (!pending_.empty()) {
        const Pending cgroup = pending_[pending_.size() - 1];
        pending_.resize_down(pending_.size() - 1);
        const std::size_t name_at = names_.size() - cgroup.name_bytes;
        visit.path.resize_down(visit.ends[cgroup.depth - 1]);
        const bool fits = (cgroup.depth == 1 || visit.path.append("/")) &&
                          visit.path.append({names_.begin() + name_at, cgroup.name_bytes});
        names_.resize_down(name_at);
        if (!fits || visited_count_ == limits::cgroup_count_max) {
            ++skipped_count_;
            continue;
        }
        ++visited_count_;
        visit.ends[cgroup.depth] = visit.path.size();
        visit_cgroup(visit, cgroup);
    }
}

void Walker::visit_cgroup(Visit& visit, const Pending& cgroup) {
    const int directory = openat(visit.hierarchy.directory, visit.path.c_str(),
                                 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) {
        if (errno != ENOENT) ++skipped_count_;
        return;
    }
    bool is_own = false;
    std::uint32_t owner = owner_of(visit, cgroup, is_own);
    if (!is_own && is_runtime_of_container(visit.path.view())) owner = no_container;
    const bool is_home = owner != no_container && visit.table[owner].home == visit.index;
    if (owner == no_container || is_home) visit.watch.add(directory);
    list_children(visit, directory, owner, cgroup.depth + 1);
    if (owner == no_container || (!is_own && !is_home)) {
        close(directory);
        return;
    }
    keep(visit, owner, is_own, directory);
}

// Nested containers of two parents may have the same name; then the parent's makes it another.
std::uint32_t Walker::owner_of(Visit& visit, const Pending& cgroup, bool& is_own) {
    ContainerId id;
    is_own = container_of_path(visit.path.view(), visit.rules, id);
    if (!is_own) return cgroup.owner;
    std::uint32_t owner = visit.table.find_or_add(id.view(), visit.index, cgroup.inode);
    if (owner != no_container && visit.table[owner].places[visit.index].is_known()) {
        ContainerId whole;
        const bool is_nested = cgroup.owner != no_container &&
                               whole.assign(visit.table[cgroup.owner].id.view()) &&
                               whole.append(".") && whole.append(id.view());
        owner = is_nested ? visit.table.find_or_add(whole.view(), visit.index, cgroup.inode)
                          : no_container;
        if (owner != no_container && visit.table[owner].places[visit.index].is_known())
            owner = no_container;
        if (owner == no_container) ++skipped_count_;
    }
    is_own = owner != no_container;
    return owner;
}

void Walker::keep(Visit& visit, std::uint32_t owner, bool is_own, int directory) {
    Container& container = visit.table[owner];
    const CgroupPlace place = visit.table.keep(directory, visit.path.view(), visit.index);
    if (container.home == visit.index && !visit.table.add_member(owner, place)) {
        if (place.directory_plus_one != 0) close(place.directory_plus_one - 1);
        return;
    }
    if (is_own) container.places[visit.index] = place;
}

void Walker::list_children(Visit& visit, int directory, std::uint32_t owner, std::uint32_t depth) {
    if (visit.dirs.open(directory, ".") != Status::ok) return;
    DirEntry entry;
    while (visit.dirs.next(entry)) {
        if (!entry.may_be_directory()) continue;
        const std::string_view name = entry.name;
        if (depth > limits::cgroup_depth_max || !names_.append({name.data(), name.size()})) {
            ++skipped_count_;
            continue;
        }
        const auto bytes = static_cast<std::uint32_t>(name.size());
        if (!pending_.push({entry.inode, bytes, owner, depth})) {
            names_.resize_down(names_.size() - bytes);
            ++skipped_count_;
        }
    }
}

}  // namespace nma
