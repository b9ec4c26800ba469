#include "agent/apps/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>

namespace nma {

namespace {

constexpr std::uint8_t ipv4_multicast_first = 224;  // 224.0.0.0/4, and 240.0.0.0/4 behind it

bool is_mapped_ipv4(const std::uint8_t* bytes) {
    constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

}  // namespace

bool IpAddress::is_unspecified() const {
    return std::all_of(bytes, bytes + sizeof bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_unicast() const {
    if (is_unspecified()) return false;
    if (is_ipv6) return bytes[0] != 0xff && !is_mapped_ipv4(bytes);
    return bytes[0] != 0 && bytes[0] < ipv4_multicast_first;
}

bool parse_ip_address(std::string_view text, IpAddress& address) {
    IpText copy;  // inet_pton wants a NUL, and would stop at one inside
    if (text.find('\0') != text.npos || !copy.assign(text)) return false;
    IpAddress found;
    found.is_ipv6 = text.find(':') != text.npos;
    if (inet_pton(found.is_ipv6 ? AF_INET6 : AF_INET, copy.c_str(), found.bytes) != 1) return false;
    address = found;
    return true;
}

IpText ip_text(const IpAddress& address) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(address.is_ipv6 ? AF_INET6 : AF_INET, address.bytes, text, sizeof text);
    IpText result;
    (void)result.assign(text);
    return result;
}

socklen_t fill_socket_address(const IpAddress& address, std::uint16_t port,
                              sockaddr_storage& target) {
    memset(&target, 0, sizeof target);
    if (address.is_ipv6) {
        sockaddr_in6 ipv6 = {};
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = htons(port);
        memcpy(&ipv6.sin6_addr, address.bytes, sizeof ipv6.sin6_addr);
        memcpy(&target, &ipv6, sizeof ipv6);
        return sizeof ipv6;
    }
    sockaddr_in ipv4 = {};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    memcpy(&ipv4.sin_addr, address.bytes, sizeof ipv4.sin_addr);
    memcpy(&target, &ipv4, sizeof ipv4);
    return sizeof ipv4;
}

}  // namespace nma
