// Who is let in, and when they have to go.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "api/peer.h"
#include "api/server_callbacks.h"
#include "platform/base/check.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

constexpr char busy_body[] =
    "{\"error\":{\"status\":503,\"reason\":\"Service Unavailable\",\"message\":\"There are too "
    "many "
    "connections, of all clients or of yours. Close some, and try again in a second.\"}}";

bool is_out_of_descriptors(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool is_empty_queue(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

void ServerCallbacks::note_connection(void* context, MHD_Connection*, void** place,
                                      MHD_ConnectionNotificationCode code) {
    auto& listener = *static_cast<Server::Listener*>(context);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        NMA_CHECK(listener.arriving != nullptr);
        *place = listener.arriving;
        listener.arriving = nullptr;
    } else {
        listener.connections.release(*static_cast<Connection*>(*place));
    }
}

void ServerCallbacks::note_completed(void* context, MHD_Connection* connection, void**,
                                     MHD_RequestTerminationCode) {
    auto& listener = *static_cast<Server::Listener*>(context);
    Connection& place = Server::connection_of(connection);
    CommandBodies::give_back(place);
    if (listener.connections.note_answered(place, boottime_ns())) hang_up(place);
}

// The library sees the end of the stream and does the rest.
void hang_up(const Connection& connection) {
    shutdown(connection.fd, SHUT_RDWR);
}

void cut_off(const Connection& connection) {
    const linger at_once = {1, 0};
    if (connection.state == Connection::State::answering) {
        setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    hang_up(connection);
}

Connection& Server::connection_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    NMA_CHECK(info != nullptr && info->socket_context != nullptr);
    return *static_cast<Connection*>(info->socket_context);
}

bool Server::is_peer_allowed(const Request& request) {
    return !connection_of(request.connection).is_peer_refused;
}

FixedText<64> Server::client_address(MHD_Connection* connection) {
    return describe_client(connection_of(connection).address);
}

ClientCertificate Server::client_certificate(MHD_Connection* connection, CertificateUid& uid) {
    constexpr std::uint64_t trusted_ns = limits::client_certificate_s_max * ns_per_s;
    ShownCertificate& shown = connection_of(connection).certificate;
    const std::uint64_t now_ns = boottime_ns();
    if (shown.checked_at_ns == 0 || now_ns - shown.checked_at_ns > trusted_ns) {
        shown = ServerTls::look_at_client(connection);
        shown.checked_at_ns = now_ns;
    }
    if (shown.verdict == ClientCertificate::good) uid = shown.uid;
    return shown.verdict;
}

void Server::accept_ready(Listener& listener, std::uint64_t now_ns) {
    listener.is_ready = false;
    for (std::size_t i = 0; i < limits::accepts_per_turn_max; ++i) {
        sockaddr_storage from = {};
        socklen_t bytes = sizeof from;
        auto* address = reinterpret_cast<sockaddr*>(&from);
        const int fd = accept4(listener.socket.fd, address, &bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            let_in(listener, fd, *address, bytes, now_ns);
        } else if (is_out_of_descriptors(errno)) {
            pause_accepting(listener, now_ns);
            return;
        } else if (is_empty_queue(errno)) {
            return;
        }
        // Anything else is about the one who came and is gone already (accept(2)).
    }
}

// Asked again at once, the kernel would say the same at once.
void Server::pause_accepting(Listener& listener, std::uint64_t now_ns) {
    stop_accepting(listener);
    listener.closed_until_ns = now_ns + limits::accept_pause_ms * ns_per_ms;
    if (warned_at_ns_ != 0 && now_ns - warned_at_ns_ < 60 * ns_per_s) return;
    warned_at_ns_ = now_ns;
    log_line(
        LogLevel::warning,
        "%s: no descriptor or memory is left for connections; raise LimitNOFILE of the service",
        listener.description.c_str());
}

void Server::let_in(Listener& listener, int fd, const sockaddr& address, socklen_t bytes,
                    std::uint64_t now_ns) {
    using Place = ConnectionTable::Verdict;
    ClientAddress client = client_address_of(address);
    if (client.kind == ClientAddress::Kind::unix_socket) read_peer_uid(fd, client.uid);
    Connection* place = nullptr;
    Place verdict = listener.connections.admit(client, fd, now_ns, place);
    // A client that leaves its connections idle pays with one of its own.
    const ClientAddress* payer = verdict == Place::address_full ? &client : nullptr;
    if (verdict != Place::admitted && make_room(listener, now_ns, payer)) {
        verdict = listener.connections.admit(client, fd, now_ns, place);
    }
    if (verdict != Place::admitted) {
        ++refused_count_;
        count_agent(AgentCounter::connections_refused);
        failures_.note(describe_client(client).view(),
                       verdict == Place::full ? "too many connections of all clients"
                                              : "too many connections of this client",
                       now_ns);
        refuse(listener, fd);
        return;
    }
    place->is_peer_refused =
        listener.options.auth == AuthMode::peer && !peer_is_allowed(fd, listener.options.peers);
    listener.arriving = place;
    MHD_add_connection(listener.daemon, fd, &address, bytes);
    // On failure the library has closed it, and may not have got as far as telling us.
    if (listener.arriving != nullptr) listener.connections.release(*place);
    listener.arriving = nullptr;
}

bool Server::make_room(Listener& listener, std::uint64_t now_ns, const ClientAddress* client) {
    if (listener.connections.evict(now_ns, cut_off, client) == nullptr) return false;
    ++evicted_count_;
    count_agent(AgentCounter::connections_refused);
    run_daemons(listener);
    return true;
}

// Nothing is waited for: who does not take it at once goes without. What he sent already is taken
// off the socket, or else the kernel would tell him of an error in place of the answer.
void Server::refuse(const Listener& listener, int fd) {
    if (listener.options.tls.certificate.empty()) {
        char answer[512];
        const int bytes = snprintf(answer, sizeof answer,
                                   "HTTP/1.1 503 Service Unavailable\r\n"
                                   "Content-Type: application/json\r\n"
                                   "Content-Length: %zu\r\n"
                                   "Retry-After: 1\r\n"
                                   "Connection: close\r\n"
                                   "\r\n%s",
                                   sizeof busy_body - 1, busy_body);
        send(fd, answer, static_cast<std::size_t>(bytes), MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(fd, SHUT_WR);
        char request[4096];
        recv(fd, request, sizeof request, MSG_DONTWAIT);
    }
    close(fd);
}

}  // namespace nma
