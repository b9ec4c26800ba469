// Searches the hierarchies for containers.
#pragma once

#include <cstdint>
#include <span>

#include "cgroups/change_watch.h"
#include "cgroups/container_name.h"
#include "cgroups/container_table.h"
#include "cgroups/hierarchy.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/linux/dir_reader.h"

namespace nma {

class Walker {
  public:
    void init(Arena& arena);

    // What a walk works on.
    struct Ground {
        std::span<const Hierarchy> hierarchies;
        const NamingRules& rules;
        DirReader& dirs;
        ChangeWatch& watch;
        ContainerTable& table;
        Instants now;
    };

    // A search of all hierarchies: afterwards `table` has the containers that there are, those that
    // are gone have ended, and the cgroups whose children matter are watched.
    void walk(const Ground& ground);

    // Looks at the cgroup at `path`, which was just made, and at all below it. True when it lies in
    // a container: those are watched in one hierarchy only.
    bool walk_below(const Ground& ground, std::uint8_t hierarchy, std::string_view path);

    // Looks whether the cgroup at `path` is still there; if it was a container's and is not, the
    // container has ended.
    static void look_for_end(const Ground& ground, std::uint8_t hierarchy, std::string_view path);

    // Cgroups that were too many, too deep or had names too long, since the last search began.
    std::uint32_t skipped_count() const { return skipped_count_; }

    // Containers that had no room in the table, the same.
    std::uint32_t container_overflow_count() const { return container_overflow_count_; }

  private:
    // A listed cgroup that still has to be visited.
    struct Pending {
        std::uint64_t inode;
        std::uint32_t name_bytes;  // at the end of names_
        std::uint32_t owner;       // the container that it is in
        std::uint32_t depth;
    };
    struct Visit;

    void walk_one(Visit& visit);
    void visit_pending(Visit& visit);
    void visit_cgroup(Visit& visit, const Pending& cgroup);
    std::uint32_t owner_of(Visit& visit, const Pending& cgroup, bool& is_own, bool& has_room);
    static std::uint32_t owner_above(const Visit& visit, std::string_view path,
                                     std::uint32_t owner);
    void list_children(Visit& visit, int directory, std::uint32_t owner, std::uint32_t depth);

    BoundedList<Pending> pending_;
    BoundedList<char> names_;
    std::uint32_t visited_count_ = 0;
    std::uint32_t skipped_count_ = 0;
    std::uint32_t container_overflow_count_ = 0;
};

}  // namespace nma
