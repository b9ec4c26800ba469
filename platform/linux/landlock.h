// Takes the right to change files away from us and our threads, by the kernel's Landlock
// (Documentation/userspace-api/landlock.rst): everything may still be read, and what is open stays
// usable. Programs cannot be started. Network and signals are left as they are.
//
// It has a side effect. What takes the right to trace a process (ptrace(2), "access mode checks")
// is refused for every process that is not under the same rules, root's too: the links in
// /proc/PID/ns, /proc/PID/io, and, on a /proc that is mounted with hidepid, the sight of the
// process itself.
#pragma once

#include <cstdint>
#include <span>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

// A directory below which files may still be changed, and in which way.
struct WritableDirectory {
    FixedText<512> path;          // absolute; one that does not exist is passed over
    bool allows_writing = false;  // to files that are there
    bool allows_removal = false;  // of files and sockets
    bool allows_making = false;   // of files, to be written, renamed and removed
};

// For this thread and those that it makes from now on; needs no_new_privs. `version` is that of
// the rules in force, 1 to 7; newer kernels keep these. absent: this kernel has none, or they are
// switched off; nothing changed.
Status restrict_writing(std::span<const WritableDirectory> directories, int& version);

// Whether processes on this /proc would vanish from our sight: it is mounted with hidepid, which
// asks for the right to trace.
bool does_proc_hide_processes(int directory, const char* mountinfo_path);

}  // namespace nma
