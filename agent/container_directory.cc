#include "agent/container_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cgroups/process_cgroup.h"

namespace nma {

void ContainerDirectory::init(Arena& arena, std::size_t capacity) {
    places_ = arena.take<Place>("inodes of containers", capacity);
}

void ContainerDirectory::start(const HostRoot& root, const NamingRules& rules,
                               const Registry* registry) {
    root_ = &root;
    rules_ = rules;
    registry_ = registry;
    is_unified_ = faccessat(root.sys(), "fs/cgroup/cgroup.controllers", F_OK, 0) == 0;
}

void ContainerDirectory::publish(const Snapshot& snapshot) {
    snapshot_ = &snapshot;
    place_count_ = is_unified_ ? std::min<std::size_t>(snapshot.living_count, places_.size()) : 0;
    for (std::size_t i = 0; i < place_count_; ++i)
        places_[i] = {snapshot.containers[i].inode, static_cast<std::uint32_t>(i)};
    std::sort(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(place_count_),
              [](const Place& a, const Place& b) { return a.inode < b.inode; });
}

ContainerQuestions ContainerDirectory::questions() {
    return {this, container_of,
            [](void* self, std::string_view id) {
                return static_cast<const ContainerDirectory*>(self)->exists(id);
            },
            by_inode};
}

const ContainerEntry* ContainerDirectory::find(std::string_view id) const {
    return snapshot_ == nullptr ? nullptr : snapshot_->find_container(id);
}

bool ContainerDirectory::is_living(std::string_view id) const {
    const ContainerEntry* entry = find(id);
    return entry != nullptr && !entry->is_exited();
}

bool ContainerDirectory::exists(std::string_view id) const {
    return is_living(id) || (registry_ != nullptr && registry_->find(id) != nullptr);
}

bool ContainerDirectory::container_of(void* self, std::string_view cgroup_text,
                                      ContainerIdText& id) {
    const auto& directory = *static_cast<const ContainerDirectory*>(self);
    return container_of_process(cgroup_text, directory.rules_, {self, is_place_of}, id);
}

bool ContainerDirectory::by_inode(void* self, std::uint64_t inode, ContainerIdText& id) {
    const auto& directory = *static_cast<const ContainerDirectory*>(self);
    const std::span<const Place> places = directory.places_.first(directory.place_count_);
    const auto place =
        std::lower_bound(places.begin(), places.end(), inode,
                         [](const Place& a, std::uint64_t wanted) { return a.inode < wanted; });
    if (place == places.end() || place->inode != inode || inode == 0) return false;
    const Snapshot& snapshot = *directory.snapshot_;
    return id.assign(snapshot.text(snapshot.containers[place->container].id));
}

bool ContainerDirectory::is_place_of(void* self, std::string_view controllers,
                                     std::string_view path, std::string_view id) {
    const auto& directory = *static_cast<const ContainerDirectory*>(self);
    const ContainerEntry* entry = directory.find(id);
    if (entry == nullptr || entry->is_exited()) return false;
    if (controllers.empty()) {
        return directory.has_inode("fs/cgroup", path, entry->inode) ||
               directory.has_inode("fs/cgroup/unified", path, entry->inode);
    }
    constexpr std::string_view named = "name=";
    if (controllers.starts_with(named)) controllers.remove_prefix(named.size());
    FixedText<128> mount;
    return mount.assign("fs/cgroup/") && mount.append(controllers) &&
           directory.has_inode(mount.c_str(), path, entry->inode);
}

bool ContainerDirectory::has_inode(const char* mount, std::string_view path,
                                   std::uint64_t inode) const {
    FixedText<limits::path_bytes> whole;
    struct stat found = {};
    return whole.assign(mount) && whole.append(path) &&
           fstatat(root_->sys(), whole.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           found.st_ino == inode;
}

}  // namespace nma
