// The mounted hierarchies, open for reading.
#pragma once

#include <span>

#include "cgroups/mounts.h"

namespace nma {

struct Hierarchy {
    int directory = -1;  // O_PATH descriptor of the mount point
    bool is_unified = false;
    SubsystemSet subsystems = 0;
};

// The index of the hierarchy that has `subsystem`; at most one does. all.size() when none has.
std::size_t hierarchy_of(std::span<const Hierarchy> all, Subsystem subsystem);

class Hierarchies {
  public:
    // Finds and opens them; what was open is closed first. In the order in which they are good at
    // telling a container's processes: the first that has a container is its home. absent when
    // there is none.
    Status open(const HostContext& context);
    void close();

    std::span<const Hierarchy> all() const { return {items_, count_}; }

  private:
    Hierarchy items_[limits::cgroup_hierarchy_count_max] = {};
    std::size_t count_ = 0;
};

}  // namespace nma
