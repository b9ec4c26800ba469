// A server whose loop runs in a thread of its own, and a client's view of it.
#pragma once

#include "api/server.h"

namespace nma::test {

// A listener on this address that asks nobody who they are.
ListenerOptions listener_on(const char* address);

// Listens and serves the small catalogue. One at a time.
void server_start(const char* listen, const ServerOptions& options);
void server_start(const ListenerOptions& listener, const ServerOptions& options);
void server_start(std::span<const ListenerOptions> listeners, const AuthOptions& auth,
                  const ServerOptions& options);
void server_stop();

// Makes the server answer from `snapshot` from now on; done when it returns.
void server_publish(const Snapshot& snapshot);

// Does `work` on the server's thread, between two rounds of its loop.
void server_do(void (*work)(Server& server));

// Lets the loop go round a few times: what clients did before was seen then, and its consequences.
void server_settle();

// As it was bound. Good until the next call for the same index.
std::string_view server_address(std::size_t index = 0);

// Connects a socket of one's own to the first listener, which is on 127.0.0.1.
void server_connect(int socket);

// Reads keys anew, on the server's thread.
bool server_load_auth(const AuthOptions& auth, AuthError& error);

// For what no client sees. Not while a request is on its way.
Server& server_itself();

}  // namespace nma::test
