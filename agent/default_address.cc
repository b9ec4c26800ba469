// proc/net/route (fib_route_seq_show in the kernel's net/ipv4/fib_trie.c): after a header,
// "eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0": interface, destination, gateway, flags, …,
// metric (7th), mask (8th). Addresses are hexadecimal in the machine's byte order.
//
// proc/net/fib_trie: a tree of lines; "|-- 10.0.0.193" followed by "/32 host LOCAL" is an address
// of the host itself.
#include "agent/default_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::uint16_t any_port = 9;

bool source_towards(int family, const sockaddr* far, socklen_t far_bytes, AddressText& address) {
    const int probe = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    sockaddr_storage near = {};
    socklen_t near_bytes = sizeof near;
    const bool has_route = connect(probe, far, far_bytes) == 0 &&
                           getsockname(probe, reinterpret_cast<sockaddr*>(&near), &near_bytes) == 0;
    close(probe);
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes =
        family == AF_INET ? static_cast<const void*>(&reinterpret_cast<sockaddr_in&>(near).sin_addr)
                          : &reinterpret_cast<sockaddr_in6&>(near).sin6_addr;
    return has_route && inet_ntop(family, bytes, text, sizeof text) != nullptr &&
           address.assign(text);
}

struct Route {
    std::string_view interface;
    std::uint32_t destination = 0;  // as the kernel keeps it: network byte order in memory
    std::uint32_t mask = 0;
    std::uint64_t metric = 0;
};

bool take_hex(std::string_view& line, std::uint32_t& value) {
    const std::string_view word = take_word(line);
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    return !word.empty() && result.ec == std::errc() && result.ptr == word.data() + word.size();
}

bool parse_route(std::string_view line, Route& route) {
    std::uint32_t gateway = 0;
    std::uint32_t flags = 0;
    std::uint64_t ignored = 0;
    route.interface = take_word(line);
    return take_hex(line, route.destination) && take_hex(line, gateway) && take_hex(line, flags) &&
           take_u64(line, ignored) && take_u64(line, ignored) && take_u64(line, route.metric) &&
           take_hex(line, route.mask);
}

bool best_default_route(std::string_view text, Route& best) {
    bool is_found = false;
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        Route route;
        if (!parse_route(line, route) || route.mask != 0 || route.destination != 0) continue;
        if (!is_found || route.metric < best.metric) best = route;
        is_found = true;
    }
    return is_found;
}

bool is_in_subnet_of(std::string_view routes, std::string_view interface, std::uint32_t address) {
    LineCursor lines(routes);
    std::string_view line;
    while (lines.next(line)) {
        Route route;
        if (!parse_route(line, route) || route.interface != interface || route.mask == 0) continue;
        if ((address & route.mask) == route.destination) return true;
    }
    return false;
}

bool parse_address(std::string_view word, std::uint32_t& address) {
    FixedText<INET_ADDRSTRLEN> text;
    return text.assign(word) && inet_pton(AF_INET, text.c_str(), &address) == 1;
}

}  // namespace

bool own_default_address(AddressText& address) {
    // Addresses set aside for documentation: nobody's, so only the default route leads there.
    sockaddr_in far4 = {};
    far4.sin_family = AF_INET;
    far4.sin_port = htons(any_port);
    far4.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1, RFC 5737
    if (source_towards(AF_INET, reinterpret_cast<sockaddr*>(&far4), sizeof far4, address)) {
        return true;
    }
    sockaddr_in6 far6 = {};
    far6.sin6_family = AF_INET6;
    far6.sin6_port = htons(any_port);
    inet_pton(AF_INET6, "2001:db8::1", &far6.sin6_addr);  // RFC 3849
    return source_towards(AF_INET6, reinterpret_cast<sockaddr*>(&far6), sizeof far6, address);
}

bool find_default_address(std::string_view route, std::string_view fib_trie, AddressText& address) {
    Route best;
    if (!best_default_route(route, best)) return false;
    LineCursor lines(fib_trie);
    std::string_view line;
    std::string_view candidate;
    while (lines.next(line)) {
        const std::string_view first = take_word(line);
        if (first == "|--") candidate = take_word(line);
        std::uint32_t bytes = 0;
        const bool is_own =
            first == "/32" && take_word(line) == "host" && take_word(line) == "LOCAL";
        if (is_own && parse_address(candidate, bytes) &&
            is_in_subnet_of(route, best.interface, bytes)) {
            return address.assign(candidate);
        }
    }
    return false;
}

bool default_address(const HostRoot& root, FileReader& reader, AddressText& address) {
    if (root.is_own()) return own_default_address(address);
    static char routes[64 * 1024];  // the reader has one buffer, and two texts are needed at once
    FixedText<64> path;
    std::string_view text;
    const bool fits = path.assign(root.net_path()) && path.append("/route");
    if (!fits || reader.read(root.proc(), path.c_str(), text) != Status::ok) return false;
    const std::size_t route_bytes = text.copy(routes, sizeof routes);
    path.clear();
    const bool fits_too = path.append(root.net_path()) && path.append("/fib_trie");
    if (!fits_too || reader.read(root.proc(), path.c_str(), text) != Status::ok) return false;
    return find_default_address({routes, route_bytes}, text, address);
}

}  // namespace nma
