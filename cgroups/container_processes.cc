#include "cgroups/container_processes.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/base/text_cursor.h"

namespace nma {

ProcessPath process_path(std::uint32_t pid, const char* file) {
    ProcessPath path;
    snprintf(path.text, sizeof path.text, "%u/%s", pid, file);
    return path;
}

Status scan_start_ticks(std::string_view text, std::uint64_t& ticks) {
    constexpr int fields_before = 19;  // from the state, the third, on
    std::string_view line;
    if (!single_line(text, line)) return Status::malformed;
    const std::size_t bracket = line.rfind(')');
    if (bracket == line.npos) return Status::malformed;
    line.remove_prefix(bracket + 1);
    for (int i = 0; i < fields_before; ++i)
        take_word(line);
    return take_u64(line, ticks) ? Status::ok : Status::malformed;
}

Reason reason_not_all(const ContainerReading& reading) {
    if (reading.pids_status != Status::ok) return reason_of(reading.pids_status);
    const PidList& pids = reading.pids;
    if (pids.count == 0) return Reason::gone;
    if (pids.count > pids.first.size()) return Reason::limit_reached;
    // Processes of a pid namespace that we are not in show as 0, which is not kept.
    const bool is_whole = pids.first[static_cast<std::size_t>(pids.count) - 1] != 0;
    return is_whole ? Reason::none : Reason::not_available;
}

// Where proc hides processes it hides process 1 first.
Reason reason_unseen(const ContainerReading& reading) {
    if (reading.pids.count > 0 && reading.pids.first[0] == 0) return Reason::not_available;
    const HostRoot& root = reading.host.root;
    const bool is_hidden = root.is_live() && faccessat(root.proc(), "1/stat", F_OK, 0) != 0;
    return is_hidden ? Reason::no_permission : Reason::gone;
}

Reason reason_unseen_part(const ContainerReading& reading, std::size_t seen_count) {
    if (seen_count == reading.pids.count) return Reason::none;
    const Reason reason = reason_unseen(reading);
    return seen_count > 0 && reason == Reason::gone ? Reason::none : reason;
}

}  // namespace nma
