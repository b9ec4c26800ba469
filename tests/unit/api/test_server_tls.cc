// threaded
#include "api/server_tls.h"

#include <microhttpd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/emulator.h"
#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"
#include "tests/support/tls_client.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#ifdef NMA_TLS

constexpr const char* ping = "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* any_version = "+VERS-TLS1.3:+VERS-TLS1.2";

Tree tree;

std::string path_of(const char* name) {
    return std::string(tree.path.c_str()) + "/" + name;
}

// From the fixtures into the tree, where the modes are ours to choose.
void put(const char* fixture, const char* name, mode_t mode) {
    const std::string from = std::string(NMA_SOURCE_DIR "/tests/fixtures/tls/") + fixture;
    static char text[65536];
    FILE* file = fopen(from.c_str(), "re");
    assert_non_null(file);
    const std::size_t bytes = fread(text, 1, sizeof text, file);
    fclose(file);
    tree_write(tree, name, {text, bytes});
    assert_int_equal(chmod(path_of(name).c_str(), mode), 0);
}

// As the server's certificate and its key.
void put_pair(const char* name) {
    put((std::string(name) + ".pem").c_str(), "server.pem", 0644);
    put((std::string(name) + ".key").c_str(), "server.key", 0600);
}

int make_files(void**) {
    tree_make(tree);
    put_pair("server");
    put("authority.pem", "authority.pem", 0644);
    return 0;
}

int remove_files(void**) {
    tree_remove(tree);
    return 0;
}

ListenerOptions tls_listener() {
    ListenerOptions listener = listener_on("127.0.0.1:0");
    assert_true(listener.tls.certificate.assign(path_of("server.pem")));
    assert_true(listener.tls.key.assign(path_of("server.key")));
    return listener;
}

int ask(const TlsClient& client) {
    return http_status(tls_ask(client, ping));
}

void versions_1_2_and_1_3_are_spoken_and_older_ones_are_not(void**) {
    server_start(tls_listener(), {});
    assert_true(server_address().starts_with("https://127.0.0.1:"));
    for (const char* version : {"TLS1.2", "TLS1.3"}) {
        TlsClient client;
        assert_true(tls_connect(client, server_address(), (std::string("+VERS-") + version).c_str(),
                                nullptr));
        assert_string_equal(tls_version(client), version);
        assert_int_equal(ask(client), 200);
        assert_int_equal(ask(client), 200);
        tls_close(client);
    }
    for (const char* version : {"+VERS-TLS1.1", "+VERS-TLS1.0"}) {
        TlsClient client;
        assert_false(tls_connect(client, server_address(), version, nullptr));
        tls_close(client);
    }
    assert_true(http_receive_all(http_connect(server_address())).empty());
    assert_false(http_get(server_address(), "GET /v0/ping").starts_with("HTTP/"));
    server_stop();
}

