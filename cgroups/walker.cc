#include "cgroups/walker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

// Depth first with a stack of names of our own: the path of the cgroup at hand is put together
// from those above it, of which `ends` keeps the lengths.
struct Walker::Visit {
    const Ground& ground;
    const Hierarchy& hierarchy;
    std::uint8_t index;
    FixedText<limits::path_bytes> path;  // "docker/0123…", relative to the mount point
    std::size_t ends[limits::cgroup_depth_max + 1] = {};
};

namespace {

struct stat status_of(int directory, const char* path) {
    struct stat status = {};
    if (fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) != 0) status.st_ino = 0;
    return status;
}

// Whether the id is that of another cgroup of the same hierarchy, which is still there: nested
// containers of two parents may have the same name, and whoever may make cgroups may give one the
// name of somebody else's container.
bool is_taken(const Walker::Ground& ground, std::string_view id, std::uint8_t hierarchy,
              std::uint64_t inode) {
    const std::uint32_t index = ground.table.find(id);
    if (index == no_container) return false;
    const Container& container = ground.table[index];
    const CgroupPlace& place = container.places[hierarchy];
    if (!place.is_known() || place.inode == inode) return false;
    const bool was_seen = ((container.seen_in >> hierarchy) & 1U) != 0;
    return ContainerTable::is_there(place) || (was_seen && place.path_plus_one != 0);
}

// A bare hash may be anything; the path of a runtime that we know is better evidence.
bool is_better(const Walker::Ground& ground, std::string_view id, Runtime runtime) {
    const Container& known = ground.table[ground.table.find(id)];
    return known.runtime == Runtime::oci && runtime != Runtime::oci;
}

// The container of that id: the one that is known, or a new one. A cgroup that was made anew under
// a name that is known is another container. no_container without room.
std::uint32_t take_container(const Walker::Ground& ground, std::string_view id, Runtime runtime,
                             std::uint8_t hierarchy, std::uint64_t inode) {
    ContainerTable& table = ground.table;
    std::uint32_t index = table.find(id);
    if (index != no_container && table[index].home == hierarchy && table[index].inode != inode) {
        table.end(index, ground.now.realtime_ns);
        index = no_container;
    }
    if (index == no_container) {
        index = table.add(id, hierarchy, inode, ground.now);
        if (index == no_container) return no_container;
    }
    Container& container = table[index];
    const CgroupPlace& place = container.places[hierarchy];
    if (place.is_known() && place.inode != inode) table.drop_place(index, hierarchy);
    container.runtime = runtime;
    container.seen_by = table.search_number();
    container.seen_in = static_cast<std::uint8_t>(container.seen_in | (1U << hierarchy));
    return index;
}

}  // namespace

void Walker::init(Arena& arena) {
    const char* part = "cgroup search";
    pending_ = BoundedList<Pending>(arena.take<Pending>(part, limits::cgroup_pending_count_max));
    names_ = BoundedList<char>(arena.take<char>(part, limits::cgroup_pending_bytes));
}

void Walker::walk(const Ground& ground) {
    visited_count_ = 0;
    skipped_count_ = 0;
    container_overflow_count_ = 0;
    ground.watch.begin_search();
    ground.table.begin_search();
    for (std::size_t i = 0; i < ground.hierarchies.size(); ++i) {
        const std::uint32_t before = ground.table.overflow_count();
        Visit visit = {ground, ground.hierarchies[i], static_cast<std::uint8_t>(i), {}};
        walk_one(visit);
        container_overflow_count_ =
            std::max(container_overflow_count_, ground.table.overflow_count() - before);
    }
    ground.table.end_search(ground.now, skipped_count_ > 0);
    ground.watch.end_search();
}

void Walker::walk_one(Visit& visit) {
    const int root = visit.hierarchy.directory;
    pending_.clear();
    names_.clear();
    visit.ground.watch.add(root, visit.index, {}, false);
    list_children(visit, root, no_container, 1);
    visit_pending(visit);
}

void Walker::visit_pending(Visit& visit) {
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

bool Walker::walk_below(const Ground& ground, std::uint8_t hierarchy, std::string_view path) {
    Visit visit = {ground, ground.hierarchies[hierarchy], hierarchy, {}};
    Pending cgroup = {0, 0, no_container, 0};
    if (!visit.path.assign(path)) return false;
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
        if (++cgroup.depth > limits::cgroup_depth_max) {
            ++skipped_count_;
            return false;
        }
        visit.ends[cgroup.depth] = std::min(end, path.size());
        if (end == path.npos) break;
        cgroup.owner = owner_above(visit, path.substr(0, end), cgroup.owner);
    }
    cgroup.inode = status_of(visit.hierarchy.directory, visit.path.c_str()).st_ino;
    if (cgroup.inode == 0) return false;
    visited_count_ = 0;
    pending_.clear();
    names_.clear();
    visit_cgroup(visit, cgroup);
    visit_pending(visit);
    return cgroup.owner != no_container;
}

