// threaded
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

SampleSnapshot first;
SampleSnapshot second;

void start_with_snapshot() {
    server_start("127.0.0.1:0", {});
    sample_fill(first, 1250, 2);
    server_publish(first.snapshot);
}

int start_group(void**) {
    sample_make(first, 4096);
    sample_make(second, 4096);
    return 0;
}

void every_prefix_gives_the_same_answers(void**) {
    start_with_snapshot();
    const std::string node(http_body(http_get(server_address(), "GET /v0/node")));
    assert_true(node.starts_with("{\"datapoints\":[{\"name\":\"cpu.total\",\"value\":12.5,"));
    for (const char* request :
         {"GET /v0/node/", "GET /v0/node?", "GET /v0/node?a=b&view=standard",
          "GET /system/v1/metrics/v0/node", "GET /system/v1/agent/a1-S0/metrics/v0/node"}) {
        assert_true(http_body(http_get(server_address(), request)) == node);
    }
    assert_true(http_body(http_get(server_address(), "GET /v0/containers")) == "[\"c0\",\"c1\"]");
    server_stop();
}

struct StatusCase {
    const char* request;
    const char* headers;
    int status;
};

void every_request_has_its_status_and_a_json_body(void**) {
    const std::string long_path = "GET /v0/" + std::string(9000, 'x');
    const std::string long_query = "GET /v0/node?" + std::string(9000, 'x');
    const std::string long_header = "X: " + std::string(20000, 'x') + "\r\n";
    std::string many_headers;
    for (int i = 0; i < 150; ++i)
        many_headers += "X: y\r\n";
    const StatusCase cases[] = {
        {"GET /v0/ping", "", 200},
        {"GET /v0/", "", 200},
        {"GET /v0/node?view=full", "", 200},
        {"GET /v0/containers/c1", "", 200},
        {"GET /v0/containers/%631?view=full", "", 200},
        {"GET /v0/containers/nobody", "", 204},
        {"GET /v0/containers/c1/app", "", 204},
        {"GET /v0/containers/c1/app/x", "", 204},
        {"GET /nowhere", "", 404},
        {"POST /nowhere", "Content-Length: 0\r\n", 404},
        {"GET /v0/containers/%zz", "", 400},
        {"GET /v0/node?view=none", "", 400},
        {"POST /v0/node", "Content-Length: 3\r\n", 405},
        {"PUT /v0/node", "Content-Length: 0\r\n", 405},
        {"DELETE /v0/containers/c1", "", 405},
        {"OPTIONS /v0/node", "", 405},
        {"GET /v0/node", "Accept: text/html\r\n", 406},
        {"GET /v0/node", "Accept: text/html\r\nAccept: application/json\r\n", 200},
        {"GET /v0/node", "Accept: application/json;q=0\r\n", 406},
        {long_path.c_str(), "", 414},
        {long_query.c_str(), "", 414},
        {"GET /v0/node", long_header.c_str(), 431},
        {"GET /v0/node", many_headers.c_str(), 431},
    };
    start_with_snapshot();
    for (const StatusCase& row : cases) {
        const std::string_view answer = http_get(server_address(), row.request, row.headers);
        if (http_status(answer) != row.status)
            print_error("%.60s: %d\n", row.request, http_status(answer));
        assert_int_equal(http_status(answer), row.status);
        if (row.status == 204) {
            assert_true(http_body(answer).empty());
            continue;
        }
        assert_true(http_header(answer, "Content-Type") == "application/json");
        char error[64];
        snprintf(error, sizeof error, "{\"error\":{\"status\":%d,\"reason\":\"", row.status);
        assert_int_equal(http_body(answer).starts_with(error), row.status != 200);
    }
    server_stop();
}

void refused_method_says_what_is_allowed(void**) {
    start_with_snapshot();
    const std::string_view answer = http_get(server_address(), "DELETE /v0/node");
    assert_true(http_header(answer, "Allow") == "GET, HEAD");
    server_stop();
}

void head_has_the_headers_of_get_and_no_body(void**) {
    start_with_snapshot();
    for (const char* path : {"/v0/node", "/v0/containers", "/v0/containers/c0", "/v0/nowhere"}) {
        const std::string get(http_get(server_address(), std::string("GET ") + path));
        const std::string head(http_get(server_address(), std::string("HEAD ") + path));
        assert_int_equal(http_status(head), http_status(get));
        assert_true(http_body(head).empty());
        for (const char* name : {"Content-Type", "Content-Length"}) {
            assert_true(http_header(head, name) == http_header(get, name));
        }
    }
    server_stop();
}

