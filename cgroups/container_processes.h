// What the readers of a container's processes have in common: the files /proc/PID/….
#pragma once

#include "cgroups/controller.h"

namespace nma {

// "4711/net/dev", below proc.
struct ProcessPath {
    char text[32];
};
ProcessPath process_path(std::uint32_t pid, const char* file);

// The text of /proc/PID/stat (proc(5)): "4 (comm) S 1 …". Its 22nd field is when the process was
// started, in ticks since boot. comm may hold anything, so fields are counted from the last ')'.
// Pure. ok or malformed: then `ticks` is untouched.
[[nodiscard]] Status scan_start_ticks(std::string_view text, std::uint64_t& ticks);

// Why the figures of all its processes together cannot be had; none when they can. limit_reached
// when it has more than limits::processes_per_container_max.
Reason reason_not_all(const ContainerReading& reading);

// Why none of its processes could be seen: they have ended, or proc hides those of other users.
Reason reason_unseen(const ContainerReading& reading);

// Why a figure of all of them cannot be had when `seen_count` were seen; none when the others have
// ended.
Reason reason_unseen_part(const ContainerReading& reading, std::size_t seen_count);

}  // namespace nma
