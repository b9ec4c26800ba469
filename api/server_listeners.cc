#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "api/server_callbacks.h"
#include "platform/base/check.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

// What the epoll descriptor of a listener tells about: the listening socket, or one of the daemons,
// which are looked at after each wait anyway.
constexpr std::uint32_t about_socket = 1;
constexpr std::uint32_t about_daemon = 2;

void ignore_message(void*, const char*, va_list) {}

bool watch(int epoll, int fd, std::uint32_t about) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u32 = about;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

int epoll_of(MHD_Daemon* daemon) {
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == nullptr ? -1 : info->epoll_fd;
}

bool is_empty(MHD_Daemon* daemon) {
    const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != nullptr && info->num_connections == 0;
}

bool has_tls(const ListenerOptions& options) {
    return !options.tls.certificate.empty();
}

int sooner(int a_ms, int b_ms) {
    if (a_ms < 0) return b_ms;
    return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

int wait_ms(MHD_Daemon* daemon) {
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (daemon == nullptr || MHD_get_timeout(daemon, &milliseconds) != MHD_YES) return -1;
    return milliseconds > 60'000 ? 60'000 : static_cast<int>(milliseconds);
}

// Rounded up: who wakes too early spins until the time has come.
int wait_ms(std::uint64_t until_ns, std::uint64_t now_ns) {
    if (until_ns == UINT64_MAX) return -1;
    if (until_ns <= now_ns) return 0;
    const std::uint64_t milliseconds = (until_ns - now_ns + ns_per_ms - 1) / ns_per_ms;
    return milliseconds > 60'000 ? 60'000 : static_cast<int>(milliseconds);
}

}  // namespace

std::size_t ServerCallbacks::leave_escapes(void*, MHD_Connection*, char* text) {
    return strlen(text);
}

void ServerCallbacks::note_ready(void* context, std::uint32_t) {
    auto& listener = *static_cast<Server::Listener*>(context);
    epoll_event events[4];
    const int count = epoll_wait(listener.epoll, events, 4, 0);
    for (int i = 0; i < count; ++i)
        listener.is_ready = listener.is_ready || events[i].data.u32 == about_socket;
}

int ServerCallbacks::timeout_ms(void* context) {
    const auto& server = *static_cast<const Server*>(context);
    const std::uint64_t now_ns = boottime_ns();
    int shortest_ms = -1;
    for (const Server::Listener& listener : server.listeners_) {
        shortest_ms = sooner(shortest_ms, wait_ms(listener.daemon));
        shortest_ms = sooner(shortest_ms, wait_ms(listener.old_daemon));
        shortest_ms = sooner(shortest_ms, wait_ms(listener.connections.next_deadline_ns(), now_ns));
        if (listener.closed_until_ns != 0)
            shortest_ms = sooner(shortest_ms, wait_ms(listener.closed_until_ns, now_ns));
    }
    return shortest_ms;
}

void ServerCallbacks::run(void* context) {
    auto& server = *static_cast<Server*>(context);
    const std::uint64_t now_ns = boottime_ns();
    for (Server::Listener& listener : server.listeners_)
        server.run(listener, now_ns);
}

// The library gets connections from us and never sees the listening socket: who is let in, and for
// how long, is decided here. Its own limits would let silent clients keep others out. With TLS, the
// files must have been loaded.
MHD_Daemon* Server::start_daemon(Listener& listener, ListenError& error) {
    const bool is_tls = has_tls(listener.options);
    const bool has_commands = listener.options.service == ListenerService::registration;
    MHD_OptionItem tls[5] = {};
    std::size_t count = 0;
    const auto add = [&tls, &count](MHD_OPTION option, const char* text) {
        // The library reads these texts only, but takes them by pointers that could write.
        if (text != nullptr) tls[count++] = {option, 0, const_cast<char*>(text)};
    };
    if (is_tls) {
        add(MHD_OPTION_HTTPS_PRIORITIES, ServerTls::priorities);
        add(MHD_OPTION_HTTPS_MEM_CERT, tls_.certificate());
        add(MHD_OPTION_HTTPS_MEM_KEY, tls_.key());
        add(MHD_OPTION_HTTPS_MEM_TRUST, tls_.client_ca());
    }
    tls[count] = {MHD_OPTION_END, 0, nullptr};
    MHD_Daemon* daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            (is_tls ? static_cast<unsigned>(MHD_USE_TLS) : 0U),
        0, nullptr, nullptr,
        has_commands ? ServerCallbacks::handle_command : ServerCallbacks::handle, &listener,
        MHD_OPTION_EXTERNAL_LOGGER, ignore_message, nullptr, MHD_OPTION_CONNECTION_LIMIT,
        listener.options.connection_count_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes,
        MHD_OPTION_NOTIFY_CONNECTION, ServerCallbacks::note_connection, &listener,
        MHD_OPTION_NOTIFY_COMPLETED, ServerCallbacks::note_completed, &listener,
        MHD_OPTION_UNESCAPE_CALLBACK, ServerCallbacks::leave_escapes, nullptr, MHD_OPTION_ARRAY,
        tls, MHD_OPTION_END);
    if (is_tls) tls_.forget_key();
    if (daemon == nullptr) refuse_listener(error, "libmicrohttpd does not start");
    return daemon;
}

