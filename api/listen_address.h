// Where to listen, as it is written in the configuration and on the command line.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/listen_error.h"
#include "platform/base/fixed_text.h"

namespace nma {

struct ListenAddress {
    enum class Kind : std::uint8_t { ipv4, ipv6, unix_socket, systemd };

    Kind kind = Kind::ipv4;
    std::uint16_t port = 0;       // 0: any free one
    std::uint8_t bytes[16] = {};  // of the IP address, in network order; 4 or 16 of them
    FixedText<108> path;          // of the unix socket; the kernel's limit, with the NUL
    FixedText<256> name;          // of systemd's socket, or its position from 0, or its path
};

// "192.0.2.7:61092", "[2001:db8::7]:61092", "unix:/path", "systemd:NAME" or "systemd:0". False,
// and `error` says what is wrong.
bool parse_listen_address(std::string_view text, ListenAddress& address, ListenError& error);

// Whether nobody but this machine reaches it: 127.0.0.0/8, ::1 and unix sockets. IPv4 addresses in
// IPv6 (::ffff:127.0.0.1) are taken for reachable; systemd's socket is, until it was looked at.
bool is_local(const ListenAddress& address);

}  // namespace nma
