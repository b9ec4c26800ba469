#include "platform/linux/service_notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "platform/base/check.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::size_t status_bytes_max = 200;
constexpr suseconds_t send_wait_us = 100'000;
constexpr std::uint64_t microsecond_ns = 1000;

// A number of the environment; false for anything else.
bool read_number(const char* name, std::uint64_t& value) {
    const char* text = getenv(name);
    if (text == nullptr || *text < '0' || *text > '9') return false;
    char* end = nullptr;
    errno = 0;
    value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

// WATCHDOG_PID names the process that is meant, when it is one alone.
std::uint64_t read_watchdog_period_ns() {
    std::uint64_t period_us = 0;
    std::uint64_t pid = 0;
    if (!read_number("WATCHDOG_USEC", period_us)) return 0;
    const bool is_for_one = getenv("WATCHDOG_PID") != nullptr;
    if (is_for_one &&
        (!read_number("WATCHDOG_PID", pid) || pid != static_cast<std::uint64_t>(getpid()))) {
        return 0;
    }
    return period_us > UINT64_MAX / microsecond_ns ? 0 : period_us * microsecond_ns;
}

// False when it is no address of a unix socket, or one that is too long.
bool parse_address(std::string_view name, sockaddr_un& address, socklen_t& bytes) {
    const bool is_abstract = name.starts_with('@');
    if (!is_abstract && !name.starts_with('/')) return false;
    if (name.size() < 2 || name.size() >= sizeof address.sun_path) return false;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name.data(), name.size());
    if (is_abstract) address.sun_path[0] = '\0';
    // An abstract name is all of the bytes; a path ends in NUL.
    const std::size_t end = name.size() + (is_abstract ? 0 : 1);
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + end);
    return true;
}

}  // namespace

Status ServiceNotify::open() {
    const char* name = getenv("NOTIFY_SOCKET");
    if (name == nullptr || *name == '\0') return Status::ok;
    if (!parse_address(name, address_, address_bytes_)) return Status::malformed;
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return Status::io_error;
    // A manager that has no time must not stop the loop that answers requests.
    const timeval wait = {0, send_wait_us};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    watchdog_period_ns_ = read_watchdog_period_ns();
    return Status::ok;
}

void ServiceNotify::close() {
    if (socket_ >= 0) ::close(socket_);
    *this = ServiceNotify{};
}

bool ServiceNotify::ready(std::string_view status) const {
    return send_state("READY=1", status);
}

// The manager takes the next READY=1 for the end of this reload by the time that is sent with it.
bool ServiceNotify::reloading(std::string_view status) const {
    char state[64];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
             static_cast<unsigned long long>(monotonic_ns() / microsecond_ns));
    return send_state(state, status);
}

bool ServiceNotify::stopping(std::string_view status) const {
    return send_state("STOPPING=1", status);
}

bool ServiceNotify::tell(std::string_view status) const {
    return send_state("", status);
}

bool ServiceNotify::feed_watchdog() const {
    return send_state("WATCHDOG=1", "");
}

bool ServiceNotify::send_state(std::string_view state, std::string_view status) const {
    if (socket_ < 0) return true;
    Message message;
    char clean[status_bytes_max];
    const std::size_t size = status.substr(0, sizeof clean).copy(clean, sizeof clean);
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(clean[i]);
        if (byte < 0x20 || byte == 0x7f) clean[i] = '?';
    }
    bool fits = message.append(state);
    if (size > 0 && !state.empty()) fits = fits && message.append("\n");
    if (size > 0) fits = fits && message.append("STATUS=") && message.append({clean, size});
    NMA_CHECK(fits);
    return message.empty() || send(message);
}

// To the address each time, not connected once: a manager that starts anew has a new socket there.
bool ServiceNotify::send(const Message& message) const {
    ssize_t sent = 0;
    do {
        sent = sendto(socket_, message.c_str(), message.size(), MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&address_), address_bytes_);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(message.size());
}

}  // namespace nma
