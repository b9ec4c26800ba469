// The file of a unix socket: which one it is, so that only ours is removed.
#pragma once

#include <sys/types.h>

namespace nma {

// All zero is none.
struct SocketFile {
    dev_t device = 0;
    ino_t inode = 0;
};

// The socket at `path`, no link to one; none when there is none.
SocketFile find_socket_file(const char* path);

// Removes it, if it is still that one.
void remove_socket_file(const char* path, const SocketFile& file);

}  // namespace nma
