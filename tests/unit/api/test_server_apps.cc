// threaded
// What applications said, through a server.
#include <unistd.h>

#include <algorithm>
#include <string>

#include "tests/support/app_sources.h"
#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t at_ns = 1'523'317'576'000'000'000;
constexpr std::size_t flood_count = 40'000;

SampleSnapshot snapshot;
char flood_tags[1024];
AppDatapoint flood[flood_count];
constexpr AppDatapoint usual[] = {{"a.b", {}, 1, at_ns}, {"c/d e", {}, 2, at_ns}};
constexpr AppDatapoint late[] = {{"x", {}, 1, at_ns}};
constexpr StandInCount counts[] = {{"samples", 7}};
constexpr StandInApp apps_table[] = {
    {"c1", usual, counts, {}},  {"only/apps", usual, counts, {}}, {"flood", flood, counts, {}},
    {"silent", {}, counts, {}}, {"late", late, {}, {}},
};
constexpr StandInTask tasks_table[] = {{"c1",
                                        {.executor_id = {},
                                         .executor_name = "en",
                                         .framework_id = {},
                                         .framework_name = {},
                                         .framework_role = {},
                                         .framework_principal = {},
                                         .task_name = "tn",
                                         .task_id = {},
                                         .labels = {}}}};
StandInApps apps;
constexpr StandInTasks tasks = {.tasks = tasks_table};

int set_up(void**) {
    apps = StandInApps{};
    apps.apps = std::span(apps_table).first(4);
    server_start("127.0.0.1:0", {});
    server_do([](Server& server) { server.set_sources(apps.source(), tasks.source()); });
    sample_fill(snapshot, 1250, 2);
    server_publish(snapshot.snapshot);
    return 0;
}

int tear_down(void**) {
    server_stop();
    return 0;
}

std::string body_of(const char* request) {
    return std::string(http_body(http_get(server_address(), request)));
}

int status_of(const char* request) {
    return http_status(http_get(server_address(), request));
}

int list_count;

int lists_begun() {
    server_do([](Server&) { list_count = apps.list_count; });
    return list_count;
}

void every_prefix_gives_what_the_application_said(void**) {
    const std::string body = body_of("GET /v0/containers/c1/app");
    assert_true(body.starts_with("{\"datapoints\":[{\"name\":\"a.b\",\"value\":1,\"unit\":\"\","));
    assert_true(body.find("\"task_name\":\"tn\"") != body.npos);
    assert_true(body.find("executor_name") == body.npos);
    for (const char* request :
         {"GET /v0/containers/c1/app/", "GET /v0/containers/%631/app?view=standard",
          "GET /system/v1/metrics/v0/containers/c1/app",
          "GET /system/v1/agent/a1-S0/metrics/v0/containers/c1/app"}) {
        assert_true(body_of(request) == body);
    }
    const std::string container = body_of("GET /v0/containers/c1");
    assert_true(container.find("\"executor_name\":\"en\"") != container.npos);
    assert_true(container.find("\"task_name\":\"tn\"") != container.npos);
}

struct StatusCase {
    const char* request;
    int status;
};

void each_request_has_its_status(void**) {
    constexpr StatusCase cases[] = {
        {"GET /v0/containers/c1/app/a.b", 200},
        {"GET /v0/containers/c1/app/a", 200},
        {"GET /v0/containers/c1/app/%61%2eb", 200},
        {"GET /v0/containers/c1/app/c%2Fd%20e", 200},
        {"GET /v0/containers/only%2Fapps/app/a.b", 200},
        {"GET /v0/containers/only%2fapps/app", 200},
        {"GET /v0/containers/only%2fapps", 204},
        {"GET /v0/containers/c1/app/A.b", 204},
        {"GET /v0/containers/c1/app/%2561", 204},
        {"GET /v0/containers/c1/app/a.b%00", 204},
        {"GET /v0/containers/c0/app", 204},
        {"GET /v0/containers/nobody/app", 204},
        {"GET /v0/containers/nobody/app?view=full", 204},
        {"GET /v0/containers/silent/app", 204},
        {"GET /v0/containers/silent/app?view=full", 200},
        {"GET /v0/containers/silent/app/x?view=full", 204},
        {"GET /v0/containers/c1/app/a%", 400},
        {"GET /v0/containers/c1/app?view=all", 400},
        {"GET /v0/containers//app", 404},
        {"POST /v0/containers/c1/app", 405},
    };
    for (const StatusCase& row : cases) {
        const int status = status_of(row.request);
        if (status != row.status) print_error("%s: %d\n", row.request, status);
        assert_int_equal(status, row.status);
    }
}

