#include "agent/apps/statsd_number.h"

#include <cmath>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

struct Good {
    const char* text;
    double value;
};

void what_is_a_decimal_number_is_parsed_exactly(void**) {
    const Good good[] = {{"0", 0},
                         {"7", 7},
                         {"000", 0},
                         {"+5", 5},
                         {"-5", -5},
                         {"-0", -0.0},
                         {"3.25", 3.25},
                         {".5", 0.5},
                         {"5.", 5},
                         {"1e3", 1000},
                         {"1E+3", 1000},
                         {"-2.5e-3", -0.0025},
                         {"999999999999999", 999999999999999.0},
                         {"9007199254740993", 9007199254740992.0},
                         {"18446744073709551616", 18446744073709551616.0},
                         {"0.1", 0.1},
                         {"1.7976931348623157e308", 1.7976931348623157e308},
                         {"4.9e-324", 4.9e-324}};
    for (const Good& row : good) {
        double value = -1;
        assert_true(parse_statsd_number(row.text, value));
        assert_true(value == row.value && std::signbit(value) == std::signbit(row.value));
    }
}

void what_is_none_changes_nothing(void**) {
    for (const char* bad :
         {"",    "+",        "-",    ".",      "e5",     "+-5",  "-+5",   "--5",     "++5", " 5",
          "5 ",  "5,0",      "1e",   "1e999",  "-1e999", "0x10", "1_000", "nan",     "NaN", "-nan",
          "inf", "Infinity", "-inf", "nan(1)", "5a",     "12a",  "1.2.3", "\xd9\xa3"}) {
        double value = -1;
        assert_false(parse_statsd_number(bad, value));
        assert_true(value == -1);
    }
}

void a_text_in_the_middle_of_another_is_not_read_past_its_end(void**) {
    double value = 0;
    assert_true(parse_statsd_number(std::string_view("123456").substr(1, 2), value));
    assert_true(value == 23);
    assert_true(parse_statsd_number(std::string_view("1.5e10").substr(0, 3), value));
    assert_true(value == 1.5);
}

void nan_is_recognised_without_regard_to_capitals_only_alone(void**) {
    for (const char* nan : {"NaN", "nan", "NAN"})
        assert_true(is_nan_text(nan));
    for (const char* other : {"", "na", "nan1", "+nan", "-nan", "inf", "NaO", "\x0e\x01\x0e"})
        assert_false(is_nan_text(other));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_decimal_number_is_parsed_exactly),
        cmocka_unit_test(what_is_none_changes_nothing),
        cmocka_unit_test(a_text_in_the_middle_of_another_is_not_read_past_its_end),
        cmocka_unit_test(nan_is_recognised_without_regard_to_capitals_only_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
