// A listener and who may speak to it.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "api/listen_address.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

enum class AuthMode : std::uint8_t {
    token,  // each request brings a token
    none,   // everybody who reaches it; unix sockets and loopback only
    peer,   // unix sockets only: the kernel says who connected
};

enum class ListenerService : std::uint8_t {
    metrics,
    registration,  // containers are registered here; by programs that can send no token
};

// User and group IDs that a `peer` listener serves; a process is served by its user, its group, or
// one of its further groups.
struct PeerList {
    static constexpr std::size_t count_max = 16;

    uid_t uids[count_max] = {};
    std::size_t uid_count = 0;
    gid_t gids[count_max] = {};
    std::size_t gid_count = 0;
};

// PEM files. Empty: none.
struct TlsFiles {
    FixedText<256> certificate;  // the chain, the server's own first; no file, no TLS
    FixedText<256> key;
    FixedText<256> client_ca;  // clients may show certificates of these; their name is a uid
};

struct ListenerOptions {
    ListenAddress address;
    ListenerService service = ListenerService::metrics;
    AuthMode auth = AuthMode::token;
    PeerList peers;
    TlsFiles tls;

    // Of a unix socket's file. Names or numbers; empty: as it was made.
    FixedText<64> owner;
    FixedText<64> group;
    mode_t mode = 0660;

    unsigned connection_count_max = 64;
    unsigned connections_per_address_max = 16;  // not of unix sockets
    unsigned header_bytes_max = 16 * 1024;
    std::uint32_t idle_s_max = 30;     // until a connection's next request is there as a whole
    std::uint32_t request_s_max = 30;  // from then until its answer was taken
};

// Whether this may be listened on: `auth` must suit the address and the service. Of systemd's
// socket the address is known once it was looked at; then ask again. False, and `error` says what
// to do.
bool check_listener(const ListenerOptions& options, ListenError& error);

// Whether tokens come over a network readably. `options.address` is as it was bound.
bool shows_tokens(const ListenerOptions& options);

}  // namespace nma
