// Why figures are missing: what the full view says of a group of figures in its `missing`, and what
// `doctor` explains. A closed list.
#pragma once

#include <cstdint>

#include "platform/base/status.h"

namespace nma {

enum class Reason : std::uint8_t {
    none,                 // nothing is missing
    controller_disabled,  // the kernel has the controller, this host or this cgroup does not use it
    not_in_cgroup_v2,     // only version 1 has such figures
    no_permission,        // the file is there, the agent may not read it
    shared_netns,         // the container uses the host's network: its figures are the node's
    kernel_too_old,       // a newer kernel would have the file
    not_available,        // this kernel was built, or started, without it; or no such hardware
    timeout,              // nobody answered in time
    gone,                 // it ended before it could be read
    limit_reached,        // a limit of the agent's own; the configuration may raise it
    unreadable,           // the text is not what the kernel documents, or reading failed
};

inline constexpr int reason_count = 11;

// The word in the API and in documents. Never null.
const char* reason_name(Reason reason);

// What a failure to read means when nothing more is known. none for ok.
Reason reason_of(Status status);

// A group of figures ("memory", "memory.peak") that is missing. `group` has static lifetime.
struct MissingGroup {
    const char* group;
    Reason reason;
    std::uint8_t source = 0;  // index into the catalogue: which reader said so
};

}  // namespace nma
