// Listening sockets of our own, so that all kinds are opened alike and with our options.
#pragma once

#include "api/listener_options.h"
#include "platform/linux/socket_file.h"

namespace nma {

struct ListenSocket {
    int fd = -1;
    ListenAddress address;  // as it was bound; never of kind systemd

    SocketFile file;  // that we made for a unix socket; it goes when the socket goes
};

// A socket that listens, never blocks and is not inherited. False, and `error` says why, and the
// cure.
bool open_listen_socket(const ListenerOptions& options, ListenSocket& socket, ListenError& error);

// Stops listening. Removes the file of a unix socket that we made, if it is still that one.
void close_listen_socket(ListenSocket& socket);

// As it was bound: "http://127.0.0.1:61092", "https://[::1]:61092" or "unix:/path".
FixedText<256> describe_listen_socket(const ListenSocket& socket, bool is_tls);

}  // namespace nma
