#include "api/server_callbacks.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "api/listen_socket.h"
#include "platform/base/check.h"

namespace nma {

namespace {

constexpr unsigned idle_seconds_max = 30;

bool is_full(MHD_Daemon* daemon, unsigned connection_count_max) {
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != nullptr && info->num_connections >= connection_count_max;
}

// The work is done after each wait, for time-outs as well as for events.
void on_ready(void*, std::uint32_t) {}

void ignore_message(void*, const char*, va_list) {}

}  // namespace

std::size_t ServerCallbacks::leave_escapes(void*, MHD_Connection*, char* text) {
    return strlen(text);
}

int ServerCallbacks::timeout_ms(void* listener) {
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(static_cast<Server::Listener*>(listener)->daemon, &milliseconds) !=
        MHD_YES) {
        return -1;
    }
    return milliseconds > 60'000 ? 60'000 : static_cast<int>(milliseconds);
}

// At the limit the library stops listening, and starts again in the run after the one that saw
// a connection end: without that run, who waits would wait for the next event of anybody.
void ServerCallbacks::run(void* context) {
    const auto& listener = *static_cast<const Server::Listener*>(context);
    bool was_full = false;
    do {
        was_full = is_full(listener.daemon, listener.connection_count_max);
        MHD_run(listener.daemon);
    } while (was_full && !is_full(listener.daemon, listener.connection_count_max));
}

bool Server::listen(const ListenAddress& address, FixedText<256>& error) {
    if (listener_count_ == limits::listener_count_max || !make_fixed()) {
        (void)error.assign("no room for another listener");
        return false;
    }
    const int socket = open_listen_socket(address, error);
    if (socket < 0) return false;
    Listener& listener = listeners_[listener_count_];
    listener.server = this;
    listener.connection_count_max = options_.connection_count_max;
    listener.address = address;
    listener.description = describe_listen_socket(socket, address);
    listener.daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, nullptr, nullptr, ServerCallbacks::handle, &listener,
        MHD_OPTION_EXTERNAL_LOGGER, ignore_message, nullptr, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, options_.connection_count_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
        idle_seconds_max, MHD_OPTION_UNESCAPE_CALLBACK, ServerCallbacks::leave_escapes, nullptr,
        MHD_OPTION_END);
    if (listener.daemon == nullptr) {
        close(socket);
        (void)error.assign("libmicrohttpd does not start");
        return false;
    }
    ++listener_count_;
    return true;
}

FixedText<256> Server::address(std::size_t index) const {
    NMA_CHECK(index < listener_count_);
    return listeners_[index].description;
}

bool Server::attach(EventLoop& loop) {
    for (std::size_t i = 0; i < listener_count_; ++i) {
        Listener& listener = listeners_[i];
        const auto* info = MHD_get_daemon_info(listener.daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (info == nullptr ||
            loop.watch(info->epoll_fd, EPOLLIN, {on_ready, nullptr}) != Status::ok ||
            loop.add_hook({ServerCallbacks::timeout_ms, ServerCallbacks::run, &listener}) !=
                Status::ok) {
            return false;
        }
    }
    return true;
}

void Server::stop() {
    for (std::size_t i = 0; i < listener_count_; ++i) {
        MHD_stop_daemon(listeners_[i].daemon);
        if (listeners_[i].address.kind == ListenAddress::Kind::unix_socket) {
            unlink(listeners_[i].address.path.c_str());
        }
    }
    listener_count_ = 0;
    drop_responses();
}

}  // namespace nma
