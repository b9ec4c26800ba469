// How often the kernel found it hard to get memory for a container, by the levels of version 1's
// memory.pressure_level (Documentation/admin-guide/cgroup-v1/memory.rst, "Memory Pressure"). Nobody
// counts that but who listens: each level takes an eventfd for as long as the container is known.
//
// Listening is a change that others notice: an event that found a listener is not passed on to
// those of the cgroups above that asked for the kernel's default, "only when nobody below listens".
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "platform/base/arena.h"
#include "platform/base/status.h"

namespace nma {

class PressureLevels {
  public:
    // low, medium, critical. A critical event counts at all three, for each level's listeners hear
    // of what is worse, too.
    static constexpr std::size_t level_count = 3;
    using Counts = std::array<std::uint64_t, level_count>;

    using Slot = std::uint32_t;
    static constexpr Slot no_slot = 0;

    void init(Arena& arena, std::size_t container_count_max);

    // How many descriptors may be held; three for each container.
    void set_file_budget(std::size_t file_count_max) { file_count_max_ = file_count_max; }

    // Listens in a cgroup of the version 1 memory hierarchy, given by a descriptor of its directory
    // that may be closed afterwards (O_PATH will do). Events of the cgroups below count, too;
    // before Linux 4.13 only those that found no listener there. `slot` is untouched unless ok.
    // full: no more room or descriptors; denied: its cgroup.event_control may not be written;
    // absent: the kernel has no such events.
    Status open(int memory_cgroup, Slot& slot);

    // Events since open. Ask while the cgroup is there: its removal counts as an event.
    Counts read(Slot slot);

    void close(Slot slot);
    void close_all();

    std::size_t file_count() const { return used_count_ * level_count; }

  private:
    struct Listener {
        std::int32_t event_plus_one[level_count];  // eventfds; all 0: free
        std::uint64_t count[level_count];
    };

    std::span<Listener> listeners_;
    std::size_t used_count_ = 0;
    std::size_t next_ = 0;  // where to look for a free one
    std::size_t file_count_max_ = 0;
};

}  // namespace nma
