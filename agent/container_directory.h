// What the rooms of applications ask about containers, answered from the last reading and from who
// registered. All on the event loop's thread.
#pragma once

#include "agent/apps/container_questions.h"
#include "agent/apps/registry.h"
#include "cgroups/container_name.h"
#include "platform/base/arena.h"
#include "platform/linux/host_root.h"
#include "platform/metrics/snapshot.h"

namespace nma {

class ContainerDirectory {
  public:
    // For readings of that many living containers.
    void init(Arena& arena, std::size_t capacity);

    // All must outlive it. `registry` may be null.
    void start(const HostRoot& root, const NamingRules& rules, const Registry* registry);

    // The reading that counts from now on, until the next call.
    void publish(const Snapshot& snapshot);

    ContainerQuestions questions();

    // Null before the first reading, and when there is none of that ID. It may have ended.
    const ContainerEntry* find(std::string_view id) const;

    bool is_living(std::string_view id) const;

    // A container is registered before its cgroup is made.
    bool exists(std::string_view id) const;

  private:
    static bool container_of(void* self, std::string_view cgroup_text, ContainerIdText& id);
    static bool by_inode(void* self, std::uint64_t inode, ContainerIdText& id);
    static bool is_place_of(void* self, std::string_view controllers, std::string_view path,
                            std::string_view id);

    bool has_inode(const char* mount, std::string_view path, std::uint64_t inode) const;

    const HostRoot* root_ = nullptr;
    NamingRules rules_;
    const Registry* registry_ = nullptr;
    const Snapshot* snapshot_ = nullptr;

    // Of the reading's living containers, by inode. Where all of the host is cgroup version 2:
    // otherwise cgroups of different hierarchies have the same inodes.
    struct Place {
        std::uint64_t inode;
        std::uint32_t container;
    };
    std::span<Place> places_;
    std::size_t place_count_ = 0;
    bool is_unified_ = false;
};

}  // namespace nma
