// The file of a unix socket, made so that nobody ever reaches it who should not, and nothing is
// removed that others need.
#pragma once

#include "api/listen_socket.h"

namespace nma {

// As open_listen_socket, for addresses of kind unix_socket. The file has the owner, group and mode
// of `options` before anybody can connect. What a dead process left behind is replaced; a socket on
// which somebody listens, and what is no socket (a symbolic link among that), is not.
bool open_unix_socket(const ListenerOptions& options, ListenSocket& socket, ListenError& error);

// The IDs of the names in `options`; unchanged where none is given. False, and `error` says which
// the system does not know.
bool find_socket_owner(const ListenerOptions& options, uid_t& uid, gid_t& gid, ListenError& error);

// Removes the file if it is the one that open_unix_socket made.
void remove_unix_socket(const ListenSocket& socket);

}  // namespace nma
