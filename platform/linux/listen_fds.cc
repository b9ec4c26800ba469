#include "platform/linux/listen_fds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

#include "platform/base/text_cursor.h"
#include "platform/limits.h"

namespace nma {

namespace {

constexpr int first_fd = 3;

// False on anything but one number, as systemd writes it.
bool parse_text(const char* text, std::uint64_t& value) {
    return text != nullptr && parse_u64(text, value);
}

Status find_name(std::string_view names, std::uint64_t count, std::string_view name, int& fd) {
    int found = -1;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t end = names.find(':');
        if (names.substr(0, end) == name) {
            if (found >= 0) return Status::full;
            found = first_fd + static_cast<int>(i);
        }
        if (end == names.npos) break;
        names.remove_prefix(end + 1);
    }
    if (found < 0) return Status::absent;
    fd = found;
    return Status::ok;
}

bool is_bound_to(int fd, std::string_view path) {
    sockaddr_un address = {};
    socklen_t bytes = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return false;
    constexpr std::size_t before = offsetof(sockaddr_un, sun_path);
    if (address.sun_family != AF_UNIX || bytes <= before || bytes > sizeof address) return false;
    const std::string_view bound(address.sun_path, bytes - before);
    return bound.substr(0, bound.find('\0')) == path;
}

Status find_path(std::uint64_t count, std::string_view path, int& fd) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const int candidate = first_fd + static_cast<int>(i);
        if (!is_bound_to(candidate, path)) continue;
        fd = candidate;
        return Status::ok;
    }
    return Status::absent;
}

Status count_ours(const ListenFdsTexts& texts, pid_t own, std::uint64_t& count) {
    if (texts.pid == nullptr || texts.count == nullptr) return Status::absent;
    std::uint64_t pid = 0;
    if (!parse_text(texts.pid, pid) || !parse_text(texts.count, count) ||
        count > limits::systemd_socket_count_max) {
        return Status::malformed;
    }
    // A parent's sockets, or those of a shell between: not ours.
    return pid == static_cast<std::uint64_t>(own) ? Status::ok : Status::absent;
}

bool has_option(int fd, int option, int wanted) {
    int value = 0;
    socklen_t bytes = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &bytes) == 0 && value == wanted;
}

}  // namespace

ListenFdsTexts read_listen_fds_environment() {
    // Before any thread that could change the environment; and none of ours does.
    return {getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getenv("LISTEN_FDNAMES")};
}

Status find_listen_fd(const ListenFdsTexts& texts, pid_t own, std::string_view name, int& fd) {
    std::uint64_t count = 0;
    const Status status = count_ours(texts, own, count);
    if (status != Status::ok) return status;
    std::uint64_t position = 0;
    if (name.starts_with('/')) return find_path(count, name, fd);
    if (!parse_u64(name, position)) {
        return texts.names == nullptr ? Status::absent : find_name(texts.names, count, name, fd);
    }
    if (position >= count) return Status::absent;
    fd = first_fd + static_cast<int>(position);
    return Status::ok;
}

Status find_listen_fd_at(const ListenFdsTexts& texts, pid_t own, std::uint64_t position,
                         FixedText<256>& name, int& fd) {
    std::uint64_t count = 0;
    const Status status = count_ours(texts, own, count);
    if (status != Status::ok) return status;
    if (position >= count) return Status::absent;
    std::string_view names = texts.names == nullptr ? "" : texts.names;
    for (std::uint64_t i = 0; i < position; ++i) {
        const std::size_t end = names.find(':');
        names = end == names.npos ? std::string_view() : names.substr(end + 1);
    }
    if (!name.assign(names.substr(0, names.find(':')))) name.clear();
    fd = first_fd + static_cast<int>(position);
    return Status::ok;
}

Status adopt_listen_fd(int fd) {
    if (fcntl(fd, F_GETFD) < 0) return Status::io_error;
    // Before anything is changed: who set the environment may have meant another descriptor.
    if (!has_option(fd, SO_TYPE, SOCK_STREAM) || !has_option(fd, SO_ACCEPTCONN, 1)) {
        return Status::unsupported;
    }
    const int flags = fcntl(fd, F_GETFL);
    const bool is_ours = flags >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
                         fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
    return is_ours ? Status::ok : Status::io_error;
}

}  // namespace nma
