// Who is at the other end of a unix socket, as the kernel noted it when they connected (unix(7)).
#pragma once

#include <sys/types.h>

#include "api/listener_options.h"

namespace nma {

// False when the kernel does not say.
bool read_peer_uid(int fd, uid_t& uid);

// Whether the list has the process's user, its group, or one of its further groups. Kernels before
// 4.13 do not tell further groups; there only the first two count.
bool peer_is_allowed(int fd, const PeerList& peers);

}  // namespace nma
