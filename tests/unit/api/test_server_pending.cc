// threaded
// Requests that wait for an external authorizer. The test is the authorizer: it says when.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"
#include "tests/support/tls_client.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

// SHA-256 of "nma_root" and of "nma_none". Only the first has a permission of its own.
constexpr std::string_view tokens_text =
    "sha256:7be19f1be909959f40051267ac7953f3c6b7e88e6663f966098ac1580e7c85cc root dcos:superuser\n"
    "sha256:889a8cc8ccbf00ee66d20accfda43f1e3b9479661ee45f1894441cf49a1d6895 asker\n";

constexpr const char* asker_ping =
    "GET /v0/ping HTTP/1.1\r\nHost: x\r\nAuthorization: token=nma_none\r\n\r\n";
constexpr const char* asker_header = "Authorization: token=nma_none\r\n";
constexpr const char* root_header = "Authorization: token=nma_root\r\n";

SampleSnapshot snapshot;
Tree tree;
AuthOptions auth;
int authorizer = -1;

std::string path_of(const char* name) {
    return std::string(tree.path.view()) + "/" + name;
}

// With a certificate, the second listener speaks TLS.
void start(bool is_tls) {
    static ListenerOptions listeners[2];
    for (ListenerOptions& listener : listeners) {
        listener = listener_on("127.0.0.1:0");
        listener.auth = AuthMode::token;
    }
    if (is_tls) {
        assert_true(listeners[1].tls.certificate.assign(path_of("server.pem")));
        assert_true(listeners[1].tls.key.assign(path_of("server.key")));
    }
    server_start({listeners, is_tls ? std::size_t{2} : std::size_t{1}}, auth, {});
    server_publish(snapshot.snapshot);
}

int make_bed(void**) {
    sample_make(snapshot, 16);
    sample_fill(snapshot, 1250, 2);
    tree_make(tree);
    tree_write(tree, "tokens", tokens_text);
    tree_chmod(tree, "tokens", 0600);
    auth = AuthOptions{};
    auth.authorization.timeout_ms = 5000;
    if (!auth.tokens.tokens.assign(path_of("tokens")) ||
        !auth.authorization.socket.assign(path_of("authorizer"))) {
        return -1;
    }
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_of("authorizer").copy(address.sun_path, sizeof address.sun_path - 1);
    authorizer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience = {2, 0};
    setsockopt(authorizer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return bind(authorizer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                   listen(authorizer, 16) == 0
               ? 0
               : -1;
}

int remove_bed(void**) {
    close(authorizer);
    tree_remove(tree);
    return 0;
}

// The next question, once it is there; its connection is to be closed.
int take_question() {
    const int question = accept4(authorizer, nullptr, nullptr, SOCK_CLOEXEC);
    assert_true(question >= 0);
    char text[256] = {};
    assert_true(read(question, text, sizeof text - 1) > 0);
    assert_true(std::string_view(text).starts_with("asker dcos:"));
    return question;
}

void decide(int question, std::string_view word) {
    assert_int_equal(write(question, word.data(), word.size()), word.size());
    close(question);
}

int ask(int connection) {
    http_send(connection, asker_ping);
    return connection;
}

bool has_answer(int connection) {
    pollfd ready = {connection, POLLIN, 0};
    return poll(&ready, 1, 100) == 1;
}

void answer_comes_when_it_is_decided(void**) {
    for (const char* word : {"allow\n", "deny\n", "perhaps\n"}) {
        start(false);
        const int first = ask(http_connect(server_address()));
        const int question = take_question();
        const int second = ask(http_connect(server_address()));
        assert_false(has_answer(first));
        assert_false(has_answer(second));  // the same question: asked once, decided for both
        assert_int_equal(http_status(http_get(server_address(), "GET /v0/node", root_header)), 200);
        assert_int_equal(http_status(http_get(server_address(), "GET /v0/node")), 401);
        assert_false(has_answer(first));
        decide(question, word);
        const int expected = *word == 'a' ? 200 : 403;
        assert_int_equal(http_status(http_receive_one(first, false)), expected);
        assert_int_equal(http_status(http_receive_one(second, false)), expected);
        assert_int_equal(http_status(http_receive_one(ask(first), false)), expected);
        assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping", asker_header)),
                         expected);
        close(first);
        close(second);
        server_stop();
    }
}

void client_that_is_gone_leaves_its_place(void**) {
    start(false);
    const int gone = ask(http_connect(server_address()));
    const int question = take_question();
    close(gone);
    usleep(50'000);
    decide(question, "allow\n");
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping", asker_header)), 200);
    static bool is_drained = false;
    server_do([](Server& server) {
        server.drain();
        is_drained = server.is_drained();
    });
    assert_true(is_drained);
    server_stop();
}

void reload_of_permissions_has_the_question_asked_anew(void**) {
    start(false);
    const int connection = ask(http_connect(server_address()));
    const int first = take_question();
    AuthError error;
    assert_true(server_load_auth(auth, error));
    const int second = take_question();
    assert_false(has_answer(connection));
    decide(second, "allow\n");
    assert_int_equal(http_status(http_receive_one(connection, false)), 200);
    close(first);
    close(connection);
    server_stop();
}

void stop_ends_who_waits(void**) {
    start(false);
    const int connection = ask(http_connect(server_address()));
    const int question = take_question();
    server_stop();
    assert_int_equal(http_status(http_receive_all(connection)), 0);
    close(connection);
    close(question);
}

#ifdef NMA_TLS

void copy_pair(const char* name) {
    for (const char* end : {".pem", ".key"}) {
        static char text[65536];
        const std::string from = std::string(NMA_SOURCE_DIR "/tests/fixtures/tls/") + name + end;
        FILE* file = fopen(from.c_str(), "re");
        assert_non_null(file);
        const std::size_t bytes = fread(text, 1, sizeof text, file);
        fclose(file);
        const std::string to = std::string("server") + end;
        tree_write(tree, to.c_str(), {text, bytes});
        tree_chmod(tree, to.c_str(), 0600);
    }
}

bool reload() {
    static bool is_loaded;
    server_do([](Server& server) {
        ListenError error;
        is_loaded = server.reload_tls(error);
    });
    return is_loaded;
}

void new_certificates_end_nobody_who_waits(void**) {
    copy_pair("server");
    start(true);
    TlsClient client;
    assert_true(tls_connect(client, server_address(1), "+VERS-TLS1.3", nullptr));
    tls_send(client, asker_ping);
    const int question = take_question();
    for (const char* name : {"next_server", "server", "next_server"}) {
        copy_pair(name);
        assert_true(reload());
        assert_false(has_answer(client.connection));
    }
    decide(question, "allow\n");
    assert_int_equal(http_status(tls_receive_all(client)), 200);
    tls_close(client);
    server_stop();
}

#endif

}  // namespace

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, make_bed, remove_bed)

int main() {
    const CMUnitTest tests[] = {
        WITH_BED(answer_comes_when_it_is_decided),
        WITH_BED(client_that_is_gone_leaves_its_place),
        WITH_BED(reload_of_permissions_has_the_question_asked_anew),
        WITH_BED(stop_ends_who_waits),
#ifdef NMA_TLS
        WITH_BED(new_certificates_end_nobody_who_waits),
#endif
    };
    return cmocka_run_group_tests_name("server_pending", tests, nullptr, nullptr);
}
