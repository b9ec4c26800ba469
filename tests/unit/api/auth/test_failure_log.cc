#include "api/auth/failure_log.h"

#include <cstdio>
#include <cstring>

#include "platform/metrics/agent_counters.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t start_ns = 1000 * second_ns;
constexpr const char* cause = "its signature is wrong";

Arena arena;
FailureLog log_of_failures;
std::size_t line_count;
char last_line[512];

void take_line(void* context, const char* line) {
    assert_ptr_equal(context, &line_count);
    ++line_count;
    snprintf(last_line, sizeof last_line, "%s", line);
}

int make_log(void**) {
    line_count = 0;
    last_line[0] = '\0';
    log_of_failures = FailureLog{};
    if (!arena.map(std::size_t{1} << 20)) return -1;
    log_of_failures.init(arena, "refused", {take_line, &line_count});
    return 0;
}

int remove_log(void**) {
    arena.unmap();
    return 0;
}

// Other addresses, each failing once: those of numbers from `first` on.
void fail_others(std::size_t first, std::size_t count, std::uint64_t now_ns) {
    char address[32];
    for (std::size_t i = first; i < first + count; ++i) {
        snprintf(address, sizeof address, "10.1.%zu.%zu", i / 256, i % 256);
        log_of_failures.note(address, cause, now_ns);
    }
}

void a_failure_is_written_once_a_minute(void**) {
    const std::uint64_t before = agent_count(AgentCounter::logs_suppressed);
    for (std::uint64_t i = 0; i < 18; ++i)
        log_of_failures.note("10.0.0.1", cause, start_ns + i * second_ns);
    log_of_failures.note("10.0.0.1", cause, start_ns + 60 * second_ns - 1);
    assert_int_equal(line_count, 1);
    assert_string_equal(last_line, "refused 10.0.0.1: its signature is wrong");
    assert_int_equal(agent_count(AgentCounter::logs_suppressed), before + 18);
}

void the_next_minute_tells_how_many_there_were(void**) {
    for (std::uint64_t i = 0; i < 18; ++i)
        log_of_failures.note("10.0.0.1", cause, start_ns);
    log_of_failures.note("10.0.0.1", cause, start_ns + 60 * second_ns);
    assert_int_equal(line_count, 2);
    assert_string_equal(last_line,
                        "refused 10.0.0.1: its signature is wrong (and 17 more like it)");
    log_of_failures.note("10.0.0.1", cause, start_ns + 120 * second_ns);
    assert_string_equal(last_line, "refused 10.0.0.1: its signature is wrong");
}

void other_addresses_and_other_causes_are_told_apart(void**) {
    log_of_failures.note("10.0.0.1", cause, start_ns);
    log_of_failures.note("10.0.0.2", cause, start_ns);
    log_of_failures.note("10.0.0.1", "it is expired", start_ns);
    log_of_failures.note("10.0.0.", "1its signature is wrong", start_ns);
    assert_int_equal(line_count, 4);
    log_of_failures.note("10.0.0.1", "it is expired", start_ns + 1);
    assert_int_equal(line_count, 4);
}

void many_addresses_write_no_more_than_the_bound_of_a_minute(void**) {
    fail_others(0, 1000, start_ns);
    assert_int_equal(line_count, limits::failure_log_lines_per_minute_max);
    fail_others(1000, 1000, start_ns + 59 * second_ns);
    assert_int_equal(line_count, limits::failure_log_lines_per_minute_max);
}

void what_was_beyond_the_bound_is_told_once_in_the_next_minute(void**) {
    fail_others(0, 1000, start_ns);
    line_count = 0;
    log_of_failures.note("10.0.0.1", cause, start_ns + 61 * second_ns);
    assert_int_equal(line_count, 2);
    assert_string_equal(last_line, "refused 10.0.0.1: its signature is wrong");
    log_of_failures.note("10.0.0.2", cause, start_ns + 125 * second_ns);
    assert_int_equal(line_count, 3);
}

// Keeps the line before the last.
char lines[2][512];
void take_two(void*, const char* line) {
    memcpy(lines[0], lines[1], sizeof lines[0]);
    snprintf(lines[1], sizeof lines[1], "%s", line);
}

void the_number_beyond_the_bound_is_exact(void**) {
    log_of_failures = FailureLog{};
    log_of_failures.init(arena, "refused", {take_two, nullptr});
    fail_others(0, limits::failure_log_lines_per_minute_max + 940, start_ns);
    log_of_failures.note("10.0.0.1", cause, start_ns + 61 * second_ns);
    assert_string_equal(lines[0], "refused: 940 more, of many addresses or causes");
}

void who_fails_on_during_a_flood_is_counted_with_its_own(void**) {
    log_of_failures.note("10.0.0.1", cause, start_ns);
    fail_others(0, 59, start_ns + 30 * second_ns);
    fail_others(0, 60, start_ns + 95 * second_ns);
    line_count = 0;
    log_of_failures.note("10.0.0.1", cause, start_ns + 96 * second_ns);
    assert_int_equal(line_count, 0);
    log_of_failures.note("10.0.0.1", cause, start_ns + 156 * second_ns);
    assert_string_equal(last_line, "refused 10.0.0.1: its signature is wrong (and 1 more like it)");
}

void the_oldest_makes_room_and_what_it_counted_is_not_lost(void**) {
    log_of_failures.note("10.0.0.1", cause, start_ns);
    log_of_failures.note("10.0.0.1", cause, start_ns);
    constexpr std::size_t half = limits::failure_log_entry_count_max / 2;
    fail_others(0, half, start_ns + 100 * second_ns);
    fail_others(half, half, start_ns + 200 * second_ns);
    line_count = 0;
    log_of_failures.note("10.0.0.1", cause, start_ns + 300 * second_ns);
    assert_int_equal(line_count, 2);  // that one was not told, and this
    assert_string_equal(last_line, "refused 10.0.0.1: its signature is wrong");
}

void long_texts_are_cut_and_still_limited(void**) {
    char text[1000];
    memset(text, 'x', sizeof text);
    for (std::size_t i = 0; i < 5; ++i)
        log_of_failures.note({text, sizeof text - i}, {text, sizeof text - i}, start_ns);
    assert_int_equal(line_count, 1);
    assert_true(std::strlen(last_line) < 300);
    log_of_failures.note({}, {}, start_ns);
    assert_string_equal(last_line, "refused : ");
}

}  // namespace

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, make_log, remove_log)

int main() {
    const CMUnitTest tests[] = {
        WITH_LOG(a_failure_is_written_once_a_minute),
        WITH_LOG(the_next_minute_tells_how_many_there_were),
        WITH_LOG(other_addresses_and_other_causes_are_told_apart),
        WITH_LOG(many_addresses_write_no_more_than_the_bound_of_a_minute),
        WITH_LOG(what_was_beyond_the_bound_is_told_once_in_the_next_minute),
        WITH_LOG(the_number_beyond_the_bound_is_exact),
        WITH_LOG(who_fails_on_during_a_flood_is_counted_with_its_own),
        WITH_LOG(the_oldest_makes_room_and_what_it_counted_is_not_lost),
        WITH_LOG(long_texts_are_cut_and_still_limited),
    };
    return cmocka_run_group_tests_name("failure_log", tests, nullptr, nullptr);
}
