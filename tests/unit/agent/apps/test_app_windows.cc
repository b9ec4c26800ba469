#include <cstring>

#include "tests/support/app_bed.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

static AppBed bed;

int make_bed(void**) {
    return bed.make({}) ? 0 : -1;
}

int give_back(void**) {
    bed.give_back();
    return 0;
}

void the_running_window_is_shown_until_the_first_is_finished(void**) {
    bed.send("t:1|ms\ns:x|s");
    assert_string_equal(bed.shown("t.count"), "t.count=1");
    bed.wait_s(5);
    bed.send("t:3|ms\ns:y|s");
    assert_string_equal(bed.shown("t.count"), "t.count=2");
    assert_string_equal(bed.shown("s"), "s=2");
}

void a_finished_window_is_shown_while_the_next_one_runs(void**) {
    bed.send("t:1|ms\nt:2|ms\ns:x|s\ns:y|s");
    bed.wait_s(10);
    bed.send("t:100|ms\ns:z|s");
    assert_string_equal(bed.shown("t.count"), "t.count=2");
    assert_string_equal(bed.shown("t.upper"), "t.upper=2");
    assert_string_equal(bed.shown("s"), "s=2");
    bed.wait_s(10);
    assert_string_equal(bed.shown("t.count"), "t.count=1");
    assert_string_equal(bed.shown("t.90_percentile"), "t.90_percentile=100");
    assert_string_equal(bed.shown("s"), "s=1");
}

void a_window_ends_by_the_next_sample_also_when_nobody_looked(void**) {
    bed.send("t:1|ms\ns:x|s");
    bed.now_ns += 25 * second_ns;
    bed.send("t:5|ms\ns:y|s\ns:z|s");
    assert_string_equal(bed.shown("t.upper"), "t.upper=1");
    assert_string_equal(bed.shown("s"), "s=1");
    bed.now_ns += 10 * second_ns;
    bed.send("t:6|ms");
    assert_string_equal(bed.shown("t.upper"), "t.upper=5");
    assert_string_equal(bed.shown("s"), "s=1");
    bed.store.expire(bed.now_ns);
    assert_string_equal(bed.shown("s"), "s=2");
}

void windows_without_samples_leave_the_last_one_that_had_some(void**) {
    bed.send("t:1|ms\ns:x|s");
    bed.wait_s(60);
    assert_string_equal(bed.shown("t.count"), "t.count=1");
    assert_string_equal(bed.shown("s"), "s=1");
}

void what_is_not_sent_any_more_is_gone_after_its_expiry(void**) {
    bed.send("g:1|g\nt:1|ms\ns:x|s\nc:1|c");
    bed.wait_s(119);
    assert_string_equal(bed.shown("g"), "g=1");
    assert_string_equal(bed.shown("t.count"), "t.count=1");
    assert_string_equal(bed.shown("s"), "s=1");
    bed.wait_s(1);
    assert_string_equal(bed.shown(), "c=1");
    assert_int_equal(bed.store.use().series, 1);
    assert_int_equal(bed.store.use().sketches, 0);
    assert_int_equal(bed.store.use().members, 0);
}

void each_sample_puts_the_expiry_off(void**) {
    bed.send("g:1|g");
    for (int i = 0; i < 5; ++i) {
        bed.wait_s(100);
        bed.send("g:+1|g");
    }
    assert_string_equal(bed.shown(), "g=6");
}

void a_gauge_that_expired_begins_anew(void**) {
    bed.send("g:5|g");
    bed.wait_s(120);
    bed.send("g:+1|g");
    assert_string_equal(bed.shown(), "g=1");
}

void a_set_may_meet_the_same_members_in_each_window(void**) {
    for (int i = 0; i < 5; ++i) {
        bed.send("s:x|s\ns:y|s\ns:x|s");
        bed.wait_s(10);
        assert_string_equal(bed.shown(), "s=2");
        assert_int_equal(bed.store.use().members, 0);
    }
}

void a_clock_that_stands_or_falls_back_ends_no_window(void**) {
    bed.now_ns += second_ns;
    bed.send("t:1|ms");
    bed.now_ns -= 20 * second_ns;
    bed.send("t:2|ms");
    bed.store.expire(bed.now_ns);
    assert_string_equal(bed.shown("t.count"), "t.count=2");
}

void interval_and_expiry_are_settings(void**) {
    bed.give_back();
    AppOptions options;
    options.interval_s = 1;
    options.expiry_s = 3;
    assert_true(bed.make({}, options));
    bed.send("t:1|ms");
    bed.wait_s(1);
    bed.send("t:2|ms\nt:2|ms");
    assert_string_equal(bed.shown("t.count"), "t.count=1");
    bed.wait_s(1);
    assert_string_equal(bed.shown("t.count"), "t.count=2");
    bed.wait_s(1);
    assert_string_equal(bed.shown("t.count"), "t.count=2");
    bed.wait_s(1);
    assert_string_equal(bed.shown(), "none");
}

}  // namespace

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bed, give_back)

int main() {
    const CMUnitTest tests[] = {
        TEST(the_running_window_is_shown_until_the_first_is_finished),
        TEST(a_finished_window_is_shown_while_the_next_one_runs),
        TEST(a_window_ends_by_the_next_sample_also_when_nobody_looked),
        TEST(windows_without_samples_leave_the_last_one_that_had_some),
        TEST(what_is_not_sent_any_more_is_gone_after_its_expiry),
        TEST(each_sample_puts_the_expiry_off),
        TEST(a_gauge_that_expired_begins_anew),
        TEST(a_set_may_meet_the_same_members_in_each_window),
        TEST(a_clock_that_stands_or_falls_back_ends_no_window),
        TEST(interval_and_expiry_are_settings),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
