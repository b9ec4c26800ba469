// What applications' figures need to know of containers: asked of whoever finds containers.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

using ContainerIdText = FixedText<limits::name_bytes_max + 1>;

// Functions that are not there say no. All are called on the event loop's thread.
struct ContainerQuestions {
    void* context = nullptr;

    // The container that a process is in whose /proc/<pid>/cgroup reads so. `id` may be changed
    // also when there is none.
    bool (*container_of)(void* context, std::string_view cgroup_text,
                         ContainerIdText& id) = nullptr;

    // Whether a container of that ID lives.
    bool (*exists)(void* context, std::string_view id) = nullptr;

    // The container whose cgroup has that inode.
    bool (*by_inode)(void* context, std::uint64_t inode, ContainerIdText& id) = nullptr;
};

}  // namespace nma
