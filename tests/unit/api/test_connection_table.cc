#include "api/connection_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using Verdict = ConnectionTable::Verdict;
using State = Connection::State;

constexpr std::uint64_t s = 1'000'000'000;
constexpr std::size_t place_count = 4;

Connection places[place_count];
ConnectionTable table;
int hung_up[16];
std::size_t hung_up_count = 0;

void hang_up(const Connection& connection) {
    hung_up[hung_up_count++] = connection.fd;
}

ClientAddress ipv4(const char* text) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return client_address_of(reinterpret_cast<const sockaddr&>(address));
}

ClientAddress ipv6(const char* text) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return client_address_of(reinterpret_cast<const sockaddr&>(address));
}

// Two of one address, 30 s for a request, 20 s for an answer.
int start(void**) {
    hung_up_count = 0;
    table.init(places, {.per_address_max = 2, .idle_ns_max = 30 * s, .request_ns_max = 20 * s});
    return 0;
}

Connection& admit(const ClientAddress& address, int fd, std::uint64_t now_ns) {
    Connection* place = nullptr;
    assert_true(table.admit(address, fd, now_ns, place) == Verdict::admitted);
    return *place;
}

Verdict try_admit(const ClientAddress& address, std::uint64_t now_ns) {
    Connection* place = nullptr;
    const Verdict verdict = table.admit(address, 99, now_ns, place);
    assert_int_equal(place != nullptr, verdict == Verdict::admitted);
    return verdict;
}

void addresses_are_written_as_people_do(void**) {
    assert_string_equal(describe_client(ipv4("192.0.2.7")).c_str(), "192.0.2.7");
    assert_string_equal(describe_client(ipv6("2001:db8::7")).c_str(), "2001:db8::7");
    assert_string_equal(describe_client(ipv6("::ffff:192.0.2.7")).c_str(), "192.0.2.7");
    ClientAddress process;
    process.uid = 4294967295U;
    assert_string_equal(describe_client(process).c_str(), "unix uid 4294967295");
}

void ipv6_counts_by_network_and_ipv4_by_address(void**) {
    assert_true(is_same_client(ipv6("2001:db8:0:1::7"), ipv6("2001:db8:0:1:ffff::1")));
    assert_false(is_same_client(ipv6("2001:db8:0:1::7"), ipv6("2001:db8:0:2::7")));
    assert_true(is_same_client(ipv4("192.0.2.7"), ipv4("192.0.2.7")));
    assert_false(is_same_client(ipv4("192.0.2.7"), ipv4("192.0.2.8")));
    // Whoever is on this host has all of 127.0.0.0/8.
    assert_true(is_same_client(ipv4("127.0.0.1"), ipv4("127.255.0.7")));
    assert_true(is_same_client(ipv4("127.0.0.1"), ipv6("::ffff:127.0.0.2")));
    assert_false(is_same_client(ipv4("127.0.0.1"), ipv4("126.0.0.1")));
    // All IPv4 addresses are in one /64 of IPv6.
    assert_false(is_same_client(ipv6("::ffff:192.0.2.7"), ipv6("::ffff:192.0.2.8")));
    assert_true(is_same_client(ipv6("::ffff:192.0.2.7"), ipv4("192.0.2.7")));
    assert_false(is_same_client(ipv6("::1"), ipv4("0.0.0.1")));
    assert_false(is_same_client(ClientAddress{}, ClientAddress{}));
}

void one_address_gets_its_share_and_others_the_rest(void**) {
    Connection& first = admit(ipv4("192.0.2.7"), 10, 0);
    admit(ipv4("192.0.2.7"), 11, 0);
    assert_true(try_admit(ipv4("192.0.2.7"), 0) == Verdict::address_full);
    assert_true(try_admit(ipv4("192.0.2.8"), 0) == Verdict::admitted);
    table.release(first);
    assert_true(try_admit(ipv4("192.0.2.7"), 0) == Verdict::admitted);
    assert_int_equal(table.count(), 3);
}

void unix_sockets_have_no_share(void**) {
    for (int i = 0; i < 4; ++i)
        admit(ClientAddress{}, 10 + i, 0);
    assert_true(try_admit(ClientAddress{}, 0) == Verdict::full);
}

void who_waited_longest_makes_room(void**) {
    admit(ClientAddress{}, 10, 3 * s);
    Connection& oldest = admit(ClientAddress{}, 11, 1 * s);
    Connection& busy = admit(ClientAddress{}, 12, 0);
    admit(ClientAddress{}, 13, 2 * s);
    table.note_request(busy, 1 * s);
    assert_true(table.evict(1 * s + s / 2, hang_up) == nullptr);  // all have just come
    assert_true(table.evict(4 * s, hang_up) == &oldest);
    assert_true(oldest.state == State::ending);
    assert_int_equal(table.evict(4 * s, hang_up)->fd, 13);
    assert_int_equal(table.evict(4 * s, hang_up)->fd, 10);
    assert_int_equal(hung_up_count, 3);
    assert_true(try_admit(ClientAddress{}, 4 * s) == Verdict::full);  // until they are released
    table.release(oldest);
    assert_true(try_admit(ClientAddress{}, 4 * s) == Verdict::admitted);
}

void client_at_its_share_pays_with_its_own(void**) {
    admit(ClientAddress{}, 10, 0);
    const ClientAddress client = ipv4("192.0.2.7");
    admit(ipv4("192.0.2.8"), 11, 1 * s);
    Connection& own = admit(client, 12, 2 * s);
    assert_true(table.evict(3 * s - 1, hang_up, &client) == nullptr);
    assert_true(table.evict(3 * s, hang_up, &client) == &own);
    assert_true(table.evict(9 * s, hang_up, &client) == nullptr);
    assert_int_equal(hung_up_count, 1);
}