void connection_is_kept_and_requests_may_be_pipelined(void**) {
    start_with_snapshot();
    const int connection = http_connect(server_address());
    for (int i = 0; i < 3; ++i) {
        http_send(connection, "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(http_status(http_receive_one(connection, false)), 200);
    }
    http_send(connection,
              "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /v0/nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
              "HEAD /v0/node HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string_view all = http_receive_all(connection);
    assert_true(all.find("\"ok\":true") != all.npos);
    assert_true(all.find("HTTP/1.1 404") != all.npos);
    assert_true(all.rfind("HTTP/1.1 200") > all.find("HTTP/1.1 404"));
    close(connection);
    server_stop();
}

void body_of_a_refused_request_disturbs_nothing(void**) {
    start_with_snapshot();
    std::string request = "POST /v0/node HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    request.append(100000, 'x');
    assert_int_equal(
        http_status(http_ask(server_address(),
                             "POST /v0/node HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             "Content-Length: 5\r\n\r\nhello")),
        405);
    const int connection = http_connect(server_address());
    http_send(connection, request);
    assert_int_equal(http_status(http_receive_one(connection, false)), 405);
    close(connection);
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 200);
    server_stop();
}

void what_is_no_http_is_refused(void**) {
    start_with_snapshot();
    for (const char* rubbish :
         {"\r\n\r\nrubbish\r\n\r\n", "GET\r\n\r\n", "GET /v0/ping HTTP/9.9\r\n\r\n",
          "GET /v0/ping HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"}) {
        const int status = http_status(http_ask(server_address(), rubbish));
        assert_true(status == 0 || status == 400 || status == 505);
    }
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 200);
    server_stop();
}

void answers_change_with_the_snapshot(void**) {
    start_with_snapshot();
    assert_true(http_body(http_get(server_address(), "GET /v0/node")).find("12.5") !=
                std::string::npos);
    sample_fill(second, 3775, 3);
    server_publish(second.snapshot);
    assert_true(http_body(http_get(server_address(), "GET /v0/node")).find("37.75") !=
                std::string::npos);
    assert_true(http_body(http_get(server_address(), "GET /v0/containers")) ==
                "[\"c0\",\"c1\",\"c2\"]");
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/containers/c2")), 200);
    server_stop();
}

void nothing_is_answered_before_the_first_snapshot(void**) {
    server_start("127.0.0.1:0", {});
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/node")), 204);
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/containers/x")), 204);
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 200);
    server_stop();
}

void accept_can_be_required(void**) {
    server_start("127.0.0.1:0", {.is_accept_required = true});
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 406);
    assert_int_equal(
        http_status(http_get(server_address(), "GET /v0/ping", "Accept: application/json\r\n")),
        200);
    server_stop();
}

// A body that is larger than all buffers between, and a client that does not read it.
int connect_and_not_read(const char* path) {
    const int connection = http_connect(server_address());
    const int small = 4096;
    setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    http_send(connection, std::string("GET ") + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return connection;
}

void slow_client_holds_up_nobody(void**) {
    server_start("127.0.0.1:0", {});
    sample_fill(first, 1250, 4000);
    server_publish(first.snapshot);
    const int slow = connect_and_not_read("/v0/containers");
    server_settle();
    for (int i = 0; i < 5; ++i) {
        sample_fill(second, 100, 2);
        server_publish(second.snapshot);
        assert_true(http_body(http_get(server_address(), "GET /v0/containers")) ==
                    "[\"c0\",\"c1\"]");
        sample_fill(first, 200, 1);
        server_publish(first.snapshot);
        assert_true(http_body(http_get(server_address(), "GET /v0/containers")) == "[\"c0\"]");
    }
    // What it gets in the end is whole, and of the reading that it asked for.
    const std::string_view late = http_body(http_receive_one(slow, false));
    assert_true(late.starts_with("[\"c0\",\"c1\",") && late.ends_with("\"c3999\"]"));
    close(slow);
    server_stop();
}

void thousands_of_requests_leave_no_descriptor_behind(void**) {
    start_with_snapshot();
    const int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(before);
    for (int i = 0; i < 3000; ++i) {
        assert_int_equal(
            http_status(http_get(server_address(), i % 2 == 0 ? "GET /v0/ping" : "HEAD /v0/x")),
            i % 2 == 0 ? 200 : 404);
    }
    server_settle();
    const int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(after);
    assert_int_equal(after, before);
    server_stop();
}

void half_closed_connection_gets_its_answer(void**) {
    start_with_snapshot();
    const int connection = http_connect(server_address());
    http_send(connection, "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n");
    shutdown(connection, SHUT_WR);
    assert_int_equal(http_status(http_receive_all(connection)), 200);
    close(connection);
    server_stop();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_gives_the_same_answers),
        cmocka_unit_test(every_request_has_its_status_and_a_json_body),
        cmocka_unit_test(refused_method_says_what_is_allowed),
        cmocka_unit_test(head_has_the_headers_of_get_and_no_body),
        cmocka_unit_test(connection_is_kept_and_requests_may_be_pipelined),
        cmocka_unit_test(body_of_a_refused_request_disturbs_nothing),
        cmocka_unit_test(what_is_no_http_is_refused),
        cmocka_unit_test(answers_change_with_the_snapshot),
        cmocka_unit_test(nothing_is_answered_before_the_first_snapshot),
        cmocka_unit_test(accept_can_be_required),
        cmocka_unit_test(slow_client_holds_up_nobody),
        cmocka_unit_test(thousands_of_requests_leave_no_descriptor_behind),
        cmocka_unit_test(half_closed_connection_gets_its_answer),
    };
    return cmocka_run_group_tests_name("server", tests, start_group, nullptr);
}
