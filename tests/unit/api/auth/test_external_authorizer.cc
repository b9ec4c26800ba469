#include "api/auth/external_authorizer.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "platform/linux/clock.h"
#include "platform/metrics/agent_counters.h"
#include "tests/support/authorizer_stand_in.h"
#include "tests/support/open_descriptors.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::uint32_t timeout_ms = 50;
constexpr std::size_t connection_count_max = limits::authorizer_connection_count_max;

Tree tree;
Arena arena;
EventLoop loop;
StandIn stand_in;
ExternalAuthorizer authorizer;
ExternalOptions options;
std::uint64_t failures_before;
std::uint64_t stop_at_ns;
std::size_t news_count;
std::size_t turn_count;  // of the loop
char last_line[512];

void take_line(void*, const char* line) {
    snprintf(last_line, sizeof last_line, "%s", line);
}

void count_news(void*, std::uint32_t) {
    ++news_count;
}

int time_left(void*) {
    ++turn_count;
    const std::uint64_t now_ns = boottime_ns();
    return stop_at_ns <= now_ns ? 0 : static_cast<int>((stop_at_ns - now_ns) / ns_per_ms) + 1;
}

void stop_in_time(void*) {
    if (boottime_ns() >= stop_at_ns) loop.stop();
}

int make_bed(void**) {
    tree_make(tree);
    last_line[0] = '\0';
    news_count = 0;
    failures_before = agent_count(AgentCounter::external_authorizer_failures);
    authorizer = ExternalAuthorizer{};
    if (!arena.map(std::size_t{1} << 20) || loop.open() != Status::ok) return -1;
    authorizer.init(arena, {take_line, nullptr});
    stand_in_make(stand_in, tree, loop);
    options = {{}, 5'000, 10'000, 10'000};
    const bool fits =
        options.socket.assign(tree.path.view()) && options.socket.append("/authorizer.sock");
    authorizer.configure(options);
    const bool has_room = authorizer.attach(loop, {count_news, nullptr}) &&
                          loop.add_hook({time_left, stop_in_time, nullptr}) == Status::ok;
    return fits && has_room ? 0 : -1;
}

int remove_bed(void**) {
    authorizer.configure({});
    stand_in_remove(stand_in);
    loop.close();
    arena.unmap();
    tree_remove(tree);
    return 0;
}

std::uint64_t failure_count() {
    return agent_count(AgentCounter::external_authorizer_failures) - failures_before;
}

void run_ms(std::uint64_t ms) {
    stop_at_ns = boottime_ns() + ms * ns_per_ms;
    loop.run();
}

// For an authorizer that does not answer.
void be_impatient() {
    options.timeout_ms = timeout_ms;
    authorizer.configure(options);
}

Opinion decide(std::string_view uid, Permission permission = Permission::agent) {
    return authorizer.decide(uid, permission);
}

// Asks, and lets the loop run until it is told; a second is for slow machines.
Opinion ask(std::string_view uid, Permission permission = Permission::agent) {
    Opinion opinion = decide(uid, permission);
    for (int i = 0; i < 1000 && opinion == Opinion::pending; ++i) {
        run_ms(1);
        opinion = decide(uid, permission);
    }
    return opinion;
}

void check_failure(const char* uid, const char* cause) {
    const std::uint64_t before = failure_count();
    assert_true(ask(uid) == Opinion::deny);
    assert_int_equal(failure_count(), before + 1);
    assert_non_null(strstr(last_line, "/authorizer.sock: "));
    assert_string_equal(strstr(last_line, "sock: ") + 6, cause);
}

// So many uids: "u0", "u1" …
const char* numbered(std::size_t number) {
    static char uid[32];
    snprintf(uid, sizeof uid, "u%zu", number);
    return uid;
}

void who_is_allowed_waits_first_and_is_told(void**) {
    assert_true(decide("al") == Opinion::pending);
    assert_true(decide("al") == Opinion::pending);
    assert_true(ask("al") == Opinion::allow);
    assert_string_equal(stand_in.question.c_str(), "al dcos:adminrouter:system:agent\n");
    assert_int_equal(stand_in.question_count, 1);
    assert_int_equal(news_count, 1);
    assert_int_equal(failure_count(), 0);
}

void who_is_denied_is_told_and_nothing_is_logged(void**) {
    stand_in.answer = "deny\n";
    assert_true(ask("al") == Opinion::deny);
    assert_string_equal(last_line, "");
    assert_int_equal(failure_count(), 0);
}

void a_known_answer_is_not_asked_again(void**) {
    for (int i = 0; i < 10; ++i)
        assert_true(ask("al") == Opinion::allow);
    assert_int_equal(stand_in.question_count, 1);
}

void another_uid_and_another_permission_are_other_questions(void**) {
    assert_true(ask("al") == Opinion::allow);
    stand_in.answer = "deny\n";
    assert_true(ask("all") == Opinion::deny);
    assert_true(ask("Al") == Opinion::deny);
    assert_true(decide("al", Permission::system_metrics) == Opinion::pending);
    assert_true(ask("al", Permission::system_metrics) == Opinion::deny);
    assert_string_equal(stand_in.question.c_str(), "al dcos:adminrouter:ops:system-metrics\n");
    assert_true(decide("al") == Opinion::allow);
    assert_int_equal(stand_in.question_count, 4);
}

void an_old_answer_is_asked_again(void**) {
    options.kept_ms = 300;
    authorizer.configure(options);
    assert_true(ask("al") == Opinion::allow);
    stand_in.answer = "deny\n";
    run_ms(310);
    assert_true(ask("al") == Opinion::deny);
    assert_int_equal(stand_in.question_count, 2);
}

void what_is_no_letter_or_digit_is_encoded(void**) {
    ask("caf\xc3\xa9 100%\n/-._~");
    assert_string_equal(stand_in.question.c_str(),
                        "caf%C3%A9%20100%25%0A%2F-._~ dcos:adminrouter:system:agent\n");
}

void the_longest_uid_fits_into_a_question_and_a_longer_one_is_denied(void**) {
    char uid[limits::authorizer_uid_bytes_max + 1];
    memset(uid, '%', sizeof uid);
    assert_true(ask({uid, sizeof uid - 1}) == Opinion::allow);
    assert_true(ask({uid, sizeof uid}) == Opinion::deny);
    assert_int_equal(failure_count(), 1);
    assert_int_equal(stand_in.question_count, 1);
}

void an_answer_in_two_parts_is_taken(void**) {
    stand_in.answer = "al";
    stand_in.rest = "low\n";
    assert_true(ask("al") == Opinion::allow);
    stand_in.answer = "deny";
    stand_in.rest = "\n";
    assert_true(ask("bo") == Opinion::deny);
    assert_int_equal(failure_count(), 0);
}

void any_other_answer_and_an_end_without_one_deny(void**) {
    const char* garbage[] = {"\n",       "yes\n",     "ALLOW\n",  "allow\r\n",     "allowed\n",
                             " allow\n", "allow\n\n", "allow \n", "deny\nallow\n", "{\"allow\":1}"};
    std::size_t number = 0;
    for (const char* text : garbage) {
        stand_in.answer = text;
        check_failure(numbered(number++), "its answer is neither allow nor deny");
    }
    stand_in.is_closing = true;
    check_failure("al", "it closed the connection without an answer");
}

void silence_before_or_within_an_answer_denies_when_time_is_over(void**) {
    be_impatient();
    stand_in.answer = "allow";
    check_failure("bo", "it did not answer in time");
    stand_in.answer = nullptr;
    const std::uint64_t before_ns = boottime_ns();
    check_failure("al", "it did not answer in time");
    const std::uint64_t took_ns = boottime_ns() - before_ns;
    assert_true(took_ns >= timeout_ms * ns_per_ms && took_ns < 4000 * ns_per_ms);
    assert_int_equal(news_count, 2);
    run_ms(2);
    assert_int_equal(stand_in.open_count, 0);
}

void no_socket_denies_at_once_and_is_tried_again(void**) {
    tree_delete(tree, "authorizer.sock");
    assert_true(decide("al") == Opinion::deny);
    assert_non_null(strstr(last_line, "there is no such socket: is the authorizer running?"));
    options.failure_kept_ms = 200;
    authorizer.configure(options);
    assert_true(decide("al") == Opinion::deny);
    assert_int_equal(failure_count(), 2);
    assert_true(decide("al") == Opinion::deny);
    assert_int_equal(failure_count(), 2);
    stand_in_remove(stand_in);
    stand_in_make(stand_in, tree, loop);
    run_ms(210);
    assert_true(ask("al") == Opinion::allow);
}

void a_socket_without_a_listener_and_what_is_no_socket_deny(void**) {
    close(stand_in.listener);
    check_failure("al", "nobody listens on the socket: is the authorizer running?");
    tree_delete(tree, "authorizer.sock");
    tree_write(tree, "authorizer.sock", "allow\n");
    check_failure("bo", "nobody listens on the socket: is the authorizer running?");
    stand_in.listener = dup(0);
}

void a_socket_that_others_own_denies(void**) {
    tree_chmod(tree, "authorizer.sock", 0600);
    if (!become_nobody()) SKIP_BECAUSE("takes root");
    const Opinion opinion = decide("al");
    become_root_again();
    assert_true(opinion == Opinion::deny);
    assert_non_null(strstr(last_line, "the agent's user may not write to the socket"));
}

void no_more_than_the_limit_are_asked_at_once_and_the_others_wait(void**) {
    constexpr std::size_t count = connection_count_max + 1;
    stand_in.held_until = connection_count_max;
    for (std::size_t i = 0; i < count; ++i)
        assert_true(decide(numbered(i)) == Opinion::pending);
    for (std::size_t i = 0; i < count; ++i)
        assert_true(ask(numbered(i)) == Opinion::allow);
    assert_int_equal(stand_in.open_count_max, connection_count_max);
    assert_int_equal(stand_in.question_count, count);
    assert_int_equal(failure_count(), 0);
}

void a_silent_authorizer_denies_all_who_wait_in_one_time_out(void**) {
    be_impatient();
    stand_in.answer = nullptr;
    for (std::size_t i = 0; i < 40; ++i)
        assert_true(decide(numbered(i)) == Opinion::pending);
    run_ms(timeout_ms + 30);
    for (std::size_t i = 0; i < 40; ++i)
        assert_true(decide(numbered(i)) == Opinion::deny);
    assert_int_equal(failure_count(), 40);
}

void waiting_does_not_keep_the_loop_busy(void**) {
    be_impatient();
    stand_in_remove(stand_in);
    stand_in_make(stand_in, tree, loop, 0);
    for (std::size_t i = 0; i < 2 * connection_count_max; ++i)
        decide(numbered(i));
    stand_in.answer = nullptr;
    run_ms(5);
    turn_count = 0;
    run_ms(timeout_ms - 10);
    assert_true(turn_count < 2 * connection_count_max);
}

void more_questions_than_there_is_room_for_are_denied_at_once(void**) {
    stand_in.answer = nullptr;
    for (std::size_t i = 0; i < limits::authorizer_answer_count_max; ++i)
        assert_true(decide(numbered(i)) == Opinion::pending);
    assert_true(decide("late") == Opinion::deny);
    assert_non_null(strstr(last_line, "too many questions at once"));
    assert_true(decide(numbered(3)) == Opinion::pending);
}

void a_known_answer_makes_room_for_a_new_question(void**) {
    for (std::size_t i = 0; i <= limits::authorizer_answer_count_max; ++i)
        assert_true(ask(numbered(i)) == Opinion::allow);
    assert_true(decide(numbered(1)) == Opinion::allow);
    assert_true(decide(numbered(0)) == Opinion::pending);
}

void a_short_queue_of_the_socket_is_waited_for(void**) {
    stand_in_remove(stand_in);
    stand_in_make(stand_in, tree, loop, 1);
    for (std::size_t i = 0; i < 8; ++i)
        assert_true(decide(numbered(i)) == Opinion::pending);
    assert_int_equal(failure_count(), 0);
    for (std::size_t i = 0; i < 8; ++i)
        assert_true(ask(numbered(i)) == Opinion::allow);
}

void a_queue_that_stays_full_is_a_time_out(void**) {
    be_impatient();
    stand_in_remove(stand_in);
    stand_in_make(stand_in, tree, loop, 0);
    loop.unwatch(stand_in.listener);
    for (std::size_t i = 0; i < 4; ++i)
        assert_true(decide(numbered(i)) == Opinion::pending);
    run_ms(timeout_ms + 30);
    for (std::size_t i = 0; i < 4; ++i)
        assert_true(decide(numbered(i)) == Opinion::deny);
}

void new_options_have_questions_asked_anew_and_answers_forgotten(void**) {
    assert_true(ask("al") == Opinion::allow);
    stand_in.answer = nullptr;
    assert_true(decide("bo") == Opinion::pending);
    run_ms(5);
    const std::size_t before = news_count;
    authorizer.configure(options);
    stand_in.answer = "deny\n";
    run_ms(5);
    assert_int_equal(news_count, before + 1);
    assert_true(ask("al") == Opinion::deny);
    assert_true(ask("bo") == Opinion::deny);
    assert_int_equal(failure_count(), 0);
}

void without_a_socket_or_a_loop_there_is_no_opinion(void**) {
    authorizer.configure({});
    assert_true(decide("al") == Opinion::none);
    static ExternalAuthorizer other;
    static Arena memory;
    assert_true(memory.map(std::size_t{1} << 20));
    other.init(memory, {take_line, nullptr});
    other.configure(options);
    assert_true(other.decide("al", Permission::agent) == Opinion::none);
    memory.unmap();
}

void no_descriptor_is_left_behind(void**) {
    const std::size_t before = open_descriptor_count();
    for (std::size_t i = 0; i < 100; ++i) {
        stand_in.answer = i % 3 == 0 ? "allow\n" : i % 3 == 1 ? "garbage" : "deny\n";
        stand_in.is_closing = i % 7 == 0;
        ask(numbered(i));
    }
    run_ms(2);
    assert_int_equal(stand_in.open_count, 0);
    assert_int_equal(open_descriptor_count(), before);
}

}  // namespace

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, make_bed, remove_bed)

