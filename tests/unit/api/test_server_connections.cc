// threaded
// What slow, silent and greedy clients cannot do to others.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "platform/linux/clock.h"
#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr const char* ping = "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* last_ping = "GET /v0/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

SampleSnapshot sample;

int start_group(void**) {
    sample_make(sample, 4096);
    sample_fill(sample, 1250, 4000);
    return 0;
}

ListenerOptions small_listener() {
    ListenerOptions listener = listener_on("127.0.0.1:0");
    listener.connection_count_max = 4;
    listener.idle_s_max = 1;
    listener.request_s_max = 1;
    return listener;
}

// From another address of the loopback than the usual one.
int connect_from(const char* from) {
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, from, &address.sin_addr);
    assert_int_equal(bind(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    server_connect(connection);
    return connection;
}

int ask_on(int connection) {
    http_send(connection, ping);
    return http_status(http_receive_one(connection, false));
}

// So many that their answers are larger than all buffers between.
std::string pipelined(int count) {
    std::string requests;
    for (int i = 0; i < count; ++i)
        requests += "GET /v0/containers HTTP/1.1\r\nHost: x\r\n\r\n";
    return requests;
}

std::uint64_t ms_until_closed(int connection) {
    const std::uint64_t start_ns = boottime_ns();
    http_receive_all(connection);
    return (boottime_ns() - start_ns) / 1'000'000;
}

void newcomer_is_served_though_silent_ones_hold_all_places(void**) {
    ListenerOptions listener = small_listener();
    listener.idle_s_max = 30;
    server_start(listener, {});
    int silent[4];
    for (int& connection : silent)
        connection = http_connect(server_address());
    usleep(1'100'000);
    // On a busy machine they have come later than we sent them.
    int status = 503;
    for (int i = 0; i < 50 && status == 503; ++i) {
        status = http_status(http_get(server_address(), "GET /v0/ping"));
        if (status == 503) usleep(100'000);
    }
    assert_int_equal(status, 200);
    assert_true(http_receive_all(silent[0]).empty());  // the first to come goes
    assert_int_equal(ask_on(silent[3]), 200);
    for (const int connection : silent)
        close(connection);
    server_stop();
    assert_int_equal(server_itself().evicted_count(), 1);
}

void newcomer_is_told_when_everybody_has_just_come(void**) {
    ListenerOptions listener = small_listener();
    listener.idle_s_max = 30;
    server_start(listener, {});
    int connections[4];
    for (int& connection : connections) {
        connection = http_connect(server_address());
        assert_int_equal(ask_on(connection), 200);
    }
    const std::string answer(http_ask(server_address(), last_ping));
    assert_int_equal(http_status(answer), 503);
    assert_true(http_header(answer, "Content-Type") == "application/json");
    assert_true(http_body(answer).starts_with("{\"error\":{\"status\":503,"));
    assert_int_equal(atoi(std::string(http_header(answer, "Content-Length")).c_str()),
                     http_body(answer).size());
    for (const int connection : connections)
        assert_int_equal(ask_on(connection), 200);  // nobody was disturbed
    close(connections[0]);
    server_settle();
    assert_int_equal(http_status(http_ask(server_address(), last_ping)), 200);
    for (int i = 1; i < 4; ++i)
        close(connections[i]);
    server_stop();
    assert_int_equal(server_itself().refused_count(), 1);
    assert_int_equal(server_itself().evicted_count(), 0);
}

// From whatever address of the loopback; the table's own test has the others.
void one_client_gets_its_share_and_no_more(void**) {
    ListenerOptions listener = small_listener();
    listener.connections_per_address_max = 2;
    listener.idle_s_max = 30;
    server_start(listener, {});
    const int greedy[] = {http_connect(server_address()), http_connect(server_address())};
    assert_int_equal(ask_on(greedy[0]), 200);
    assert_int_equal(ask_on(greedy[1]), 200);
    for (int i = 0; i < 10; ++i)
        assert_int_equal(http_status(http_ask(server_address(), last_ping)), 503);
    const int again = connect_from("127.0.0.2");
    assert_int_equal(ask_on(again), 503);
    assert_int_equal(ask_on(greedy[0]), 200);
    close(again);
    close(greedy[0]);
    close(greedy[1]);
    server_stop();
    assert_int_equal(server_itself().refused_count(), 11);
}

void silent_connection_is_closed(void**) {
    server_start(small_listener(), {});
    const int connection = http_connect(server_address());
    const std::uint64_t waited_ms = ms_until_closed(connection);
    assert_true(waited_ms >= 900);
    close(connection);
    server_stop();
    assert_int_equal(server_itself().timed_out_count(), 1);
}

// Each byte would restart a limit on inactivity.
void dripping_does_not_buy_time(void**) {
    server_start(small_listener(), {});
    const int connection = http_connect(server_address());
    const std::uint64_t start_ns = boottime_ns();
    char byte = 0;
    ssize_t received = -1;
    for (int i = 0; i < 80 && received != 0; ++i) {
        http_send(connection, i == 0 ? "GET /v0/ping HTTP/1.1\r\nX: " : "y");
        usleep(50'000);
        received = recv(connection, &byte, 1, MSG_DONTWAIT);
        if (received < 0 && errno == ECONNRESET) received = 0;
    }
    const std::uint64_t lasted_ms = (boottime_ns() - start_ns) / 1'000'000;
    assert_int_equal(received, 0);
    assert_true(lasted_ms >= 900 && lasted_ms < 3000);
    close(connection);
    server_stop();
    assert_int_equal(server_itself().timed_out_count(), 1);
}

void body_that_drips_does_not_buy_time_either(void**) {
    server_start(small_listener(), {});
    const int connection = http_connect(server_address());
    http_send(connection, "GET /v0/ping HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    const std::uint64_t start_ns = boottime_ns();
    char byte = 0;
    ssize_t received = -1;
    for (int i = 0; i < 80 && received != 0; ++i) {
        http_send(connection, "y");
        usleep(50'000);
        received = recv(connection, &byte, 1, MSG_DONTWAIT);
        if (received < 0 && errno == ECONNRESET) received = 0;
    }
    assert_int_equal(received, 0);
    assert_true(boottime_ns() - start_ns < 3'000'000'000);
    close(connection);
    server_stop();
    assert_int_equal(server_itself().timed_out_count(), 1);
}

void who_asks_in_time_stays_connected(void**) {
    ListenerOptions listener = small_listener();
    listener.idle_s_max = 2;
    server_start(listener, {});
    const int connection = http_connect(server_address());
    for (int i = 0; i < 5; ++i) {
        assert_int_equal(ask_on(connection), 200);
        usleep(500'000);
    }
    assert_int_equal(ask_on(connection), 200);
    close(connection);
    server_stop();
    assert_int_equal(server_itself().timed_out_count(), 0);
}

void who_does_not_take_the_answer_is_cut_off(void**) {
    server_start(small_listener(), {});
    server_publish(sample.snapshot);
    const int slow = http_connect(server_address());
    const int small = 4096;
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    http_send(slow, pipelined(300));
    usleep(1'700'000);
    const std::string_view all = http_receive_all(slow);
    assert_true(all.size() < 300 * std::size_t{25'000});
    close(slow);
    server_stop();
    assert_int_equal(server_itself().timed_out_count(), 1);
}

// On a unix socket nobody has a share, and a single process may take all places.
void newcomer_is_served_though_all_others_do_not_read(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string address = std::string("unix:") + tree.path.c_str() + "/s";
    server_start(listener_on(address.c_str()), {});
    server_publish(sample.snapshot);
    int deaf[64];
    for (int& connection : deaf) {
        connection = http_connect(address);
        http_send(connection, pipelined(30));
    }
    assert_int_equal(http_status(http_get(address, "GET /v0/ping")), 503);
    int status = 503;
    for (int i = 0; i < 60 && status == 503; ++i) {
        usleep(100'000);
        status = http_status(http_get(address, "GET /v0/ping"));
    }
    assert_int_equal(status, 200);
    for (const int connection : deaf)
        close(connection);
    server_stop();
    assert_int_equal(server_itself().evicted_count(), 1);
    tree_remove(tree);
}

void many_silent_connections_come_and_go(void**) {
    ListenerOptions listener = small_listener();
    listener.connection_count_max = 100;
    listener.connections_per_address_max = 1000;
    server_start(listener, {});
    int connections[300];
    for (int& connection : connections)
        connection = http_connect(server_address());
    usleep(1'500'000);
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 200);
    for (const int connection : connections)
        close(connection);
    server_stop();
    // How many of each depends on how soon they came: none is forgotten.
    const Server& server = server_itself();
    assert_true(server.refused_count() > 0 && server.timed_out_count() >= 100);
    assert_int_equal(server.refused_count() + server.timed_out_count() + server.evicted_count(),
                     300);
}

// On a unix socket, for its buffers are small and of one size.
void draining_answers_who_waits_for_an_answer_and_nobody_else(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string address = std::string("unix:") + tree.path.c_str() + "/s";
    ListenerOptions listener = listener_on(address.c_str());
    server_start(listener, {});
    server_publish(sample.snapshot);
    const int idle = http_connect(address);
    assert_int_equal(ask_on(idle), 200);
    const int busy = http_connect(address);
    http_send(busy, pipelined(30));
    usleep(100'000);
    server_settle();
    static bool is_drained = true;
    server_do([](Server& server) {
        server.drain();
        is_drained = server.is_drained();
    });
    assert_false(is_drained);
    assert_true(http_receive_all(idle).empty());
    assert_int_equal(http_connect(address), -1);
    const std::string_view all = http_receive_all(busy);
    assert_true(all.ends_with("\"c3999\"]") && all.size() < 30 * std::size_t{25'000});
    usleep(50'000);
    server_do([](Server& server) { is_drained = server.is_drained(); });
    assert_true(is_drained);
    close(idle);
    close(busy);
    server_stop();
    tree_remove(tree);
}

void large_headers_are_refused_by_each_listener_for_itself(void**) {
    ListenerOptions listener = small_listener();
    listener.header_bytes_max = 1000;
    server_start(listener, {});
    const std::string header = "X: " + std::string(1000, 'y') + "\r\n";
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping", header)), 431);
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping", "X: y\r\n")), 200);
    server_stop();
}

void clients_may_connect_before_anybody_is_let_in(void**) {
    static Server server;
    static Arena arena;
    static NodeIdentity identity;
    ListenError error;
    assert_true(arena.map(std::size_t{64} << 20));
    server.init(arena, {}, sample_catalogue(), identity, {});
    assert_true(server.listen(listener_on("127.0.0.1:0"), error));
    const FixedText<256> address = server.address(0);
    const int early = http_connect(address.view());
    assert_true(early >= 0);
    http_send(early, ping);
    char byte = 0;
    assert_int_equal(recv(early, &byte, 1, MSG_DONTWAIT), -1);
    close(early);
    server.stop();
    arena.unmap();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(newcomer_is_served_though_silent_ones_hold_all_places),
        cmocka_unit_test(newcomer_is_told_when_everybody_has_just_come),
        cmocka_unit_test(one_client_gets_its_share_and_no_more),
        cmocka_unit_test(silent_connection_is_closed),
        cmocka_unit_test(dripping_does_not_buy_time),
        cmocka_unit_test(body_that_drips_does_not_buy_time_either),
        cmocka_unit_test(who_asks_in_time_stays_connected),
        cmocka_unit_test(who_does_not_take_the_answer_is_cut_off),
        cmocka_unit_test(newcomer_is_served_though_all_others_do_not_read),
        cmocka_unit_test(many_silent_connections_come_and_go),
        cmocka_unit_test(draining_answers_who_waits_for_an_answer_and_nobody_else),
        cmocka_unit_test(large_headers_are_refused_by_each_listener_for_itself),
        cmocka_unit_test(clients_may_connect_before_anybody_is_let_in),
    };
    return cmocka_run_group_tests_name("server_connections", tests, start_group, nullptr);
}