void who_takes_its_answer_for_long_makes_room_when_nobody_waits(void**) {
    Connection& reading = admit(ClientAddress{}, 10, 0);
    Connection& stuck = admit(ClientAddress{}, 11, 0);
    Connection& undecided = admit(ClientAddress{}, 12, 0);
    Connection& waiting = admit(ClientAddress{}, 13, 2 * s);
    for (Connection* asking : {&undecided, &stuck, &reading})
        table.note_request(*asking, (asking == &reading ? 2 : 1) * s);
    undecided.is_undecided = true;
    assert_true(table.evict(3 * s, hang_up) == &waiting);  // before all others
    assert_true(table.evict(4 * s - 1, hang_up) == nullptr);
    assert_true(table.evict(4 * s, hang_up) == &stuck);
    assert_int_equal(hung_up[1], 11);
    assert_int_equal(table.answering_count(), 2);
    assert_true(table.evict(5 * s - 1, hang_up) == nullptr);
    assert_true(table.evict(5 * s, hang_up) == &reading);
    assert_true(table.evict(9 * s, hang_up) == nullptr);  // its client is not at fault
    table.note_request(undecided, 9 * s);                 // asked again, for it was decided
    assert_true(table.evict(9 * s, hang_up) == &undecided);
}

void waiting_ends_when_its_time_is_over(void**) {
    admit(ClientAddress{}, 10, 0);
    admit(ClientAddress{}, 11, 5 * s);
    assert_int_equal(table.next_deadline_ns(), 30 * s);
    assert_int_equal(table.expire(30 * s - 1, hang_up), 0);
    assert_int_equal(table.expire(30 * s, hang_up), 1);
    assert_int_equal(hung_up[0], 10);
    assert_int_equal(table.next_deadline_ns(), 35 * s);
    assert_int_equal(table.expire(34 * s, hang_up), 0);
    assert_int_equal(table.expire(40 * s, hang_up), 1);
    assert_int_equal(table.expire(90 * s, hang_up), 0);  // once each
    assert_true(table.next_deadline_ns() == UINT64_MAX);
}

void answering_has_an_end_of_its_own(void**) {
    Connection& connection = admit(ClientAddress{}, 10, 0);
    table.note_request(connection, 29 * s);
    assert_int_equal(table.expire(48 * s, hang_up), 0);
    table.note_request(connection, 48 * s);  // the same request: no more time for it
    assert_int_equal(table.expire(49 * s, hang_up), 1);
    assert_true(connection.state == State::ending);
    table.note_request(connection, 50 * s);
    assert_false(table.note_answered(connection, 50 * s));
    assert_true(connection.state == State::ending);
    assert_int_equal(table.answering_count(), 0);
}

void each_answer_starts_the_next_wait(void**) {
    Connection& connection = admit(ClientAddress{}, 10, 0);
    for (std::uint64_t now = 10 * s; now < 200 * s; now += 20 * s) {
        assert_int_equal(table.expire(now, hang_up), 0);
        table.note_request(connection, now);
        assert_int_equal(table.answering_count(), 1);
        assert_false(table.note_answered(connection, now + s));
        assert_int_equal(table.answering_count(), 0);
    }
    table.release(connection);
    assert_int_equal(table.count(), 0);
}

void last_answer_is_the_end(void**) {
    Connection& answering = admit(ClientAddress{}, 10, 0);
    Connection& waiting = admit(ClientAddress{}, 11, 0);
    table.note_request(answering, 1 * s);
    table.end_after_answer();
    assert_true(waiting.state == State::waiting);
    assert_true(table.note_answered(answering, 2 * s));
    table.note_request(waiting, 2 * s);
    assert_true(table.note_answered(waiting, 3 * s));
    Connection& newcomer = admit(ClientAddress{}, 12, 3 * s);
    table.note_request(newcomer, 4 * s);
    assert_false(table.note_answered(newcomer, 4 * s));
}

void those_who_wait_are_ended_together(void**) {
    Connection& answering = admit(ClientAddress{}, 10, 0);
    admit(ClientAddress{}, 11, 0);
    admit(ClientAddress{}, 12, 0);
    table.note_request(answering, 1 * s);
    table.end_after_answer();
    admit(ClientAddress{}, 13, 1 * s);  // too late to be one of them
    assert_true(table.has_last_answers());
    table.end_waiting(hang_up);
    assert_int_equal(hung_up_count, 2);
    assert_int_equal(hung_up[0] + hung_up[1], 23);
    assert_int_equal(table.answering_count(), 1);
    assert_true(table.note_answered(answering, 2 * s));
    assert_false(table.has_last_answers());
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_people_do),
        cmocka_unit_test(ipv6_counts_by_network_and_ipv4_by_address),
        cmocka_unit_test_setup(one_address_gets_its_share_and_others_the_rest, start),
        cmocka_unit_test_setup(unix_sockets_have_no_share, start),
        cmocka_unit_test_setup(who_waited_longest_makes_room, start),
        cmocka_unit_test_setup(client_at_its_share_pays_with_its_own, start),
        cmocka_unit_test_setup(who_takes_its_answer_for_long_makes_room_when_nobody_waits, start),
        cmocka_unit_test_setup(waiting_ends_when_its_time_is_over, start),
        cmocka_unit_test_setup(answering_has_an_end_of_its_own, start),
        cmocka_unit_test_setup(each_answer_starts_the_next_wait, start),
        cmocka_unit_test_setup(last_answer_is_the_end, start),
        cmocka_unit_test_setup(those_who_wait_are_ended_together, start),
    };
    return cmocka_run_group_tests_name("connection_table", tests, nullptr, nullptr);
}
