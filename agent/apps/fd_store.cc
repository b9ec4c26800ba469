#include "agent/apps/fd_store.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <span>

#include "platform/base/text_cursor.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::string_view name_prefix = "statsd-";
constexpr std::uint64_t port_max = 65535;
constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::size_t message_bytes = 128;

// The length of the address; 0 when it is none.
socklen_t fill_notify_address(const char* notify_socket, sockaddr_un& address) {
    const std::size_t bytes = strlen(notify_socket);
    if (bytes < 2 || bytes >= sizeof address.sun_path) return 0;
    if (notify_socket[0] != '/' && notify_socket[0] != '@') return 0;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, notify_socket, bytes);
    if (notify_socket[0] == '@') address.sun_path[0] = '\0';
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes);
}

void attach(msghdr& message, std::span<char> control, int descriptor) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
}

Status status_of_send(int error) {
    switch (error) {
        case EAGAIN:
            return Status::timeout;
        case ECONNREFUSED:
        case ENOENT:
            return Status::absent;
        default:
            return Status::io_error;
    }
}

// Others may fill the place that was free: so until the time is over.
Status send_in_time(int sender, const msghdr& message, std::uint32_t wait_ms) {
    const std::uint64_t end_ns = boottime_ns() + wait_ms * ns_per_ms;
    for (;;) {
        if (sendmsg(sender, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Status::ok;
        const Status status = status_of_send(errno);
        const std::uint64_t now_ns = boottime_ns();
        if (status != Status::timeout || now_ns >= end_ns) return status;
        pollfd room = {sender, POLLOUT, 0};
        (void)poll(&room, 1, static_cast<int>((end_ns - now_ns) / ns_per_ms) + 1);
    }
}

// With a descriptor, or -1 for none. Only a socket that is connected can be waited for.
Status notify(const FdStore& store, std::span<char> text, int descriptor) {
    sockaddr_un address = {};
    const socklen_t address_bytes = fill_notify_address(store.notify_socket, address);
    if (address_bytes == 0) return Status::absent;
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return Status::io_error;
    iovec vector = {text.data(), text.size()};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
    if (descriptor >= 0) attach(message, control, descriptor);
    const bool is_connected =
        connect(sender, reinterpret_cast<const sockaddr*>(&address), address_bytes) == 0;
    const Status status =
        is_connected ? send_in_time(sender, message, store.wait_ms) : status_of_send(errno);
    close(sender);
    return status;
}

Status notify_of(const FdStore& store, const char* what, const FdStoreName& name, int descriptor) {
    FixedText<message_bytes> text;
    const bool is_whole = text.assign(what) && text.append("\nFDNAME=") && text.append(name.view());
    if (!is_whole) return Status::full;
    char copy[message_bytes];
    return notify(store, {copy, text.view().copy(copy, sizeof copy)}, descriptor);
}

// No colons in a name, so underscores stand for an address'.
void exchange(std::span<char> text, char from, char to) {
    for (char& c : text)
        if (c == from) c = to;
}

}  // namespace

FdStoreName fd_store_name(const IpAddress& host, std::uint16_t port, const IpAddress& usual) {
    static_assert(name_prefix.size() + 5 + 1 + IpText::bytes_max <= FdStoreName::bytes_max);
    char text[FdStoreName::bytes_max] = "";
    if (host == usual) {
        snprintf(text, sizeof text, "statsd-%u", unsigned{port});
    } else {
        snprintf(text, sizeof text, "statsd-%u-%s", unsigned{port}, ip_text(host).c_str());
    }
    exchange(text, ':', '_');
    FdStoreName name;
    (void)name.assign(std::string_view(text));
    return name;
}

bool is_fd_store_name(std::string_view name) {
    if (!name.starts_with(name_prefix)) return false;
    name.remove_prefix(name_prefix.size());
    const std::size_t port_bytes = name.find('-');
    std::uint64_t port = 0;
    if (!parse_u64(name.substr(0, port_bytes), port) || port > port_max) return false;
    if (port_bytes == name.npos) return true;
    char text[IpText::bytes_max];
    const std::string_view address = name.substr(port_bytes + 1);
    if (address.size() > sizeof text) return false;
    const std::span<char> copy(text, address.copy(text, sizeof text));
    exchange(copy, '_', ':');
    IpAddress host;
    return parse_ip_address({copy.data(), copy.size()}, host);
}

// FDPOLL=0: systemd would else drop a socket that has an error waiting, as an UDP socket may have.
Status store_descriptor(const FdStore& store, const FdStoreName& name, int descriptor) {
    return notify_of(store, "FDSTORE=1\nFDPOLL=0", name, descriptor);
}

Status forget_descriptor(const FdStore& store, const FdStoreName& name) {
    return notify_of(store, "FDSTOREREMOVE=1", name, -1);
}

}  // namespace nma
