#include "api/listen_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view systemd_prefix = "systemd:";
constexpr const char* forms =
    "give ADDRESS:PORT (such as 127.0.0.1:61092 or [::1]:61092), unix:/path, or systemd:NAME";

bool parse_unix(std::string_view path, ListenAddress& address, ListenError& error) {
    address.kind = ListenAddress::Kind::unix_socket;
    if (!path.starts_with('/') || path.ends_with('/')) {
        return refuse_listener(error, "the socket's path must be absolute: unix:/run/agent.sock");
    }
    if (path.find('\0') != path.npos || !address.path.assign(path)) {
        return refuse_listener(error, "the socket's path is too long: the kernel takes 107 bytes");
    }
    return true;
}

// Names are as systemd takes them: printable, without colons (sd_listen_fds_with_names).
bool parse_systemd(std::string_view name, ListenAddress& address, ListenError& error) {
    address.kind = ListenAddress::Kind::systemd;
    bool is_good = !name.empty() && address.name.assign(name);
    for (const char c : name)
        is_good = is_good && c > ' ' && c < 0x7f && c != ':';
    return is_good ||
           refuse_listener(error,
                           "name the socket as FileDescriptorName= does in its unit, or give its "
                           "position or path: systemd:metrics, systemd:0 or systemd:/run/a.sock");
}

bool parse_ip(std::string_view host, ListenAddress& address) {
    FixedText<64> text;
    if (host.find('\0') != host.npos || !text.assign(host)) return false;
    const int family = address.kind == ListenAddress::Kind::ipv4 ? AF_INET : AF_INET6;
    return inet_pton(family, text.c_str(), address.bytes) == 1;
}

}  // namespace

bool parse_listen_address(std::string_view text, ListenAddress& address, ListenError& error) {
    address = ListenAddress{};
    if (text.starts_with(unix_prefix)) {
        return parse_unix(text.substr(unix_prefix.size()), address, error);
    }
    if (text.starts_with(systemd_prefix)) {
        return parse_systemd(text.substr(systemd_prefix.size()), address, error);
    }
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return refuse_listener(error, "%s", forms);
    std::string_view host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) {
        address.kind = ListenAddress::Kind::ipv6;
        host = host.substr(1, host.size() - 2);
    }
    std::uint64_t port = 0;
    if (!parse_u64(text.substr(colon + 1), port) || port > 65535) {
        return refuse_listener(error, "the port must be a number from 0 to 65535");
    }
    address.port = static_cast<std::uint16_t>(port);
    return parse_ip(host, address) || refuse_listener(error, "%s", forms);
}

bool is_local(const ListenAddress& address) {
    switch (address.kind) {
        case ListenAddress::Kind::ipv4:
            return address.bytes[0] == 127;
        case ListenAddress::Kind::ipv6:
            return memcmp(address.bytes, &in6addr_loopback, sizeof address.bytes) == 0;
        case ListenAddress::Kind::unix_socket:
            return true;
        case ListenAddress::Kind::systemd:
            return false;
    }
    return false;
}

}  // namespace nma
