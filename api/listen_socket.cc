#include "api/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/unix_socket.h"
#include "platform/linux/listen_fds.h"

namespace nma {

namespace {

using Kind = ListenAddress::Kind;

constexpr int backlog = 128;

union AnyAddress {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_un unix_socket;
};

socklen_t fill(const ListenAddress& address, AnyAddress& target) {
    memset(&target, 0, sizeof target);
    if (address.kind == Kind::ipv4) {
        target.ipv4.sin_family = AF_INET;
        target.ipv4.sin_port = htons(address.port);
        memcpy(&target.ipv4.sin_addr, address.bytes, 4);
        return sizeof target.ipv4;
    }
    target.ipv6.sin6_family = AF_INET6;
    target.ipv6.sin6_port = htons(address.port);
    memcpy(&target.ipv6.sin6_addr, address.bytes, 16);
    return sizeof target.ipv6;
}

void take_unix_path(const AnyAddress& bound, socklen_t bytes, ListenAddress& address) {
    constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
    const std::size_t path_bytes = bytes > path_offset ? bytes - path_offset : 0;
    std::string_view path(bound.unix_socket.sun_path, path_bytes);
    if (path.starts_with('\0')) {  // no file, an abstract name
        (void)address.path.append("@");
        path.remove_prefix(1);
    } else {
        path = path.substr(0, path.find('\0'));
    }
    (void)address.path.append(path.substr(0, address.path.bytes_max - address.path.size()));
}

// What the kernel says the socket is bound to. False for families that we do not know.
bool read_bound(int fd, ListenAddress& address) {
    AnyAddress bound;
    memset(&bound, 0, sizeof bound);
    socklen_t bytes = sizeof bound;
    if (getsockname(fd, &bound.any, &bytes) != 0) return false;
    address = ListenAddress{};
    switch (bound.any.sa_family) {
        case AF_INET:
            address.kind = Kind::ipv4;
            address.port = ntohs(bound.ipv4.sin_port);
            memcpy(address.bytes, &bound.ipv4.sin_addr, 4);
            return true;
        case AF_INET6:
            address.kind = Kind::ipv6;
            address.port = ntohs(bound.ipv6.sin6_port);
            memcpy(address.bytes, &bound.ipv6.sin6_addr, 16);
            return true;
        case AF_UNIX:
            address.kind = Kind::unix_socket;
            take_unix_path(bound, bytes, address);
            return true;
        default:
            return false;
    }
}

bool open_tcp(const ListenAddress& address, ListenSocket& made, ListenError& error) {
    AnyAddress target;
    const socklen_t bytes = fill(address, target);
    const int fd = socket(target.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return refuse_listener(error, "no socket: %s", strerror(errno));
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (target.any.sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    made.fd = fd;
    if (bind(fd, &target.any, bytes) == 0 && listen(fd, backlog) == 0 &&
        read_bound(fd, made.address)) {
        return true;
    }
    refuse_listener(error, "cannot bind: %s", strerror(errno));
    close(fd);
    return false;
}

bool refuse_systemd(Status status, const char* name, ListenError& error) {
    if (status == Status::full) {
        return refuse_listener(error,
                               "systemd handed over several sockets named %s; give each a "
                               "FileDescriptorName= of its own, or write its position (systemd:0)",
                               name);
    }
    if (status == Status::malformed) {
        return refuse_listener(error, "LISTEN_PID or LISTEN_FDS is not what systemd sets");
    }
    return refuse_listener(error,
                           "systemd handed over no socket %s; is the socket unit started, with "
                           "Service= this service and FileDescriptorName= this name?",
                           name);
}

bool take_systemd(const ListenAddress& address, ListenSocket& made, ListenError& error) {
    const char* name = address.name.c_str();
    int fd = -1;
    const Status found =
        find_listen_fd(read_listen_fds_environment(), getpid(), address.name.view(), fd);
    if (found != Status::ok) return refuse_systemd(found, name, error);
    if (adopt_listen_fd(fd) != Status::ok || !read_bound(fd, made.address)) {
        return refuse_listener(error,
                               "systemd's socket %s does not listen for streams of TCP or unix "
                               "sockets; use ListenStream= and Accept=no in its unit",
                               name);
    }
    made.fd = fd;
    return true;
}

}  // namespace

bool open_listen_socket(const ListenerOptions& options, ListenSocket& socket, ListenError& error) {
    ListenSocket made;
    bool is_open = false;
    switch (options.address.kind) {
        case Kind::ipv4:
        case Kind::ipv6:
            is_open = open_tcp(options.address, made, error);
            break;
        case Kind::unix_socket:
            is_open = open_unix_socket(options, made, error);
            break;
        case Kind::systemd:
            is_open = take_systemd(options.address, made, error);
            break;
    }
    if (is_open) socket = made;
    return is_open;
}

void close_listen_socket(ListenSocket& socket) {
    if (socket.fd < 0) return;
    remove_unix_socket(socket);
    close(socket.fd);
    socket = ListenSocket{};
}

FixedText<256> describe_listen_socket(const ListenSocket& socket, bool is_tls) {
    FixedText<256> text;
    char url[FixedText<256>::bytes_max];
    const ListenAddress& address = socket.address;
    if (address.kind == Kind::unix_socket) {
        snprintf(url, sizeof url, "unix:%s", address.path.c_str());
    } else {
        char host[INET6_ADDRSTRLEN] = "";
        const bool is_ipv4 = address.kind == Kind::ipv4;
        inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address.bytes, host, sizeof host);
        snprintf(url, sizeof url, is_ipv4 ? "%s://%s:%u" : "%s://[%s]:%u",
                 is_tls ? "https" : "http", host, address.port);
    }
    (void)text.assign(url);
    return text;
}

}  // namespace nma
