#include "platform/metrics/pressure_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr MetricSpec specs[] = {NMA_PRESSURE_SPECS("a.some", "a task waited")};

void specs_are_put_together_from_literals(void**) {
    assert_string_equal(specs[0].name, "a.some.avg10");
    assert_string_equal(specs[1].name, "a.some.avg60");
    assert_string_equal(specs[2].name, "a.some.avg300");
    assert_string_equal(specs[3].name, "a.some.total");
    assert_string_equal(specs[2].help, "Share of the last 300 seconds in which a task waited");
    assert_true(specs[0].unit == Unit::percent && specs[0].kind == MetricKind::gauge);
    assert_true(specs[3].unit == Unit::seconds && specs[3].kind == MetricKind::counter);
}

void both_lines_are_read_in_either_order(void**) {
    PressureText pressure;
    assert_true(scan_pressure("full avg10=0.01 avg60=0.10 avg300=1.00 total=7 more=1\n"
                              "some avg10=99.99 avg60=2.00 avg300=3.00 "
                              "total=18446744073709551615\nnew x=1\n",
                              pressure) == Status::ok);
    assert_true(pressure.some.is_present && pressure.full.is_present);
    assert_int_equal(pressure.some.avg10, 9999);
    assert_int_equal(pressure.some.avg60, 200);
    assert_int_equal(pressure.some.avg300, 300);
    assert_true(pressure.some.total_us == UINT64_MAX);
    assert_int_equal(pressure.full.avg10, 1);
    assert_int_equal(pressure.full.total_us, 7);
}

void one_line_leaves_the_other_not_present(void**) {
    PressureText pressure;
    assert_true(scan_pressure("full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n", pressure) ==
                Status::ok);
    assert_false(pressure.some.is_present);
    assert_true(pressure.full.is_present);
}

void malformed_text_leaves_the_result_untouched(void**) {
    PressureText pressure;
    pressure.some.total_us = 5;
    for (const std::string_view text :
         {"", "some", "some\n", "x\n", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7",
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0\n"}) {
        assert_true(scan_pressure(text, pressure) == Status::malformed);
        assert_int_equal(pressure.some.total_us, 5);
        assert_false(pressure.some.is_present);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(specs_are_put_together_from_literals),
        cmocka_unit_test(both_lines_are_read_in_either_order),
        cmocka_unit_test(one_line_leaves_the_other_not_present),
        cmocka_unit_test(malformed_text_leaves_the_result_untouched),
    };
    return cmocka_run_group_tests_name("pressure_text", tests, nullptr, nullptr);
}
