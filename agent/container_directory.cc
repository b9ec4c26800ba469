#include "agent/container_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cgroups/process_cgroup.h"

namespace nma {

void ContainerDirectory::start(const HostRoot& root, const NamingRules& rules,
                               const Registry* registry) {
    root_ = &root;
    rules_ = rules;
    registry_ = registry;
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
    const Snapshot* snapshot = static_cast<const ContainerDirectory*>(self)->snapshot_;
    if (snapshot == nullptr || inode == 0) return false;
    for (std::size_t i = 0; i < snapshot->living_count; ++i) {
        const ContainerEntry& entry = snapshot->containers[i];
        if (entry.inode == inode) return id.assign(snapshot->text(entry.id));
    }
    return false;
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
