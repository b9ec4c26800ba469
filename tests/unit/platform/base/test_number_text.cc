#include "platform/base/number_text.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

// xorshift64: the same doubles in every run.
std::uint64_t next_random() {
    static std::uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

double any_double() {
    double value = 0;
    do {
        const std::uint64_t bits = next_random();
        std::memcpy(&value, &bits, sizeof value);
    } while (!std::isfinite(value));
    return value;
}

void assert_written(double value, NumberForm form, std::string_view wanted) {
    char room[1100];
    char other_room[1100];
    assert_true(write_double(value, form, room) == wanted);
    assert_true(write_double_by_printf(value, form, other_room) == wanted);
}

void assert_same_both_ways(double value) {
    char room[1100];
    char other_room[1100];
    for (const NumberForm form :
         {NumberForm::shortest, NumberForm::fixed, NumberForm::scientific}) {
        const std::string_view text = write_double(value, form, room);
        const std::string_view other = write_double_by_printf(value, form, other_room);
        if (text != other)
            print_message("%.17g is %.*s and %.*s\n", value, static_cast<int>(text.size()),
                          text.data(), static_cast<int>(other.size()), other.data());
        assert_true(text == other);
        double back = 0;
        assert_true(read_double(text, back) && back == value);
        assert_true(read_double_by_strtod(text, back) && back == value);
    }
}

void numbers_are_written_with_the_fewest_digits(void**) {
    assert_written(0.1, NumberForm::shortest, "0.1");
    assert_written(-2.5, NumberForm::shortest, "-2.5");
    assert_written(0.0001, NumberForm::shortest, "1e-04");
    assert_written(0.0001, NumberForm::fixed, "0.0001");
    assert_written(0.5, NumberForm::shortest, "0.5");
    assert_written(0.012, NumberForm::shortest, "0.012");
    assert_written(1e22, NumberForm::shortest, "1e+22");
    assert_written(123456789012345680.0, NumberForm::fixed, "123456789012345680");
    assert_written(1500, NumberForm::scientific, "1.5e+03");
    assert_written(0.1 + 0.2, NumberForm::shortest, "0.30000000000000004");
    assert_written(5e-324, NumberForm::shortest, "5e-324");
    assert_written(-std::numeric_limits<double>::max(), NumberForm::shortest,
                   "-1.7976931348623157e+308");
    assert_written(-0.0, NumberForm::shortest, "-0");
}

void both_ways_write_and_read_any_number_alike(void**) {
    for (int i = 0; i < 20000; ++i) {
        assert_same_both_ways(any_double());
        const double percent = static_cast<double>(next_random() % 10000000) / 1000.0;
        assert_same_both_ways(percent);
        assert_same_both_ways(std::ldexp(static_cast<double>(next_random() >> 11),
                                         static_cast<int>(next_random() % 120) - 80));
    }
}

// Above a power of two doubles lie twice as far apart as below it.
void both_ways_write_powers_of_two_and_of_ten_alike(void**) {
    for (int exponent = -1074; exponent <= 1023; ++exponent) {
        assert_same_both_ways(std::ldexp(1.0, exponent));
        assert_same_both_ways(-std::nextafter(std::ldexp(1.0, exponent), 0.0));
    }
    for (int exponent = -323; exponent <= 308; ++exponent)
        assert_same_both_ways(std::pow(10, exponent));
}

void a_number_without_room_is_empty(void**) {
    char room[8];
    for (const NumberForm form :
         {NumberForm::shortest, NumberForm::fixed, NumberForm::scientific}) {
        assert_true(write_double(1.23456789, form, room).empty());
        assert_true(write_double_by_printf(1.23456789, form, room).empty());
    }
}

void texts_that_are_numbers_are_read(void**) {
    for (const std::string_view text :
         {"0", "-0", "1.", ".5", "1e5", "1E-5", "-1.5e+300", "1e-310", "4.9e-324", "inf", "-INF",
          "Infinity", "000001", "0e99999"}) {
        double one = 7;
        double other = 8;
        if (!read_double(text, one) || !read_double_by_strtod(text, other))
            print_message("%s\n", text.data());
        assert_true(read_double(text, one) && read_double_by_strtod(text, other));
        assert_true(one == other);
    }
    double value = 7;
    assert_true(read_double("NaN", value) && std::isnan(value));
    value = 7;
    assert_true(read_double_by_strtod("nan", value) && std::isnan(value));
}

void other_texts_are_refused_and_the_value_stays(void**) {
    for (const std::string_view text :
         {"",        "-",     "+1",     " 1",     "1 ",  "1,5",    "0x10",
          "1e",      "1e+",   "e5",     ".",      "--1", "nan(1)", "in",
          "infinit", "1e400", "-1e400", "1e-400", "1_0", "1p3",    "\xC2\xA0"}) {
        double value = 7;
        if (read_double(text, value) || read_double_by_strtod(text, value))
            print_message("%s\n", text.data());
        assert_false(read_double(text, value));
        assert_false(read_double_by_strtod(text, value));
        assert_true(value == 7);
    }
    double value = 7;
    assert_false(read_double(std::string_view("1\0", 2), value));
    assert_false(read_double_by_strtod(std::string_view("1\0", 2), value));
    static char many[1025];
    std::memset(many, '1', sizeof many);
    many[1] = '.';
    assert_true(read_double({many, 1023}, value) && read_double_by_strtod({many, 1023}, value));
    assert_false(read_double({many, 1024}, value) || read_double_by_strtod({many, 1024}, value));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_with_the_fewest_digits),
        cmocka_unit_test(both_ways_write_and_read_any_number_alike),
        cmocka_unit_test(both_ways_write_powers_of_two_and_of_ten_alike),
        cmocka_unit_test(a_number_without_room_is_empty),
        cmocka_unit_test(texts_that_are_numbers_are_read),
        cmocka_unit_test(other_texts_are_refused_and_the_value_stays),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
