// Everything by which the agent gives rights away, in the two steps in which it must be done.
// docs/security.md says what each part is good for.
#pragma once

#include <span>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/linux/landlock.h"
#include "platform/linux/privileges.h"

namespace nma {

// What it points to must live until the second step is done.
struct ConfinementOptions {
    std::string_view user;                                    // empty: stay who we are
    CapabilitySet capabilities = 0;                           // kept, of those that we have
    std::span<const WritableDirectory> writable_directories;  // for Landlock
    // The mount table of the /proc that is read, below this directory: see hidepid below.
    int proc = -1;
    const char* mountinfo_path = "/proc/self/mountinfo";
    bool has_seccomp = true;
    // Where the kernel has it, and no figure is lost by it: left out where /proc is mounted with
    // hidepid (landlock.h).
    bool has_landlock = true;
};

// What is in force, for a line of the log: "user nobody (65534), capabilities none, landlock 7".
using ConfinementReport = FixedText<512>;

// The first step: user, capabilities, no_new_privs, Landlock. After the sockets are bound and what
// only root may read is read, before any thread is made. False when it failed: `error` names the
// cause and the cure, and the caller must end.
bool confine_before_threads(const ConfinementOptions& options, ConfinementReport& report,
                            FixedText<256>& error);

// The second step: the filter of system calls, for all threads. When everything is there that
// lives as long as the agent: threads, sockets, libraries. Adds to `report`.
bool confine_at_last(const ConfinementOptions& options, ConfinementReport& report,
                     FixedText<256>& error);

}  // namespace nma
