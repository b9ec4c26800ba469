// Where the hierarchies of cgroups are mounted. The only place that knows libcgroup, which is
// asked for mount points and nothing else: it cannot read all statistics of all versions.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/metrics/collector.h"

namespace nma {

// The kernel's controllers of which we read files. `pressure` is none of them: every cgroup of
// version 2 has its files, also where version 1 has all controllers.
enum class Subsystem : std::uint8_t { pids, memory, cpuacct, cpu, io, hugetlb, pressure };
inline constexpr std::size_t subsystem_count = 7;

using SubsystemSet = std::uint8_t;  // bit per Subsystem
inline constexpr SubsystemSet all_subsystems = (1U << subsystem_count) - 1;

struct CgroupMount {
    FixedText<512> path;      // below the host's root, without a leading slash
    FixedText<16> device;     // "0:29": tells two mounts of one hierarchy; empty when not known
    bool is_unified = false;  // version 2
    bool is_whole = true;     // shows the hierarchy from its root, not a part of it
    SubsystemSet subsystems = 0;
};

struct CgroupMounts {
    CgroupMount items[limits::cgroup_hierarchy_count_max];
    std::size_t count = 0;
    bool from_libcgroup = false;
    std::uint32_t overflow_count = 0;
};

// Version 1 hierarchies with one of our subsystems, and the unified one with those that no
// version 1 hierarchy has. absent when there is none.
Status find_cgroup_mounts(const HostContext& context, CgroupMounts& mounts);

// The text of a mountinfo file (proc(5)). Pure; lines that make no sense are passed over.
void scan_cgroup_mounts(std::string_view text, CgroupMounts& mounts);

}  // namespace nma