int main() {
    const CMUnitTest tests[] = {
        WITH_BED(who_is_allowed_waits_first_and_is_told),
        WITH_BED(who_is_denied_is_told_and_nothing_is_logged),
        WITH_BED(a_known_answer_is_not_asked_again),
        WITH_BED(another_uid_and_another_permission_are_other_questions),
        WITH_BED(an_old_answer_is_asked_again),
        WITH_BED(what_is_no_letter_or_digit_is_encoded),
        WITH_BED(the_longest_uid_fits_into_a_question_and_a_longer_one_is_denied),
        WITH_BED(an_answer_in_two_parts_is_taken),
        WITH_BED(any_other_answer_and_an_end_without_one_deny),
        WITH_BED(silence_before_or_within_an_answer_denies_when_time_is_over),
        WITH_BED(no_socket_denies_at_once_and_is_tried_again),
        WITH_BED(a_socket_without_a_listener_and_what_is_no_socket_deny),
        WITH_BED(a_socket_that_others_own_denies),
        WITH_BED(no_more_than_the_limit_are_asked_at_once_and_the_others_wait),
        WITH_BED(a_silent_authorizer_denies_all_who_wait_in_one_time_out),
        WITH_BED(waiting_does_not_keep_the_loop_busy),
        WITH_BED(more_questions_than_there_is_room_for_are_denied_at_once),
        WITH_BED(a_known_answer_makes_room_for_a_new_question),
        WITH_BED(a_short_queue_of_the_socket_is_waited_for),
        WITH_BED(a_queue_that_stays_full_is_a_time_out),
        WITH_BED(new_options_have_questions_asked_anew_and_answers_forgotten),
        WITH_BED(without_a_socket_or_a_loop_there_is_no_opinion),
        WITH_BED(no_descriptor_is_left_behind),
    };
    return cmocka_run_group_tests_name("external_authorizer", tests, nullptr, nullptr);
}
