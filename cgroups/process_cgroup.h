// In which container a process is, by its /proc/<pid>/cgroup (cgroups(7)): a line for each
// hierarchy, "<number>:<controllers>:<path>".
#pragma once

#include <string_view>

#include "cgroups/container_name.h"

namespace nma {

// Whether the cgroup at `path` of the hierarchy with these controllers ("" is version 2) is that
// container's, and not one that somebody gave the same name.
struct PlaceCheck {
    void* context = nullptr;
    bool (*is_place_of)(void* context, std::string_view controllers, std::string_view path,
                        std::string_view id) = nullptr;
};

// The innermost container on the way to the process' cgroup, in the first hierarchy in which there
// is one. False, and `id` undefined, when there is none in any, and for a container's runtime.
// Paths may be seen from a cgroup namespace ("/../../docker/<hash>").
//
// A container may make cgroups in its own, with any names: one in another's counts only when
// `check` says so, in any hierarchy; else the process is taken for the outer one's.
[[nodiscard]] bool container_of_process(std::string_view cgroup_text, const NamingRules& rules,
                                        const PlaceCheck& check, ContainerId& id);

}  // namespace nma
