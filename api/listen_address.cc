#include "api/listen_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view unix_prefix = "unix:";

bool refuse(FixedText<256>& error, std::string_view why) {
    error.clear();
    (void)error.append(why.substr(0, FixedText<256>::bytes_max));
    return false;
}

bool parse_unix(std::string_view path, ListenAddress& address, FixedText<256>& error) {
    address.kind = ListenAddress::Kind::unix_socket;
    if (!path.starts_with('/') || path.ends_with('/')) {
        return refuse(error, "the socket's path must be absolute: unix:/run/agent.sock");
    }
    if (path.find('\0') != path.npos || !address.path.assign(path)) {
        return refuse(error, "the socket's path is too long: the kernel takes 107 bytes");
    }
    return true;
}

bool parse_ip(std::string_view host, ListenAddress& address) {
    FixedText<64> text;
    if (!text.assign(host)) return false;
    const int family = address.kind == ListenAddress::Kind::ipv4 ? AF_INET : AF_INET6;
    return inet_pton(family, text.c_str(), address.bytes) == 1;
}

bool is_loopback(const ListenAddress& address) {
    if (address.kind == ListenAddress::Kind::ipv4) return address.bytes[0] == 127;
    return memcmp(address.bytes, &in6addr_loopback, sizeof address.bytes) == 0;
}

}  // namespace

bool parse_listen_address(std::string_view text, ListenAddress& address, FixedText<256>& error) {
    address = ListenAddress{};
    if (text.starts_with(unix_prefix)) {
        return parse_unix(text.substr(unix_prefix.size()), address, error);
    }
    constexpr const char* forms = "give 127.0.0.1:PORT, [::1]:PORT or unix:/path";
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return refuse(error, forms);
    std::string_view host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) {
        address.kind = ListenAddress::Kind::ipv6;
        host = host.substr(1, host.size() - 2);
    }
    std::uint64_t port = 0;
    if (!parse_u64(text.substr(colon + 1), port) || port > 65535) {
        return refuse(error, "the port must be a number from 0 to 65535");
    }
    address.port = static_cast<std::uint16_t>(port);
    if (!parse_ip(host, address)) return refuse(error, forms);
    if (!is_loopback(address)) {
        return refuse(
            error,
            "others could reach this address, and this version cannot ask for tokens yet; "
            "listen on 127.0.0.1, [::1] or a unix socket");
    }
    return true;
}

}  // namespace nma
