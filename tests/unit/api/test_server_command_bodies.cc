// threaded
// Bodies of requests on listeners that serve registrations: which are taken, and what they hold.
#include <unistd.h>

#include <string>

#include "platform/linux/clock.h"
#include "tests/support/command_bed.h"
#include "tests/support/http_client.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void body_in_one_piece_reaches_the_handler(void**) {
    for (const std::size_t listener : {on_unix, on_tcp}) {
        const auto answer = http_ask(server_address(listener), last(post("{\"a\": 1}")));
        assert_true(is_echo(answer, "POST /container{\"a\": 1}"));
    }
}

void body_in_many_pieces_is_put_together(void**) {
    const int client = http_connect(server_address(on_unix));
    std::string body;
    for (int i = 0; i < 40; ++i)
        body += "piece " + std::to_string(i) + ",";
    const std::string request = post(body);
    for (std::size_t at = 0; at < request.size(); at += 7) {
        http_send(client, std::string_view(request).substr(at, 7));
        usleep(500);
    }
    assert_true(is_echo(http_receive_one(client, false), "POST /container" + body));
    close(client);
}

void no_body_is_an_empty_one(void**) {
    for (const std::string& request : {post(""), begun_post("")}) {
        const auto answer = http_ask(server_address(on_unix), last(request));
        assert_true(is_echo(answer, "POST /container"));
    }
    const auto answer =
        http_get(server_address(on_unix), "DELETE /container/a%2Fb?x=1&y", "Accept: text/html\r\n");
    assert_int_equal(http_status(answer), 200);
    assert_true(http_body(answer) == "DELETE /container/a%2Fb");
}

void body_at_the_limit_is_taken_and_one_above_is_413(void**) {
    const std::string most(limits::command_body_bytes_max, 'b');
    assert_true(
        is_echo(http_ask(server_address(on_unix), last(post(most))), "POST /container" + most));
    assert_int_equal(asked_count(), 1);
    const auto answer = http_ask(server_address(on_unix), post(most + "b"));
    assert_true(is_json_error(answer, 413) && is_closing(answer));
    assert_int_equal(asked_count(), 1);
}

void body_far_above_the_limit_is_refused_before_it_is_sent(void**) {
    for (const char* length : {"4097", "1000000", "18446744073709551614", "18446744073709551615"}) {
        const std::string header = std::string("Content-Length: ") + length + "\r\n";
        for (const char* expect : {"", "Expect: 100-continue\r\n"}) {
            const auto answer =
                http_ask(server_address(on_tcp), begun_post((header + expect).c_str()));
            assert_true(is_json_error(answer, 413) && is_closing(answer));
        }
    }
    const auto answer = http_ask(server_address(on_unix), post(std::string(1'000'000, 'c')));
    assert_true(is_json_error(answer, 413));
    assert_int_equal(asked_count(), 0);
}

void length_that_is_no_number_is_refused(void**) {
    for (const char* length :
         {"", "-1", "+1", "1x", "0x10", "1,1", "18446744073709551616", "1 1"}) {
        const std::string header = std::string("Content-Length: ") + length + "\r\n";
        const int status =
            http_status(http_ask(server_address(on_unix), begun_post(header.c_str()) + "{}"));
        assert_true(status == 400 || status == 413);
    }
    assert_int_equal(asked_count(), 0);
}

void client_that_waits_to_continue_is_told_to(void**) {
    const int client = http_connect(server_address(on_unix));
    const std::string request = post("{\"late\": 1}", "Expect: 100-continue\r\n");
    const std::size_t header_bytes = request.find("\r\n\r\n") + 4;
    http_send(client, std::string_view(request).substr(0, header_bytes));
    assert_int_equal(http_status(http_receive_one(client, true)), 100);
    http_send(client, std::string_view(request).substr(header_bytes));
    assert_true(is_echo(http_receive_one(client, false), "POST /container{\"late\": 1}"));
    close(client);
}

