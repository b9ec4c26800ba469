// The system calls that the agent needs once it is up, and no others (seccomp(2)). What is not in
// the list fails with ENOSYS, as on an older kernel; what only hostile code would call, such as
// starting a program or tracing a process, ends the agent at once. There is no way back.
#pragma once

#include "platform/base/status.h"

namespace nma {

// For all threads of the process, those that run already, too; needs no_new_privs. absent: the
// kernel has no filters; nothing changed. io_error: it refused ours.
Status filter_system_calls();

}  // namespace nma
