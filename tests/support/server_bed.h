// A server whose loop runs in a thread of its own, and a client's view of it.
#pragma once

#include "api/server.h"

namespace nma::test {

// Listens on `listen` and serves the small catalogue. One at a time.
void server_start(const char* listen, const ServerOptions& options);
void server_stop();

// Makes the server answer from `snapshot` from now on; done when it returns.
void server_publish(const Snapshot& snapshot);

// As it was bound.
std::string_view server_address();

// For what no client sees. Not while a request is on its way.
Server& server_itself();

}  // namespace nma::test
