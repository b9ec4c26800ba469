#include "agent/apps/timer.h"

#include <cmath>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint8_t percentiles[] = {50, 90};

static Timer timer;
static QuantileSketch sketch;

int begin(void**) {
    timer.clear();
    sketch.clear();
    return 0;
}

void add(double value, double weight) {
    timer.add(value, weight);
    sketch.add(value, weight);
}

bool is_near(double value, double wanted) {
    return std::fabs(value - wanted) <= 1e-9 * std::fabs(wanted);
}

void a_small_spread_of_large_values_is_not_lost(void**) {
    for (const double value : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16})
        add(value, 1);
    const TimerSummary summary = timer.summary(&sketch, percentiles);
    assert_true(is_near(summary.mean, 1e9 + 10));
    assert_true(is_near(summary.stddev, std::sqrt(22.5)));
    assert_true(summary.lower == 1e9 + 4 && summary.upper == 1e9 + 16);
}

void a_weight_is_as_that_many_values(void**) {
    add(1, 3);
    add(5, 1);
    const TimerSummary weighted = timer.summary(&sketch, percentiles);
    begin(nullptr);
    for (const double value : {1, 1, 1, 5})
        add(value, 1);
    const TimerSummary plain = timer.summary(&sketch, percentiles);
    assert_true(weighted.count == 4 && plain.count == 4);
    assert_true(weighted.sum == plain.sum && is_near(weighted.mean, plain.mean));
    assert_true(is_near(weighted.stddev, plain.stddev));
    assert_true(weighted.percentiles[0] == plain.percentiles[0]);
    assert_true(weighted.percentiles[1] == plain.percentiles[1]);
}

void weights_that_differ_by_far_leave_a_spread_that_is_a_number(void**) {
    add(5, 1);
    add(7, 1e9);
    add(6, 1);
    const double stddev = timer.summary(&sketch, percentiles).stddev;
    assert_true(stddev > 0 && stddev < 1e-4);
}

void percentiles_stay_between_the_lowest_and_the_highest_value(void**) {
    for (int i = 0; i < 10; ++i)
        add(1000.5, 1);
    const TimerSummary summary = timer.summary(&sketch, percentiles);
    assert_true(summary.percentiles[0] == 1000.5 && summary.percentiles[1] == 1000.5);
}

void without_a_sketch_percentiles_have_no_answer(void**) {
    add(1, 1);
    const TimerSummary summary = timer.summary(nullptr, percentiles);
    assert_true(std::isnan(summary.percentiles[0]) && std::isnan(summary.percentiles[1]));
    assert_true(summary.mean == 1);
}

void what_was_finished_stays_and_the_next_window_begins_empty(void**) {
    assert_false(timer.has_values() || timer.has_finished());
    add(4, 1);
    timer.finish(&sketch, percentiles);
    assert_true(timer.has_finished() && !timer.has_values());
    assert_true(timer.finished().mean == 4);
    add(9, 1);
    assert_true(timer.finished().mean == 4);
    assert_true(timer.summary(&sketch, percentiles).lower == 9);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_small_spread_of_large_values_is_not_lost, begin),
        cmocka_unit_test_setup(a_weight_is_as_that_many_values, begin),
        cmocka_unit_test_setup(weights_that_differ_by_far_leave_a_spread_that_is_a_number, begin),
        cmocka_unit_test_setup(percentiles_stay_between_the_lowest_and_the_highest_value, begin),
        cmocka_unit_test_setup(without_a_sketch_percentiles_have_no_answer, begin),
        cmocka_unit_test_setup(what_was_finished_stays_and_the_next_window_begins_empty, begin),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