// The container that what lies below `path` belongs to, when what lies above it belongs to `owner`.
std::uint32_t Walker::owner_above(const Visit& visit, std::string_view path, std::uint32_t owner) {
    ContainerTable& table = visit.ground.table;
    if (is_runtime_of_container(path)) return no_container;
    ContainerId id;
    FixedText<limits::path_bytes> name;
    if (!container_of_path(path, visit.ground.rules, id) || !name.assign(path)) return owner;
    const std::uint64_t inode = status_of(visit.hierarchy.directory, name.c_str()).st_ino;
    const auto is_it = [&](std::uint32_t index) {
        return index != no_container && table[index].places[visit.index].inode == inode;
    };
    const std::uint32_t plain = table.find(id.view());
    if (is_it(plain) || owner == no_container) return is_it(plain) ? plain : owner;
    ContainerId whole;
    const bool fits =
        whole.assign(table[owner].id.view()) && whole.append(".") && whole.append(id.view());
    const std::uint32_t nested = fits ? table.find(whole.view()) : no_container;
    return is_it(nested) ? nested : owner;
}

void Walker::look_for_end(const Ground& ground, std::uint8_t hierarchy, std::string_view path) {
    ContainerId id;
    FixedText<limits::path_bytes> name;
    if (!container_of_path(path, ground.rules, id) || !name.assign(path)) return;
    const std::uint32_t index = ground.table.find(id.view());
    if (index == no_container) return;
    const Container& container = ground.table[index];
    const std::uint64_t inode =
        status_of(ground.hierarchies[hierarchy].directory, name.c_str()).st_ino;
    // What was removed may have had the name only.
    const CgroupPlace& place = container.places[hierarchy];
    if (place.inode == inode || ContainerTable::is_there(place)) return;
    if (container.home == hierarchy) {
        ground.table.end(index, ground.now.realtime_ns);
    } else {
        ground.table.drop_place(index, hierarchy);
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
    bool has_room = true;
    std::uint32_t owner = owner_of(visit, cgroup, is_own, has_room);
    if (!has_room) {
        close(directory);
        return;
    }
    if (!is_own && is_runtime_of_container(visit.path.view())) owner = no_container;
    ContainerTable& table = visit.ground.table;
    const bool is_home = owner != no_container && table[owner].home == visit.index;
    if (owner == no_container || is_home) {
        const bool has_events = is_own && visit.hierarchy.is_unified;
        visit.ground.watch.add(directory, visit.index, visit.path.view(), has_events);
    }
    list_children(visit, directory, owner, cgroup.depth + 1);
    if (owner == no_container || (!is_own && !is_home)) {
        close(directory);
        return;
    }
    table.keep(owner, visit.index, directory, visit.path.view(), cgroup.inode, is_own);
}

// Where a name is taken by another container, the parent's makes it one of its own.
std::uint32_t Walker::owner_of(Visit& visit, const Pending& cgroup, bool& is_own, bool& has_room) {
    ContainerId id;
    Runtime runtime = {};
    is_own = container_of_path(visit.path.view(), visit.ground.rules, id, &runtime);
    if (!is_own) return cgroup.owner;
    if (is_taken(visit.ground, id.view(), visit.index, cgroup.inode) &&
        !is_better(visit.ground, id.view(), runtime)) {
        const ContainerId child = id;
        const bool is_nested = cgroup.owner != no_container &&
                               id.assign(visit.ground.table[cgroup.owner].id.view()) &&
                               id.append(".") && id.append(child.view());
        if (!is_nested || is_taken(visit.ground, id.view(), visit.index, cgroup.inode)) {
            ++skipped_count_;
            is_own = false;
            return no_container;
        }
    }
    const std::uint32_t owner =
        take_container(visit.ground, id.view(), runtime, visit.index, cgroup.inode);
    is_own = owner != no_container;
    has_room = is_own;
    return owner;
}

void Walker::list_children(Visit& visit, int directory, std::uint32_t owner, std::uint32_t depth) {
    DirReader& dirs = visit.ground.dirs;
    (void)dirs.open(directory, ".");
    DirEntry entry;
    while (dirs.next(entry)) {
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
    const Status status = dirs.status();
    const bool has_ended = status == Status::absent || status == Status::gone;
    if (status != Status::ok && !has_ended) ++skipped_count_;
}

}  // namespace nma
