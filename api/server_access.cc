// Who is let in: the server's side of the gate.
#include "api/server_callbacks.h"
#include "api/server_request.h"
#include "api/unix_socket.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"
#include "platform/metrics/agent_counters.h"

namespace nma {

namespace {

void write_failure(void*, const char* line) {
    log_line(LogLevel::warning, "%s", line);
}

}  // namespace

void Server::init_access(Arena& arena) {
    gate_.init(arena);
    failures_.init(arena, "refused", {write_failure, nullptr});
}

bool Server::load_auth(const AuthOptions& options, AuthError& error) {
    return gate_.load(options, error) == Status::ok;
}

bool Server::try_out(const ListenerOptions& options, ListenError& error) {
    uid_t uid = 0;
    gid_t gid = 0;
    if (!find_socket_owner(options, uid, gid, error)) return false;
    if (options.tls.certificate.empty()) return true;
    const bool is_good = tls_.load(options.tls, error);
    tls_.forget_key();
    return is_good;
}

bool Server::asks_for_tokens(std::size_t index) const {
    return index < listeners_.size() && listeners_[index].options.auth == AuthMode::token;
}

const char* Server::identify(const Request& request, Asker& asker) {
    asker.is_peer = request.listener.options.auth != AuthMode::token;
    if (asker.is_peer) return nullptr;
    ShownCredentials credentials;
    collect_credentials(request.connection, credentials);
    std::string_view token;
    switch (client_certificate(request.connection, asker.certificate_uid)) {
        case ClientCertificate::bad:
            return "its certificate is not good";
        case ClientCertificate::good:
            asker.identity.uid = asker.certificate_uid.view();
            if (credentials.find(token) == ShownCredentials::Found::nothing) return nullptr;
            break;
        case ClientCertificate::none:
            break;
    }
    constexpr std::uint64_t second_ns = 1'000'000'000;
    const auto now_s = static_cast<std::int64_t>(read_instants().realtime_ns / second_ns);
    return gate_.identify(credentials, now_s, asker.identity);
}

Verdict Server::permit(const Request& request, const Asker& asker, const RouteMatch& match,
                       const Admission*& admission) {
    if (asker.is_peer) {
        if (!is_peer_allowed(request)) return Verdict::deny;
        admission = &gate_.admit_peer();
        return Verdict::allow;
    }
    const AccessQuestion question = {
        .identity = asker.identity,
        .permission = permission_of(request.path),
        .route = match.route == nullptr ? std::string_view() : match.route->name,
        .container_id = match.container_id.view()};
    return gate_.permit(question, admission);
}

void Server::note_failure(const Request& request, AgentCounter counter, std::string_view cause) {
    count_agent(counter);
    failures_.note(client_address(request.connection).view(), cause, boottime_ns());
}

// The longest uid and the longest permission fit.
void Server::note_denial(const Request& request, const Asker& asker) {
    if (asker.is_peer) {
        return note_failure(request, AgentCounter::auth_denials, "none of this socket's peers");
    }
    FixedText<256> cause;
    for (const std::string_view piece :
         {std::string_view("uid "), asker.identity.uid,
          std::string_view(" has no permission, such as "),
          std::string_view(permission_name(permission_of(request.path)))}) {
        (void)cause.append(piece);
    }
    note_failure(request, AgentCounter::auth_denials, cause.view());
}

// The library calls again for a request that was resumed.
bool Server::suspend(const Request& request) {
    if (suspended_count_ == limits::suspended_count_max) {
        note_failure(request, AgentCounter::auth_denials, "too many wait for the authorizer");
        return false;
    }
    suspended_[suspended_count_++] = request.connection;
    MHD_suspend_connection(request.connection);
    return true;
}

void Server::resume_all(void* self, std::uint32_t) {
    Server& server = *static_cast<Server*>(self);
    const std::size_t count = server.suspended_count_;
    server.suspended_count_ = 0;
    for (std::size_t i = 0; i < count; ++i)
        MHD_resume_connection(server.suspended_[i]);
}

}  // namespace nma
