// Listening sockets of our own, so that TCP and unix sockets are opened alike and with our options.
#pragma once

#include "api/listen_address.h"

namespace nma {

// A socket that listens on `address`; -1, and `error` says why. The file of a unix socket gets mode
// 0660; one that was left behind is replaced when nobody answers on it any more.
int open_listen_socket(const ListenAddress& address, FixedText<256>& error);

// As it was bound: "http://127.0.0.1:61092", "http://[::1]:61092" or "unix:/path".
FixedText<256> describe_listen_socket(int socket, const ListenAddress& address);

}  // namespace nma
