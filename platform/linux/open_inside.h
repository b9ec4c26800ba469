// Opens below a host's root what programs of that host wrote, without ever leaving it.
#pragma once

#include "platform/linux/host_root.h"

namespace nma {

// A descriptor for reading of the regular file, or the directory, at `path` below the root; -1 and
// errno on failure. Symbolic links on the way lead where they lead on that host (`/var/lib/docker`
// often is one to another disk), so an absolute one starts again at its root. The last part of the
// path must be none (ELOOP), and a file that is neither a regular one nor a directory is not
// opened (ENXIO): reading a device or a FIFO can do things.
//
// Kernels before 5.6 cannot resolve links inside of a root that is not ours. There, with
// --host-root elsewhere, a link on the way is an error (ELOOP), too.
int open_inside(const HostRoot& root, const char* path);

}  // namespace nma
