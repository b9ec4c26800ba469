#include "agent/apps/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t value_count = 20'000;
constexpr double percents[] = {1, 5, 25, 50, 75, 90, 95, 99, 100};

static QuantileSketch sketch;
static double values[value_count];
static std::uint64_t seed;

int begin(void**) {
    sketch.clear();
    seed = 42;
    return 0;
}

// Uniform between 0 and 1, neither included.
double random_share() {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (static_cast<double>(seed >> 11) + 0.5) / 9007199254740992.0;
}

double random_normal() {
    return std::sqrt(-2 * std::log(random_share())) * std::cos(6.283185307179586 * random_share());
}

bool is_within(double estimate, double exact) {
    return std::fabs(estimate - exact) <=
           QuantileSketch::relative_error_max * (1 + 1e-9) * std::fabs(exact);
}

// The sketch of all values against the values themselves, sorted.
void check_all(double (*make)(), std::size_t answers_wanted = std::size(percents)) {
    sketch.clear();
    for (double& value : values) {
        value = make();
        sketch.add(value, 1);
    }
    std::sort(std::begin(values), std::end(values));
    std::size_t answers = 0;
    for (const double percent : percents) {
        const auto rank = static_cast<std::size_t>(std::ceil(value_count * percent / 100));
        double estimate = 0;
        if (!sketch.quantile(percent, estimate)) continue;
        ++answers;
        assert_true(is_within(estimate, values[rank - 1]));
    }
    assert_int_equal(answers, answers_wanted);
}

void the_error_is_at_most_one_percent_whatever_the_distribution(void**) {
    check_all([] { return 100 * random_share(); });
    check_all([] { return -std::log(random_share()) * 20; });         // exponential
    check_all([] { return std::exp(3 + 2 * random_normal()); });      // log-normal
    check_all([] { return std::pow(random_share(), -1 / 1.1); });     // Pareto, heavy tail
    check_all([] { return 50 + random_normal(); });                   // narrow
    check_all([] { return random_share() < 0.5 ? 0.001 : 1000.0; });  // two humps
    check_all([] { return std::floor(5 * random_share()); });         // few, with zeros
    check_all([] { return 1e300 * random_share(); });                 // huge
    check_all([] { return 1e-6 * random_share() + 1e-7; });           // small
    check_all([] { return 42.0; });
    check_all([] { return 0.0; });
}

void negative_values_are_as_exact(void**) {
    check_all([] { return -100 * random_share(); });
    check_all([] { return -std::exp(2 * random_normal()); });
    check_all([] { return -7.0; });
}

void quantiles_of_both_signs_are_right_or_absent(void**) {
    check_all([] { return 1e-5 * random_normal(); });
    sketch.clear();
    for (int i = 0; i < 100; ++i)
        sketch.add(i < 2 ? -5 : 1000 + i, 1);
    double value = 0;
    assert_false(sketch.quantile(1, value));
    assert_true(sketch.quantile(3, value));
    assert_true(is_within(value, 1002));
    assert_true(sketch.quantile(100, value));
    assert_true(is_within(value, 1099));
}

void the_order_of_values_makes_no_difference(void**) {
    double answers[3] = {};
    for (int order = 0; order < 3; ++order) {
        sketch.clear();
        for (int i = 0; i < 3000; ++i) {
            const int step = order == 0 ? i : order == 1 ? 2999 - i : i * 1009 % 3000;
            sketch.add(std::pow(1.01, step), 1);  // 13 decades
        }
        assert_true(sketch.quantile(50, answers[order]));
        assert_true(is_within(answers[order], std::pow(1.01, 1499)));
    }
    assert_true(answers[0] == answers[1] && answers[1] == answers[2]);
}

// 20 decades do not fit: the upper 17.7 are exact, the others have no answer.
void what_lies_too_low_has_no_answer(void**) {
    for (const bool is_ascending : {true, false}) {
        sketch.clear();
        for (int i = 0; i <= 200; ++i)
            sketch.add(std::pow(10, (is_ascending ? i : 200 - i) / 10.0 - 5), 1);
        double value = -1;
        assert_false(sketch.quantile(5, value));
        assert_true(value == -1);
        int answers = 0;
        for (int percent = 1; percent <= 100; ++percent) {
            if (!sketch.quantile(percent, value)) continue;
            ++answers;
            assert_true(is_within(value, std::pow(10, std::ceil(2.01 * percent - 1) / 10.0 - 5)));
        }
        assert_in_range(answers, 87, 89);
    }
}

void one_value_that_is_far_too_large_takes_only_the_low_ones_with_it(void**) {
    for (int i = 0; i < 99; ++i)
        sketch.add(1 + i, 1);
    sketch.add(4294967295.0, 1);
    double value = 0;
    assert_true(sketch.quantile(90, value));
    assert_true(is_within(value, 90));
}

void a_weight_counts_as_that_many_values(void**) {
    sketch.add(1, 10);
    sketch.add(100, 1 / 0.3);
    sketch.add(1000, 1 / 0.7);
    double value = 0;
    assert_true(sketch.quantile(67, value) && is_within(value, 1));
    assert_true(sketch.quantile(68, value) && is_within(value, 100));
    assert_true(sketch.quantile(90, value) && is_within(value, 100));
    assert_true(sketch.quantile(91, value) && is_within(value, 1000));
}

void a_bucket_that_is_full_stays_full(void**) {
    for (int i = 0; i < 3; ++i)
        sketch.add(1, 1e9);
    sketch.add(5, 1e9);
    double value = 0;
    assert_true(sketch.quantile(50, value) && is_within(value, 1));
    assert_true(sketch.quantile(51, value) && is_within(value, 5));
}

void no_value_has_no_quantile_and_clearing_leaves_none(void**) {
    double value = 0;
    assert_false(sketch.quantile(50, value));
    for (int i = 0; i < 3000; ++i)
        sketch.add(std::pow(1.05, i - 1500), 1);
    sketch.clear();
    assert_false(sketch.quantile(50, value));
    sketch.add(3, 1);
    assert_true(sketch.quantile(1, value) && is_within(value, 3));
    assert_true(sketch.quantile(100, value) && is_within(value, 3));
}

void the_largest_and_the_smallest_doubles_harm_nothing(void**) {
    for (const double value :
         {1.7976931348623157e308, -1.7976931348623157e308, 4.9e-324, -4.9e-324, 1e-9, -1e-9, 0.0})
        sketch.add(value, 1);
    double value = 0;
    assert_true(sketch.quantile(100, value));
    assert_false(std::isnan(value));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_error_is_at_most_one_percent_whatever_the_distribution, begin),
        cmocka_unit_test_setup(negative_values_are_as_exact, begin),
        cmocka_unit_test_setup(quantiles_of_both_signs_are_right_or_absent, begin),
        cmocka_unit_test_setup(the_order_of_values_makes_no_difference, begin),
        cmocka_unit_test_setup(what_lies_too_low_has_no_answer, begin),
        cmocka_unit_test_setup(one_value_that_is_far_too_large_takes_only_the_low_ones_with_it,
                               begin),
        cmocka_unit_test_setup(a_weight_counts_as_that_many_values, begin),
        cmocka_unit_test_setup(a_bucket_that_is_full_stays_full, begin),
        cmocka_unit_test_setup(no_value_has_no_quantile_and_clearing_leaves_none, begin),
        cmocka_unit_test_setup(the_largest_and_the_smallest_doubles_harm_nothing, begin),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