void handshakes_that_never_end_keep_nobody_out(void**) {
    ListenerOptions listener = tls_listener();
    listener.connection_count_max = 2;
    listener.idle_s_max = 1;
    server_start(listener, {});
    const int silent[] = {http_connect(server_address()), http_connect(server_address())};
    http_send(silent[1], "\x16\x03\x01\x02");
    usleep(1'300'000);
    // On a busy machine they have come later than we sent them.
    TlsClient client;
    bool is_in = tls_connect(client, server_address(), any_version, nullptr);
    for (int i = 0; i < 50 && !is_in; ++i) {
        tls_close(client);
        usleep(100'000);
        is_in = tls_connect(client, server_address(), any_version, nullptr);
    }
    assert_true(is_in);
    assert_int_equal(ask(client), 200);
    tls_close(client);
    for (const int connection : silent) {
        assert_true(http_receive_all(connection).empty());
        close(connection);
    }
    server_stop();
    assert_int_equal(server_itself().timed_out_count() + server_itself().evicted_count(), 2);
}

void reload_takes_the_new_certificate_and_drops_nobody(void**) {
    server_start(tls_listener(), {});
    TlsClient before;
    assert_true(tls_connect(before, server_address(), any_version, nullptr));
    assert_true(tls_server_name(before) == "CN=server");
    assert_int_equal(ask(before), 200);
    put_pair("next_server");
    static bool is_loaded = false;
    static ListenError error;
    server_do([](Server& server) { is_loaded = server.reload_tls(error); });
    assert_true(is_loaded);
    TlsClient after;
    assert_true(tls_connect(after, server_address(), any_version, nullptr));
    assert_true(tls_server_name(after) == "CN=next_server");
    assert_int_equal(ask(before), 200);  // once more, and then it makes place
    assert_int_equal(ask(before), 0);
    assert_int_equal(ask(after), 200);
    assert_int_equal(ask(after), 200);
    for (const char* name : {"server", "next_server"}) {
        put_pair(name);
        server_do([](Server& server) { is_loaded = server.reload_tls(error); });
    }
    assert_int_equal(ask(after), 0);  // two changes later it had its time
    tls_close(before);
    tls_close(after);
    server_stop();
    make_files(nullptr);
}

void reload_of_the_same_files_ends_no_connection(void**) {
    server_start(tls_listener(), {});
    TlsClient client;
    assert_true(tls_connect(client, server_address(), any_version, nullptr));
    for (int i = 0; i < 5; ++i) {
        assert_int_equal(ask(client), 200);
        static bool is_loaded = false;
        static ListenError error;
        server_do([](Server& server) { is_loaded = server.reload_tls(error); });
        assert_true(is_loaded);
    }
    tls_close(client);
    server_stop();
}

bool is_served_with(const char* name) {
    TlsClient client;
    const bool is_connected = tls_connect(client, server_address(), any_version, nullptr);
    const bool is_it = is_connected && tls_server_name(client) == name && ask(client) == 200;
    tls_close(client);
    return is_it;
}

// An answer that is on its way at the first change is taken after the second.
void changes_one_after_the_other_cut_no_answer(void**) {
    skip_if_emulated("server_tls.changes", "the emulator is too slow for its half seconds");
    static SampleSnapshot sample;
    sample_make(sample, 4096);
    sample_fill(sample, 1250, 4000);
    server_start(tls_listener(), {});
    server_publish(sample.snapshot);
    TlsClient slow;
    assert_true(tls_connect(slow, server_address(), any_version, nullptr));
    std::string requests;
    for (int i = 0; i < 300; ++i)
        requests += "GET /v0/containers HTTP/1.1\r\nHost: x\r\n\r\n";
    tls_send(slow, requests);
    usleep(500'000);
    static bool is_loaded = false;
    static ListenError error;
    for (const char* name : {"next_server", "server"}) {
        put_pair(name);
        server_do([](Server& server) { is_loaded = server.reload_tls(error); });
        assert_true(is_loaded);
        assert_true(is_served_with("CN=next_server"));
        usleep(500'000);
    }
    const std::string_view all = tls_receive_all(slow);
    assert_true(all.size() < 300 * std::size_t{25'000});
    assert_true(all.ends_with("\"c3999\"]"));
    bool is_new = false;
    for (int i = 0; i < 100 && !is_new; ++i) {
        usleep(20'000);
        is_new = is_served_with("CN=server");
    }
    assert_true(is_new);
    tls_close(slow);
    server_stop();
}

void broken_files_leave_the_old_certificate(void**) {
    server_start(tls_listener(), {});
    static bool is_loaded = true;
    static ListenError error;
    const auto reload = [] {
        server_do([](Server& server) { is_loaded = server.reload_tls(error); });
        return !is_loaded && strstr(error.c_str(), tree.path.c_str()) != nullptr;
    };
    put("next_server.key", "server.key", 0600);  // not the key of this certificate
    assert_true(reload());
    put("server.key", "server.key", 0644);
    assert_true(reload());
    assert_non_null(strstr(error.c_str(), "chmod"));
    put("server.key", "server.key", 0600);
    tree_write(tree, "server.pem", "-----BEGIN CERTIFICATE-----\nrubbish");
    assert_true(reload());
    unlink(path_of("server.pem").c_str());
    assert_true(reload());
    TlsClient client;
    assert_true(tls_connect(client, server_address(), any_version, nullptr));
    assert_int_equal(ask(client), 200);
    tls_close(client);
    put("server.pem", "server.pem", 0644);
    assert_false(reload());
    assert_true(is_loaded);
    server_stop();
}

void listener_with_bad_files_is_not_opened(void**) {
    static Server server;
    static Arena arena;
    static NodeIdentity identity;
    static ListenError error;
    assert_true(arena.map(std::size_t{64} << 20));
    server.init(arena, {}, {}, identity, {});
    ListenerOptions listener = tls_listener();
    assert_true(listener.tls.client_ca.assign(path_of("server.key")));
    assert_false(server.listen(listener, error));
    listener.tls.client_ca.clear();
    assert_true(listener.tls.key.assign(path_of("server.pem")));
    assert_false(server.listen(listener, error));
    listener.tls.key.clear();
    assert_false(server.listen(listener, error));
    assert_non_null(strstr(error.c_str(), "both a certificate and its key"));
    server.stop();
    arena.unmap();
}

// A server that answers with what it sees of its client.
MHD_Result tell_client(void*, MHD_Connection* connection, const char*, const char*, const char*,
                       const char*, std::size_t*, void**) {
    const ShownCertificate shown = ServerTls::look_at_client(connection);
    std::string text = shown.verdict == ClientCertificate::none  ? "none"
                       : shown.verdict == ClientCertificate::bad ? "bad"
                                                                 : "good ";
    text += shown.uid.view();
    MHD_Response* response =
        MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY);
    const MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

MHD_Daemon* start_daemon(const ServerTls& tls, const char* priorities) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, nullptr, nullptr, tell_client, nullptr,
        MHD_OPTION_HTTPS_MEM_CERT, tls.certificate(), MHD_OPTION_HTTPS_MEM_KEY, tls.key(),
        MHD_OPTION_HTTPS_PRIORITIES, priorities,
        tls.client_ca() == nullptr ? MHD_OPTION_END : MHD_OPTION_HTTPS_MEM_TRUST, tls.client_ca(),
        MHD_OPTION_END);
}

std::string address_of(MHD_Daemon* daemon) {
    const auto* port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return "https://127.0.0.1:" + std::to_string(port->port);
}

// What the client asks for is what the server refuses: another one takes it.
void client_of_these_tests_could_speak_older_versions(void**) {
    static Arena arena;
    static ServerTls tls;
    ListenError error;
    assert_true(arena.map(std::size_t{1} << 20));
    tls.init(arena);
    assert_true(tls.load(tls_listener().tls, error));
    MHD_Daemon* daemon = start_daemon(tls, "NORMAL:+VERS-TLS1.1:%VERIFY_ALLOW_SIGN_WITH_SHA1");
    TlsClient client;
    assert_true(tls_connect(client, address_of(daemon), "+VERS-TLS1.1", nullptr));
    tls_close(client);
    MHD_stop_daemon(daemon);
    arena.unmap();
}

struct ClientCase {
    const char* certificate;
    const char* seen;
};

void client_certificate_gives_a_name_when_all_of_it_is_right(void**) {
    const std::string signs = "good #a,b+c=\\d " + std::string(100, 'e');
    const ClientCase cases[] = {
        {nullptr, "none"},
        {"client", "good poller é"},
        {"client_with_signs", signs.c_str()},
        {"client_expired", "bad"},
        {"client_of_stranger", "bad"},
        {"client_for_servers", "bad"},
        {"client_without_name", "bad"},
        {"client_with_two_names", "bad"},
        {"client_with_nul", "bad"},
        {"client_with_newline", "bad"},
        {"client_with_c1_control", "bad"},
        {"client_with_long_name", "bad"},
        {"server", "bad"},
    };
    static Arena arena;
    static ServerTls tls;
    ListenError error;
    assert_true(arena.map(std::size_t{1} << 20));
    tls.init(arena);
    TlsFiles files = tls_listener().tls;
    assert_true(files.client_ca.assign(path_of("authority.pem")));
    assert_true(tls.load(files, error));
    MHD_Daemon* daemon = start_daemon(tls, ServerTls::priorities);
    assert_non_null(daemon);
    tls.forget_key();
    const std::string address = address_of(daemon);
    for (const ClientCase& row : cases) {
        for (const char* version : {"+VERS-TLS1.2", "+VERS-TLS1.3"}) {
            TlsClient client;
            assert_true(tls_connect(client, address, version, row.certificate));
            const std::string seen(http_body(tls_ask(client, ping)));
            if (seen != row.seen) print_error("%s: %s\n", row.certificate, seen.c_str());
            assert_string_equal(seen.c_str(), row.seen);
            tls_close(client);
        }
    }
    MHD_stop_daemon(daemon);
    arena.unmap();
}

#else

void build_without_tls_says_so(void**) {
    ListenError error;
    ServerTls tls;
    assert_false(tls.load({}, error));
    assert_string_equal(error.c_str(), "this build has no TLS");
}

#endif

}  // namespace

int main() {
#ifdef NMA_TLS
    const CMUnitTest tests[] = {
        cmocka_unit_test(versions_1_2_and_1_3_are_spoken_and_older_ones_are_not),
        cmocka_unit_test(client_of_these_tests_could_speak_older_versions),
        cmocka_unit_test(handshakes_that_never_end_keep_nobody_out),
        cmocka_unit_test(reload_takes_the_new_certificate_and_drops_nobody),
        cmocka_unit_test(reload_of_the_same_files_ends_no_connection),
        cmocka_unit_test(changes_one_after_the_other_cut_no_answer),
        cmocka_unit_test(broken_files_leave_the_old_certificate),
        cmocka_unit_test(listener_with_bad_files_is_not_opened),
        cmocka_unit_test(client_certificate_gives_a_name_when_all_of_it_is_right),
    };
    return cmocka_run_group_tests_name("server_tls", tests, make_files, remove_files);
#else
    const CMUnitTest tests[] = {cmocka_unit_test(build_without_tls_says_so)};
    return cmocka_run_group_tests_name("server_tls", tests, nullptr, nullptr);
#endif
}
