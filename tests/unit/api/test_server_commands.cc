// threaded
// What is asked and answered on listeners that serve registrations, and what is not.
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/command_bed.h"
#include "tests/support/http_client.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void connection_is_used_again(void**) {
    const int client = http_connect(server_address(on_unix));
    for (int i = 0; i < 50; ++i) {
        const std::string body = "body " + std::to_string(i);
        http_send(client, post(body));
        assert_true(is_echo(http_receive_one(client, false), "POST /container" + body));
        http_send(client, "GET /container/a HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(http_body(http_receive_one(client, false)) == "GET /container/a");
    }
    close(client);
    assert_int_equal(asked_count(), 100);
}

void requests_that_come_together_are_answered_in_turn(void**) {
    const std::string answer(
        http_ask(server_address(on_unix), post("one") + post("two") +
                                              "DELETE /container/a HTTP/1.1\r\nHost: x\r\n\r\n" +
                                              last(post("three"))));
    std::size_t at = 0;
    for (const char* text : {"POST /containerone", "POST /containertwo", "DELETE /container/a",
                             "POST /containerthree"}) {
        at = answer.find(text, at);
        assert_true(at != answer.npos);
    }
    assert_int_equal(asked_count(), 4);
}

void each_service_has_its_own_paths(void**) {
    for (const char* path :
         {"GET /v0/node", "GET /v0/ping", "GET /v0/", "GET /system/v1/metrics/v0/"})
        assert_int_equal(http_status(http_get(server_address(on_unix), path)), 404);
    for (const char* path : {"GET /container/a", "GET /container", "GET /health"})
        assert_int_equal(http_status(http_get(server_address(metrics), path)), 404);
    assert_int_equal(http_status(http_get(server_address(metrics), "GET /v0/node")), 200);
}

void metrics_are_for_reading_only(void**) {
    for (const char* path : {"/v0/node", "/v0/containers"}) {
        const auto answer = http_ask(server_address(metrics), post("{}", "", path));
        assert_true(is_json_error(answer, 405));
        assert_true(http_header(answer, "Allow") == "GET, HEAD");
    }
    const auto answer = http_ask(server_address(metrics), post("{}"));
    assert_int_equal(http_status(answer), 404);
    assert_int_equal(asked_count(), 0);
}

void peer_that_is_not_listed_is_403_before_its_body(void**) {
    auto answer = http_ask(server_address(for_peers), begun_post("Content-Length: 10\r\n"));
    assert_true(is_json_error(answer, 403) && is_closing(answer));
    answer = http_get(server_address(for_peers), "GET /container/a");
    assert_true(is_json_error(answer, 403));
    assert_int_equal(asked_count(), 0);
}

void page_of_a_browser_is_403(void**) {
    const auto answer =
        http_ask(server_address(on_tcp), post("{}", "Origin: http://site.example\r\n"));
    assert_true(is_json_error(answer, 403) && is_closing(answer));
    assert_int_equal(asked_count(), 0);
}

void head_is_answered_without_a_body(void**) {
    const int client = http_connect(server_address(on_unix));
    http_send(client, "HEAD /container/a HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer(http_receive_one(client, true));
    assert_int_equal(http_status(answer), 200);
    assert_true(http_header(answer, "Content-Length") == "17");
    assert_true(http_body(answer).empty());
    http_send(client, post("{}"));
    assert_true(is_echo(http_receive_one(client, false), "POST /container{}"));
    close(client);
}

void headers_of_the_answer_are_sent(void**) {
    std::string answer(http_ask(server_address(on_unix), last(post("", "", "/container/known"))));
    assert_int_equal(http_status(answer), 303);
    assert_true(http_header(answer, "Location") == "/container/c1");
    assert_true(http_header(answer, "Allow").empty());
    answer = http_get(server_address(on_unix), "PUT /container");
    assert_int_equal(http_status(answer), 405);
    assert_true(http_header(answer, "Allow") == "GET, HEAD, DELETE");
    assert_true(http_header(answer, "Location").empty());
    answer = http_get(server_address(on_unix), "GET /nothing");
    assert_int_equal(http_status(answer), 204);
    assert_true(http_header(answer, "Content-Type").empty());
}

void large_answer_comes_whole(void**) {
    const auto body = http_body(http_get(server_address(on_unix), "GET /large"));
    assert_int_equal(body.size(), large_bytes);
    for (std::size_t i = 0; i < large_bytes; ++i)
        assert_int_equal(body[i], 'a' + i % 26);
}

void registration_is_answered_when_slow_readers_hold_all_memory_for_answers(void**) {
    const int slow = http_connect(server_address(on_tcp));
    http_send(slow, "GET /all HTTP/1.1\r\nHost: x\r\n\r\n");
    int status = 0;
    for (int i = 0; i < 50 && status != 503; ++i) {
        status = http_status(http_get(server_address(on_unix), "GET /large"));
        if (status != 503) usleep(20'000);
    }
    assert_int_equal(status, 503);  // so the memory is taken
    const auto answer = http_ask(server_address(on_unix), last(post("{\"small\": 1}")));
    assert_true(is_echo(answer, "POST /container{\"small\": 1}"));
    close(slow);
    server_settle();
    assert_int_equal(http_status(http_get(server_address(on_unix), "GET /large")), 200);
}

void nobody_answers_before_there_is_a_handler(void**) {
    command_bed_drop_handler();
    assert_true(is_json_error(http_ask(server_address(on_unix), last(post("{}"))), 503));
    command_bed_set_handler();
    assert_true(is_echo(http_ask(server_address(on_unix), last(post("{}"))), "POST /container{}"));
}

void listener_without_memory_is_refused(void**) {
    server_do([](Server& server) {
        static Arena arena;
        static Server other;
        ListenError error;
        assert_true(arena.map(std::size_t{64} << 20));
        other.init(arena, {}, {}, NodeIdentity{}, {});
        assert_false(other.listen(command_listener(on_tcp), error));
        assert_non_null(strstr(error.c_str(), "no memory"));
        arena.unmap();
        assert_true(server.service(metrics) == ListenerService::metrics);
        assert_true(server.service(on_tcp) == ListenerService::registration);
    });
}

}  // namespace

#define NMA_TEST(name) cmocka_unit_test_setup_teardown(name, command_bed_start, command_bed_stop)

int main() {
    const CMUnitTest tests[] = {
        NMA_TEST(connection_is_used_again),
        NMA_TEST(requests_that_come_together_are_answered_in_turn),
        NMA_TEST(each_service_has_its_own_paths),
        NMA_TEST(metrics_are_for_reading_only),
        NMA_TEST(peer_that_is_not_listed_is_403_before_its_body),
        NMA_TEST(page_of_a_browser_is_403),
        NMA_TEST(head_is_answered_without_a_body),
        NMA_TEST(headers_of_the_answer_are_sent),
        NMA_TEST(large_answer_comes_whole),
        NMA_TEST(registration_is_answered_when_slow_readers_hold_all_memory_for_answers),
        NMA_TEST(nobody_answers_before_there_is_a_handler),
        NMA_TEST(listener_without_memory_is_refused),
    };
    return cmocka_run_group_tests_name("server_commands", tests, command_bed_make, nullptr);
}
