#include "api/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace nma {

namespace {

constexpr int backlog = 128;
constexpr mode_t socket_mask = 0117;  // leaves 0660

union AnyAddress {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_un unix_socket;
};

socklen_t fill(const ListenAddress& address, AnyAddress& target) {
    memset(&target, 0, sizeof target);
    switch (address.kind) {
        case ListenAddress::Kind::ipv4:
            target.ipv4.sin_family = AF_INET;
            target.ipv4.sin_port = htons(address.port);
            memcpy(&target.ipv4.sin_addr, address.bytes, 4);
            return sizeof target.ipv4;
        case ListenAddress::Kind::ipv6:
            target.ipv6.sin6_family = AF_INET6;
            target.ipv6.sin6_port = htons(address.port);
            memcpy(&target.ipv6.sin6_addr, address.bytes, 16);
            return sizeof target.ipv6;
        case ListenAddress::Kind::unix_socket:
            target.unix_socket.sun_family = AF_UNIX;
            memcpy(target.unix_socket.sun_path, address.path.c_str(), address.path.size());
            return sizeof target.unix_socket;
    }
    return 0;
}

int refuse(FixedText<256>& error, const char* what) {
    char message[FixedText<256>::bytes_max];
    snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
    (void)error.assign(message);
    return -1;
}

bool answers(const AnyAddress& address, socklen_t bytes) {
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool is_alive = connect(probe, &address.any, bytes) == 0 || errno != ECONNREFUSED;
    close(probe);
    return is_alive;
}

// The socket file of an agent that died stays behind and would be "in use" for ever.
void remove_stale(const AnyAddress& address, socklen_t bytes) {
    struct stat info = {};
    const char* path = address.unix_socket.sun_path;
    if (lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode) || answers(address, bytes)) return;
    unlink(path);
}

bool bind_unix(int listener, const AnyAddress& address, socklen_t bytes) {
    remove_stale(address, bytes);
    const mode_t before = umask(socket_mask);
    const bool is_bound = bind(listener, &address.any, bytes) == 0;
    umask(before);
    return is_bound;
}

bool bind_tcp(int listener, const AnyAddress& address, socklen_t bytes) {
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.any.sa_family == AF_INET6) {
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    return bind(listener, &address.any, bytes) == 0;
}

}  // namespace

int open_listen_socket(const ListenAddress& address, FixedText<256>& error) {
    AnyAddress target;
    const socklen_t bytes = fill(address, target);
    const int listener =
        socket(target.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return refuse(error, "no socket");
    const bool is_unix = address.kind == ListenAddress::Kind::unix_socket;
    const bool is_bound =
        is_unix ? bind_unix(listener, target, bytes) : bind_tcp(listener, target, bytes);
    if (is_bound && listen(listener, backlog) == 0) return listener;
    const int result = refuse(error, "cannot bind");
    close(listener);
    return result;
}

FixedText<256> describe_listen_socket(int socket, const ListenAddress& address) {
    FixedText<256> text;
    char url[FixedText<256>::bytes_max] = "";
    if (address.kind == ListenAddress::Kind::unix_socket) {
        snprintf(url, sizeof url, "unix:%s", address.path.c_str());
    } else {
        AnyAddress bound;
        socklen_t bytes = sizeof bound;
        char host[INET6_ADDRSTRLEN] = "";
        getsockname(socket, &bound.any, &bytes);
        const bool is_ipv4 = address.kind == ListenAddress::Kind::ipv4;
        inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address.bytes, host, sizeof host);
        const unsigned port = ntohs(is_ipv4 ? bound.ipv4.sin_port : bound.ipv6.sin6_port);
        snprintf(url, sizeof url, is_ipv4 ? "http://%s:%u" : "http://[%s]:%u", host, port);
    }
    (void)text.assign(url);
    return text;
}

}  // namespace nma