// Everything but the socket, which is closed by the caller when this fails.
bool Server::open_listener(Listener& listener, ListenError& error) {
    listener.options.address = listener.socket.address;
    for (const Listener& other : listeners_) {
        if (&other == &listener || other.socket.fd != listener.socket.fd) continue;
        listener.socket = ListenSocket{};  // the other's, so not to be closed
        return refuse_listener(error, "two listeners name the same socket of systemd");
    }
    if (!check_listener(listener.options, error)) return false;
    if (has_tls(listener.options) && !tls_.load(listener.options.tls, error)) return false;
    listener.daemon = start_daemon(listener, error);
    if (listener.daemon == nullptr) return false;
    listener.tls_digest = tls_.digest();
    const ListenerOptions& options = listener.options;
    listener.connections.init(places_.subspan(place_count_, options.connection_count_max),
                              {.per_address_max = options.connections_per_address_max,
                               .idle_ns_max = options.idle_s_max * ns_per_s,
                               .request_ns_max = options.request_s_max * ns_per_s});
    listener.description = describe_listen_socket(listener.socket, has_tls(options));
    return true;
}

bool Server::listen(const ListenerOptions& options, ListenError& error) {
    if (!check_listener(options, error)) return false;
    if (listeners_.is_full() || places_.size() - place_count_ < options.connection_count_max ||
        !make_fixed()) {
        return refuse_listener(error, "no room for another listener");
    }
    if (options.service == ListenerService::registration && !bodies_.has_memory()) {
        return refuse_listener(error, "no memory was set aside for registrations");
    }
    ListenSocket socket;
    if (!open_listen_socket(options, socket, error)) return false;
    Listener& listener = *listeners_.add();
    listener.server = this;
    listener.options = options;
    listener.socket = socket;
    if (!open_listener(listener, error)) {
        close_listen_socket(listener.socket);
        listeners_.drop_last();
        return false;
    }
    if (shows_tokens(listener.options)) {
        log_line(LogLevel::warning,
                 "%s: tokens travel readably over the network, and who reads one can use it; give "
                 "the listener a TLS certificate, or put a server with TLS in front of it",
                 listener.description.c_str());
    }
    place_count_ += options.connection_count_max;
    return true;
}

FixedText<256> Server::address(std::size_t index) const {
    return listeners_[index].description;
}

ListenerService Server::service(std::size_t index) const {
    return listeners_[index].options.service;
}

bool Server::attach(EventLoop& loop) {
    for (Listener& listener : listeners_) {
        listener.epoll = epoll_create1(EPOLL_CLOEXEC);
        if (listener.epoll < 0 || !accept_again(listener) ||
            !watch(listener.epoll, epoll_of(listener.daemon), about_daemon) ||
            loop.watch(listener.epoll, EPOLLIN, {ServerCallbacks::note_ready, &listener}) !=
                Status::ok) {
            return false;
        }
    }
    return gate_.attach(loop, {resume_all, this}) &&
           loop.add_hook({ServerCallbacks::timeout_ms, ServerCallbacks::run, this}) == Status::ok;
}