void request_whose_end_is_in_doubt_is_refused(void**) {
    for (const char* headers :
         {"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
          "Content-Length: 2\r\nContent-Length: 2\r\n",
          "Content-Length: 2\r\nContent-Length: 3\r\n"}) {
        const auto answer =
            http_ask(server_address(on_unix), begun_post(headers) + "2\r\n{}\r\n0\r\n\r\n");
        assert_int_equal(http_status(answer), 400);
        assert_true(is_closing(answer));
    }
    assert_int_equal(asked_count(), 0);
}

void large_uri_and_headers_are_refused(void**) {
    const std::string uri = "GET /" + std::string(9'000, 'u');
    assert_true(is_json_error(http_get(server_address(on_unix), uri), 414));
    const std::string field = "X: " + std::string(17'000, 'h') + "\r\n";
    assert_true(is_json_error(http_get(server_address(on_unix), "GET /container", field), 431));
    assert_int_equal(asked_count(), 0);
}

void half_sent_bodies_keep_nobody_else_from_his(void**) {
    int clients[limits::command_count_max];
    for (int round = 0; round < 2; ++round) {
        for (int& client : clients) {
            client = http_connect(server_address(on_unix));
            http_send(client, begun_post("Content-Length: 10\r\nExpect: 100-continue\r\n"));
            // So each has its place.
            assert_int_equal(http_status(http_receive_one(client, true)), 100);
            http_send(client, "{\"hal");
        }
        usleep(2 * limits::command_undisturbed_ms * 1000);
        // Who brings no body needs no place.
        auto answer = http_get(server_address(on_tcp), "GET /container/a");
        assert_int_equal(http_status(answer), 200);
        answer = http_ask(server_address(on_unix), last(post("{\"new\": 1}")));
        assert_true(is_echo(answer, "POST /container{\"new\": 1}"));
        // The first had his for longest.
        assert_true(http_receive_all(clients[0]).empty());
        http_send(clients[3], "f\": 1");
        assert_true(is_echo(http_receive_one(clients[3], false), "POST /container{\"half\": 1"));
        for (const int client : clients)
            close(client);
        usleep(50'000);
    }
    // Of each round one half of one, one without a body, and one whole.
    assert_int_equal(asked_count(), 6);
}

void slow_body_is_cut_off_and_its_place_given_back(void**) {
    int clients[limits::command_count_max];
    for (int& client : clients) {
        client = http_connect(server_address(hasty));
        http_send(client, begun_post("Content-Length: 10\r\n") + "{");
    }
    const std::uint64_t start_ns = boottime_ns();
    for (const int client : clients) {
        http_receive_all(client);
        close(client);
    }
    assert_true(boottime_ns() - start_ns < 9'000'000'000);
    for (int& client : clients) {
        client = http_connect(server_address(hasty));
        http_send(client, post("{}"));
        assert_true(is_echo(http_receive_one(client, false), "POST /container{}"));
        close(client);
    }
}

}  // namespace

#define NMA_TEST(name) cmocka_unit_test_setup_teardown(name, command_bed_start, command_bed_stop)

int main() {
    const CMUnitTest tests[] = {
        NMA_TEST(body_in_one_piece_reaches_the_handler),
        NMA_TEST(body_in_many_pieces_is_put_together),
        NMA_TEST(no_body_is_an_empty_one),
        NMA_TEST(body_at_the_limit_is_taken_and_one_above_is_413),
        NMA_TEST(body_far_above_the_limit_is_refused_before_it_is_sent),
        NMA_TEST(length_that_is_no_number_is_refused),
        NMA_TEST(client_that_waits_to_continue_is_told_to),
        NMA_TEST(request_whose_end_is_in_doubt_is_refused),
        NMA_TEST(large_uri_and_headers_are_refused),
        NMA_TEST(half_sent_bodies_keep_nobody_else_from_his),
        NMA_TEST(slow_body_is_cut_off_and_its_place_given_back),
    };
    return cmocka_run_group_tests_name("server_command_bodies", tests, command_bed_make, nullptr);
}
