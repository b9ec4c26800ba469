// What applications' figures need to know of containers: asked of whoever finds containers.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

using ContainerIdText = FixedText<limits::name_bytes_max + 1>;

// What is known of where a packet's sender is. Only of who is surely outside of all containers may
// it be believed that it speaks for one.
enum class SenderPlace : std::uint8_t {
    container,  // that one, whatever the packet says
    outside,    // in none
    unknown,    // it may be in any: the packet is nobody's
};

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