void Server::run(Listener& listener, std::uint64_t now_ns) {
    if (listener.closed_until_ns != 0 && listener.closed_until_ns <= now_ns &&
        !accept_again(listener)) {
        listener.closed_until_ns = now_ns + limits::accept_pause_ms * ns_per_ms;
    }
    if (listener.is_ready) accept_ready(listener, now_ns);
    run_daemons(listener);
    const std::size_t expired_count = listener.connections.expire(now_ns, cut_off);
    timed_out_count_ += expired_count;
    count_agent(AgentCounter::requests_timed_out, expired_count);
    if (listener.old_daemon != nullptr && is_empty(listener.old_daemon)) stop_old_daemon(listener);
    if (listener.is_reload_due && !listener.connections.has_last_answers())
        reload_when_answered(listener);
}

void Server::run_daemons(Listener& listener) {
    MHD_run(listener.daemon);
    if (listener.old_daemon != nullptr) MHD_run(listener.old_daemon);
}

bool Server::accept_again(Listener& listener) {
    const bool is_watched = watch(listener.epoll, listener.socket.fd, about_socket);
    if (is_watched) listener.closed_until_ns = 0;
    return is_watched;
}

// systemd keeps its sockets open, so that closing ours would not end the watch.
void Server::stop_accepting(Listener& listener) {
    epoll_ctl(listener.epoll, EPOLL_CTL_DEL, listener.socket.fd, nullptr);
    listener.is_ready = false;
}

bool Server::reload_tls(ListenError& error) {
    for (Listener& listener : listeners_) {
        if (has_tls(listener.options) && !reload_tls_of(listener, error)) return false;
    }
    return true;
}

// There is one daemon of before, and who is in it may take the answer that is on its way. Who waits
// in it for a request could start another answer, and so put the new certificate off.
bool Server::reload_tls_of(Listener& listener, ListenError& error) {
    listener.is_reload_due = false;
    if (!tls_.load(listener.options.tls, error)) return false;
    const bool is_changed = !is_same_digest(tls_.digest(), listener.tls_digest);
    if (is_changed && !listener.connections.has_last_answers())
        return replace_daemon(listener, error);
    tls_.forget_key();
    listener.is_reload_due = is_changed;
    if (is_changed) listener.connections.end_waiting(hang_up);
    return true;
}

bool Server::replace_daemon(Listener& listener, ListenError& error) {
    MHD_Daemon* daemon = start_daemon(listener, error);
    if (daemon == nullptr) return false;
    if (listener.epoll >= 0 && !watch(listener.epoll, epoll_of(daemon), about_daemon)) {
        MHD_stop_daemon(daemon);
        return refuse_listener(error, "the kernel has no room to watch another daemon");
    }
    resume_all(this, 0);  // a daemon must not end before those that wait in it
    stop_old_daemon(listener);
    listener.old_daemon = listener.daemon;
    listener.daemon = daemon;
    listener.tls_digest = tls_.digest();
    listener.connections.end_after_answer();
    return true;
}

// The files are read again: they may have changed once more.
void Server::reload_when_answered(Listener& listener) {
    ListenError error;
    if (reload_tls_of(listener, error)) return;
    log_line(LogLevel::error, "the certificate of before still counts: %s", error.c_str());
}

// The epoll descriptor of a daemon is its own, and goes out of ours when it is closed.
void Server::stop_old_daemon(Listener& listener) {
    if (listener.old_daemon != nullptr) MHD_stop_daemon(listener.old_daemon);
    listener.old_daemon = nullptr;
}

void Server::drain() {
    for (Listener& listener : listeners_) {
        if (listener.socket.fd < 0) continue;
        stop_accepting(listener);
        listener.closed_until_ns = 0;
        listener.is_reload_due = false;
        close_listen_socket(listener.socket);
        listener.connections.end_after_answer();
        listener.connections.end_waiting(hang_up);
    }
}

bool Server::is_drained() const {
    for (const Listener& listener : listeners_) {
        if (listener.connections.answering_count() > 0) return false;
    }
    return true;
}

void Server::stop() {
    resume_all(this, 0);
    for (Listener& listener : listeners_) {
        stop_old_daemon(listener);
        MHD_stop_daemon(listener.daemon);
        close_listen_socket(listener.socket);
        if (listener.epoll >= 0) close(listener.epoll);
    }
    listeners_.clear();
    place_count_ = 0;
    drop_responses();
}

}  // namespace nma
