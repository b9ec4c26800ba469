// Where to listen, as it is written in the configuration and on the command line.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"

namespace nma {

struct ListenAddress {
    enum class Kind : std::uint8_t { ipv4, ipv6, unix_socket };

    Kind kind = Kind::ipv4;
    std::uint16_t port = 0;       // 0: any free one
    std::uint8_t bytes[16] = {};  // of the IP address, in network order; 4 or 16 of them
    FixedText<108> path;          // of the unix socket; the kernel's limit, with the NUL
};

// "127.0.0.1:61092", "[::1]:61092" or "unix:/path". False, and `error` says what is wrong: among
// other things any TCP address that others could reach, for there is no authentication yet.
bool parse_listen_address(std::string_view text, ListenAddress& address, FixedText<256>& error);

}  // namespace nma
