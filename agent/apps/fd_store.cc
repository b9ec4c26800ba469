#include "agent/apps/fd_store.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <span>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view name_prefix = "statsd-";
constexpr std::uint64_t port_max = 65535;

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

// With a descriptor, or -1 for none.
Status notify(const char* notify_socket, std::span<char> text, int descriptor) {
    sockaddr_un address = {};
    const socklen_t address_bytes = fill_notify_address(notify_socket, address);
    if (address_bytes == 0) return Status::absent;
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return Status::io_error;
    iovec vector = {text.data(), text.size()};
    msghdr message = {};
    message.msg_name = &address;
    message.msg_namelen = address_bytes;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
    if (descriptor >= 0) attach(message, control, descriptor);
    Status status = Status::ok;
    if (sendmsg(sender, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        const bool is_nobody_there = errno == ECONNREFUSED || errno == ENOENT;
        status = errno == EAGAIN   ? Status::timeout
                 : is_nobody_there ? Status::absent
                                   : Status::io_error;
    }
    close(sender);
    return status;
}

Status notify_of(const char* notify_socket, const char* what, const FdStoreName& name,
                 int descriptor) {
    FixedText<64> text;
    const bool is_whole = text.assign(what) && text.append("\nFDNAME=") && text.append(name.view());
    if (!is_whole) return Status::full;
    char copy[64];
    return notify(notify_socket, {copy, text.view().copy(copy, sizeof copy)}, descriptor);
}

}  // namespace

FdStoreName fd_store_name(std::uint16_t port) {
    char text[FdStoreName::bytes_max];
    snprintf(text, sizeof text, "statsd-%u", unsigned{port});
    FdStoreName name;
    (void)name.assign(text);
    return name;
}

bool is_fd_store_name(std::string_view name) {
    std::uint64_t port = 0;
    return name.starts_with(name_prefix) && parse_u64(name.substr(name_prefix.size()), port) &&
           port <= port_max;
}

// FDPOLL=0: systemd would else drop a socket that has an error waiting, as an UDP socket may have.
Status store_descriptor(const char* notify_socket, const FdStoreName& name, int descriptor) {
    return notify_of(notify_socket, "FDSTORE=1\nFDPOLL=0", name, descriptor);
}

Status forget_descriptor(const char* notify_socket, const FdStoreName& name) {
    return notify_of(notify_socket, "FDSTOREREMOVE=1", name, -1);
}

}  // namespace nma
