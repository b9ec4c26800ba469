#include "agent/apps/datagram_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace nma {

namespace {

constexpr int socket_flags = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

void set_buffer(int socket, ReceiveBufferBytes buffer_bytes) {
    if (buffer_bytes == 0) return;
    // The kernel doubles what it is told, for its own overhead.
    const int bytes = static_cast<int>(std::min<ReceiveBufferBytes>(buffer_bytes, INT_MAX / 2) / 2);
    if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool set_on(int socket, int level, int option) {
    const int on = 1;
    return setsockopt(socket, level, option, &on, sizeof on) == 0;
}

int close_and_fail(int socket) {
    const int error = errno;
    close(socket);
    errno = error;
    return -1;
}

bool fill_path(const char* path, sockaddr_un& address) {
    const std::size_t bytes = strlen(path);
    if (bytes == 0 || bytes >= sizeof address.sun_path) return false;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, bytes);
    return true;
}

bool is_somebody_there(const sockaddr_un& address) {
    const int probe = socket(AF_UNIX, socket_flags, 0);
    if (probe < 0) return true;
    const auto* target = reinterpret_cast<const sockaddr*>(&address);
    const bool is_there = connect(probe, target, sizeof address) == 0 || errno != ECONNREFUSED;
    close(probe);
    return is_there;
}

void remove_stale(const sockaddr_un& address) {
    struct stat info = {};
    if (lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return;
    if (!is_somebody_there(address)) unlink(address.sun_path);
}

bool bind_path(int socket, const sockaddr_un& address, mode_t mode) {
    remove_stale(address);
    const mode_t before = umask(static_cast<mode_t>(~mode & 0777));
    const bool is_bound =
        bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    umask(before);
    return is_bound;
}

}  // namespace

// No SO_REUSEADDR: with it, two UDP sockets could share a port, and the last one gets it all.
int open_udp_socket(const IpAddress& address, std::uint16_t port, ReceiveBufferBytes buffer_bytes) {
    sockaddr_storage target;
    const socklen_t bytes = fill_socket_address(address, port, target);
    const int result = socket(target.ss_family, socket_flags, 0);
    if (result < 0) return -1;
    set_on(result, SOL_SOCKET, SO_RXQ_OVFL);
    set_buffer(result, buffer_bytes);
    if (address.is_ipv6) set_on(result, IPPROTO_IPV6, IPV6_V6ONLY);
    if (bind(result, reinterpret_cast<const sockaddr*>(&target), bytes) == 0) return result;
    return close_and_fail(result);
}

bool read_bound_address(int socket, IpAddress& address, std::uint16_t& port) {
    sockaddr_storage bound = {};
    socklen_t bytes = sizeof bound;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &bytes) != 0) return false;
    address = IpAddress{};
    if (bound.ss_family == AF_INET) {
        sockaddr_in ipv4;
        memcpy(&ipv4, &bound, sizeof ipv4);
        memcpy(address.bytes, &ipv4.sin_addr, sizeof ipv4.sin_addr);
        port = ntohs(ipv4.sin_port);
        return true;
    }
    if (bound.ss_family != AF_INET6) return false;
    sockaddr_in6 ipv6;
    memcpy(&ipv6, &bound, sizeof ipv6);
    address.is_ipv6 = true;
    memcpy(address.bytes, &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    port = ntohs(ipv6.sin6_port);
    return true;
}

std::uint16_t bound_port(int socket) {
    IpAddress address;
    std::uint16_t port = 0;
    return read_bound_address(socket, address, port) ? port : 0;
}

int open_unix_datagram_socket(const char* path, mode_t mode, ReceiveBufferBytes buffer_bytes) {
    sockaddr_un address = {};
    if (!fill_path(path, address)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int result = socket(AF_UNIX, socket_flags, 0);
    if (result < 0) return -1;
    set_buffer(result, buffer_bytes);
    if (!set_on(result, SOL_SOCKET, SO_PASSCRED)) return close_and_fail(result);
    return bind_path(result, address, mode) ? result : close_and_fail(result);
}

bool adopt_datagram_socket(int socket, ReceiveBufferBytes buffer_bytes, bool& is_unix) {
    int type = 0;
    int domain = 0;
    socklen_t bytes = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &bytes) != 0) return false;
    bytes = sizeof domain;
    if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) != 0) return false;
    const bool is_udp = domain == AF_INET || domain == AF_INET6;
    if (type != SOCK_DGRAM || (!is_udp && domain != AF_UNIX)) return false;
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    set_buffer(socket, buffer_bytes);
    is_unix = !is_udp;
    return set_on(socket, SOL_SOCKET, is_udp ? SO_RXQ_OVFL : SO_PASSCRED);
}

bool read_drop_count(int socket, std::uint32_t& drop_count) {
    std::uint32_t figures[SK_MEMINFO_VARS] = {};
    socklen_t bytes = sizeof figures;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, figures, &bytes) != 0) return false;
    if (bytes <= SK_MEMINFO_DROPS * sizeof figures[0]) return false;
    drop_count = figures[SK_MEMINFO_DROPS];
    return true;
}

}  // namespace nma