void head_has_the_headers_of_get_and_no_body(void**) {
    for (const char* path : {"/v0/containers/c1/app", "/v0/containers/c1/app/a.b",
                             "/v0/containers/c0/app", "/v0/containers/flood/app"}) {
        const std::string get(http_get(server_address(), std::string("GET ") + path));
        const std::string head(http_get(server_address(), std::string("HEAD ") + path));
        assert_int_equal(http_status(head), http_status(get));
        assert_true(http_body(head).empty());
        for (const char* name : {"Content-Type", "Content-Length"})
            assert_true(http_header(head, name) == http_header(get, name));
    }
}

void an_answer_that_is_too_large_is_busy_and_takes_nothing(void**) {
    for (int i = 0; i < 3; ++i) {
        const std::string_view answer =
            http_get(server_address(), "GET /v0/containers/flood/app?view=full");
        assert_int_equal(http_status(answer), 503);
        assert_true(http_header(answer, "Retry-After") == "1");
        assert_int_equal(status_of("GET /v0/containers/c1/app"), 200);
    }
    server_do([](Server& server) { assert_int_equal(server.pool_full_count(), 3); });
}

void the_list_is_made_anew_when_others_send(void**) {
    constexpr const char* request = "GET /v0/containers";
    const std::string before = "[\"c0\",\"c1\",\"only/apps\",\"flood\"]";
    for (int i = 0; i < 3; ++i)
        assert_true(body_of(request) == before);
    assert_int_equal(lists_begun(), 1);
    server_do([](Server&) { apps.apps = apps_table; });
    assert_true(body_of(request) == before);  // nobody was told
    server_do([](Server&) { ++apps.generation; });
    for (int i = 0; i < 3; ++i)
        assert_true(body_of(request) == "[\"c0\",\"c1\",\"only/apps\",\"flood\",\"late\"]");
    assert_int_equal(lists_begun(), 2);
    assert_true(body_of("GET /v0/containers?state=all") ==
                "[\"c0\",\"c1\",\"only/apps\",\"flood\",\"late\"]");
    assert_int_equal(lists_begun(), 3);
    server_publish(snapshot.snapshot);
    assert_int_equal(status_of(request), 200);
    assert_int_equal(lists_begun(), 4);
}

void nobody_is_asked_for_the_node(void**) {
    const std::string node = body_of("GET /v0/node");
    server_do([](Server&) { ++apps.generation; });
    assert_true(body_of("GET /v0/node") == node);
    assert_int_equal(lists_begun(), 0);
}

void a_slow_client_gets_the_list_that_it_asked_for(void**) {
    const int connection = http_connect(server_address());
    http_send(connection, "GET /v0/containers HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(status_of("GET /v0/containers"), 200);
    for (int i = 0; i < 100; ++i) {
        server_do([](Server&) { ++apps.generation; });
        assert_int_equal(status_of("GET /v0/containers"), 200);
    }
    assert_true(http_body(http_receive_one(connection, false)) ==
                "[\"c0\",\"c1\",\"only/apps\",\"flood\"]");
    close(connection);
}

}  // namespace

int main() {
    sample_make(snapshot, 16);
    std::fill(flood_tags, flood_tags + sizeof flood_tags - 2, 'k');
    for (AppDatapoint& datapoint : flood)
        datapoint = {"flood", {flood_tags, sizeof flood_tags}, 1, at_ns};
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_prefix_gives_what_the_application_said, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_request_has_its_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_has_the_headers_of_get_and_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_is_too_large_is_busy_and_takes_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_list_is_made_anew_when_others_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_is_asked_for_the_node, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_client_gets_the_list_that_it_asked_for, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("server_apps", tests, nullptr, nullptr);
}
