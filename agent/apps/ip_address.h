// An IP address, as it is written and as the kernel takes it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"

namespace nma {

using IpText = FixedText<46>;  // INET6_ADDRSTRLEN, with the NUL

struct IpAddress {
    bool is_ipv6 = false;
    std::uint8_t bytes[16] = {};  // network order; IPv4 has 4 of them, the rest is zero

    friend bool operator==(const IpAddress&, const IpAddress&) = default;

    // 0.0.0.0 or ::, which bind on all interfaces.
    bool is_unspecified() const;

    // Of one machine: not unspecified, no multicast, no broadcast. An IPv4 address in the clothes
    // of IPv6 (::ffff:0.0.0.0) is none either: it would pass for something that it is not.
    bool is_unicast() const;
};

// "198.51.100.1" or "fd00::1", without port, brackets or zone. False, and `address` untouched, on
// anything else: names are not looked up.
[[nodiscard]] bool parse_ip_address(std::string_view text, IpAddress& address);

// In the usual form, so that two ways to write an address look the same.
IpText ip_text(const IpAddress& address);

// For bind and sendto; gives the length of what it wrote.
socklen_t fill_socket_address(const IpAddress& address, std::uint16_t port,
                              sockaddr_storage& target);

}  // namespace nma
