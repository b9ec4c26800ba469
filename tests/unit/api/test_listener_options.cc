#include "api/listener_options.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr const char* local[] = {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/run/a"};
constexpr const char* reachable[] = {"0.0.0.0:1",   "[::]:1",          "192.0.2.7:1",
                                     "[fe80::1]:1", "[2001:db8::1]:1", "[::ffff:127.0.0.1]:1",
                                     "128.0.0.1:1", "0.0.0.1:1"};

ListenerOptions listener_on(const char* address, AuthMode auth) {
    ListenerOptions options;
    ListenError error;
    assert_true(parse_listen_address(address, options.address, error));
    options.auth = auth;
    return options;
}

bool is_refused(const ListenerOptions& options, const char* cure) {
    ListenError error;
    if (check_listener(options, error)) return false;
    if (strstr(error.c_str(), cure) == nullptr) print_error("%s\n", error.c_str());
    return strstr(error.c_str(), cure) != nullptr;
}

bool is_taken(const ListenerOptions& options) {
    ListenError error;
    return check_listener(options, error) && error.empty();
}

void tokens_are_asked_for_anywhere(void**) {
    for (const char* address : local)
        assert_true(is_taken(listener_on(address, AuthMode::token)));
    for (const char* address : reachable)
        assert_true(is_taken(listener_on(address, AuthMode::token)));
    assert_true(is_taken(listener_on("systemd:0", AuthMode::token)));
}

void nobody_is_asked_on_this_machine_only(void**) {
    for (const char* address : local)
        assert_true(is_taken(listener_on(address, AuthMode::none)));
    for (const char* address : reachable)
        assert_true(is_refused(listener_on(address, AuthMode::none), "use auth \"token\""));
    // Looked at again when it is known.
    assert_true(is_taken(listener_on("systemd:0", AuthMode::none)));
}

void peers_are_known_on_unix_sockets_only(void**) {
    ListenerOptions options = listener_on("unix:/run/a", AuthMode::peer);
    assert_true(is_refused(options, "name users or groups"));
    options.peers.uid_count = 1;
    assert_true(is_taken(options));
    options.peers = {};
    options.peers.gid_count = 1;
    assert_true(is_taken(options));
    for (const char* address : {"127.0.0.1:1", "[::1]:1", "192.0.2.7:1"}) {
        ListenerOptions tcp = listener_on(address, AuthMode::peer);
        tcp.peers.uid_count = 1;
        assert_true(is_refused(tcp, "unix sockets"));
    }
}

ListenerOptions registration_on(const char* address, AuthMode auth) {
    ListenerOptions options = listener_on(address, auth);
    options.service = ListenerService::registration;
    return options;
}

void registrations_come_from_this_machine_without_tokens(void**) {
    for (const char* address : local) {
        assert_true(is_taken(registration_on(address, AuthMode::none)));
        assert_true(is_refused(registration_on(address, AuthMode::token), "leave \"auth\" out"));
    }
    for (const char* address : reachable) {
        for (const AuthMode auth : {AuthMode::none, AuthMode::token, AuthMode::peer}) {
            assert_true(is_refused(registration_on(address, auth), "listen on a unix socket"));
        }
    }
    // Looked at again when it is known.
    assert_true(is_taken(registration_on("systemd:0", AuthMode::none)));
    assert_true(is_refused(registration_on("systemd:0", AuthMode::token), "leave \"auth\" out"));
}

void registrations_may_be_for_peers_on_unix_sockets(void**) {
    ListenerOptions options = registration_on("unix:/run/a", AuthMode::peer);
    assert_true(is_refused(options, "name users or groups"));
    options.peers.uid_count = 1;
    assert_true(is_taken(options));
    options = registration_on("127.0.0.1:1", AuthMode::peer);
    options.peers.uid_count = 1;
    assert_true(is_refused(options, "use auth \"none\""));
}

void registrations_come_without_tls(void**) {
    for (FixedText<256> TlsFiles::*file :
         {&TlsFiles::certificate, &TlsFiles::key, &TlsFiles::client_ca}) {
        ListenerOptions options = registration_on("127.0.0.1:1", AuthMode::none);
        assert_true((options.tls.*file).assign("/file"));
        assert_true(is_refused(options, "leave the \"tls_\" keys out"));
    }
}

void certificate_and_key_come_together(void**) {
    ListenerOptions options = listener_on("127.0.0.1:1", AuthMode::token);
    assert_true(options.tls.client_ca.assign("/ca"));
    assert_true(is_refused(options, "both"));
    assert_true(options.tls.key.assign("/key"));
    assert_true(is_refused(options, "both"));
    assert_true(options.tls.certificate.assign("/certificate"));
    assert_true(is_taken(options));
    options.tls.key.clear();
    assert_true(is_refused(options, "both"));
}

void limits_are_at_least_one(void**) {
    for (unsigned ListenerOptions::*limit :
         {&ListenerOptions::connection_count_max, &ListenerOptions::connections_per_address_max,
          &ListenerOptions::header_bytes_max, &ListenerOptions::idle_s_max,
          &ListenerOptions::request_s_max}) {
        ListenerOptions options = listener_on("127.0.0.1:1", AuthMode::token);
        options.*limit = 0;
        assert_true(is_refused(options, "at least 1"));
    }
    ListenerOptions options = listener_on("127.0.0.1:1", AuthMode::token);
    options.connection_count_max = limits::connections_per_listener_max;
    assert_true(is_taken(options));
    ++options.connection_count_max;
    assert_true(is_refused(options, "at most 1024"));
}

void tokens_are_readable_on_a_network_without_tls(void**) {
    for (const char* address : local)
        assert_false(shows_tokens(listener_on(address, AuthMode::token)));
    for (const char* address : reachable) {
        ListenerOptions options = listener_on(address, AuthMode::token);
        assert_true(shows_tokens(options));
        assert_true(options.tls.certificate.assign("/certificate"));
        assert_false(shows_tokens(options));
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_asked_for_anywhere),
        cmocka_unit_test(nobody_is_asked_on_this_machine_only),
        cmocka_unit_test(peers_are_known_on_unix_sockets_only),
        cmocka_unit_test(registrations_come_from_this_machine_without_tokens),
        cmocka_unit_test(registrations_may_be_for_peers_on_unix_sockets),
        cmocka_unit_test(registrations_come_without_tls),
        cmocka_unit_test(certificate_and_key_come_together),
        cmocka_unit_test(limits_are_at_least_one),
        cmocka_unit_test(tokens_are_readable_on_a_network_without_tls),
    };
    return cmocka_run_group_tests_name("listener_options", tests, nullptr, nullptr);
}
