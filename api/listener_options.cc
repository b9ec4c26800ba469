#include "api/listener_options.h"

namespace nma {

namespace {

using Kind = ListenAddress::Kind;

bool check_peers(const ListenerOptions& options, ListenError& error) {
    if (options.address.kind != Kind::unix_socket && options.address.kind != Kind::systemd) {
        return refuse_listener(error,
                               "auth \"peer\" is for unix sockets: of a TCP connection nobody says "
                               "which process is at "
                               "its other end; use auth \"%s\"",
                               options.service == ListenerService::registration ? "none" : "token");
    }
    if (options.peers.uid_count + options.peers.gid_count == 0) {
        return refuse_listener(error,
                               "auth \"peer\" would serve nobody: name users or groups in it");
    }
    return true;
}

// The module of Mesos that registers containers has no token and no TLS, so a listener with either
// would serve nobody.
bool check_registration(const ListenerOptions& options, bool may_be_local, ListenError& error) {
    if (!may_be_local) {
        return refuse_listener(error,
                               "others can reach this address, and registrations come without "
                               "tokens; listen on a unix socket, 127.0.0.1 or [::1]");
    }
    if (options.auth == AuthMode::token) {
        return refuse_listener(error,
                               "registrations come without tokens; leave \"auth\" out, or use "
                               "\"peer\" on a unix socket");
    }
    const TlsFiles& tls = options.tls;
    if (tls.certificate.empty() && tls.key.empty() && tls.client_ca.empty()) return true;
    return refuse_listener(error, "registrations come without TLS; leave the \"tls_\" keys out");
}

bool check_tls(const TlsFiles& tls, ListenError& error) {
    if (tls.certificate.empty() == tls.key.empty() &&
        (tls.client_ca.empty() || !tls.certificate.empty())) {
        return true;
    }
    return refuse_listener(error, "TLS needs both a certificate and its key");
}

bool check_limits(const ListenerOptions& options, ListenError& error) {
    if (options.connection_count_max > 0 &&
        options.connection_count_max <= limits::connections_per_listener_max &&
        options.connections_per_address_max > 0 && options.header_bytes_max > 0 &&
        options.idle_s_max > 0 && options.request_s_max > 0) {
        return true;
    }
    return refuse_listener(error, "its limits must be at least 1, and at most %zu connections",
                           limits::connections_per_listener_max);
}

}  // namespace

bool check_listener(const ListenerOptions& options, ListenError& error) {
    const bool may_be_local = is_local(options.address) || options.address.kind == Kind::systemd;
    if (options.service == ListenerService::registration &&
        !check_registration(options, may_be_local, error)) {
        return false;
    }
    if (options.auth == AuthMode::none && !may_be_local) {
        return refuse_listener(
            error,
            "others can reach this address, and with auth \"none\" nobody would "
            "ask who they are; use auth \"token\", or listen on 127.0.0.1, [::1] "
            "or a unix socket");
    }
    if (options.auth == AuthMode::peer && !check_peers(options, error)) return false;
    return check_tls(options.tls, error) && check_limits(options, error);
}

bool shows_tokens(const ListenerOptions& options) {
    return options.auth == AuthMode::token && !is_local(options.address) &&
           options.tls.certificate.empty();
}

}  // namespace nma
