#include "platform/base/text_cursor.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

bool is(std::string_view a, std::string_view b) {
    return a == b;
}

void parse_u64_takes_digits_up_to_the_largest(void**) {
    std::uint64_t value = 7;
    assert_true(parse_u64("0", value) && value == 0);
    assert_true(parse_u64("00012", value) && value == 12);
    assert_true(parse_u64("18446744073709551615", value) && value == UINT64_MAX);
}

void parse_u64_refuses_all_else_and_leaves_the_value(void**) {
    for (const std::string_view text :
         {"", " ", "-1", "+1", "1 ", " 1", "0x1", "1.0", "18446744073709551616",
          "99999999999999999999999999", "1\n"}) {
        std::uint64_t value = 7;
        assert_false(parse_u64(text, value));
        assert_true(value == 7);
    }
    std::uint64_t value = 7;
    assert_false(parse_u64(std::string_view("1\0", 2), value));
}

void parse_i64_takes_its_whole_range_and_no_more(void**) {
    std::int64_t value = 7;
    assert_true(parse_i64("-9223372036854775808", value) && value == INT64_MIN);
    assert_true(parse_i64("9223372036854775807", value) && value == INT64_MAX);
    assert_true(parse_i64("-0", value) && value == 0);
    value = 7;
    for (const std::string_view text :
         {"-9223372036854775809", "9223372036854775808", "-", "", "--1", "1-"}) {
        assert_false(parse_i64(text, value));
        assert_true(value == 7);
    }
}

void parse_decimal_scales_and_cuts(void**) {
    std::uint64_t value = 0;
    assert_true(parse_decimal("12.34", 2, value) && value == 1234);
    assert_true(parse_decimal("12", 2, value) && value == 1200);
    assert_true(parse_decimal("12.3", 2, value) && value == 1230);
    assert_true(parse_decimal("12.999", 2, value) && value == 1299);
    assert_true(parse_decimal("12.9", 0, value) && value == 12);
    assert_true(parse_decimal("184467440737095516.15", 2, value) && value == UINT64_MAX);
}

void parse_decimal_refuses_what_is_no_decimal(void**) {
    std::uint64_t value = 7;
    for (const std::string_view text : {"", ".", ".5", "5.", "1.2.3", "1,5", "-1.0", "1.-5",
                                        "184467440737095516.16", "1.0000000000000000000"}) {
        assert_false(parse_decimal(text, 2, value));
        assert_true(value == 7);
    }
}

void take_word_goes_through_blanks_of_both_kinds(void**) {
    std::string_view line = " \ta  b\tc ";
    assert_true(is(take_word(line), "a"));
    assert_true(is(take_word(line), "b"));
    assert_true(is(take_word(line), "c"));
    assert_true(is(take_word(line), ""));
    assert_true(is(take_word(line), ""));
}

void take_u64_needs_a_number_there(void**) {
    std::string_view line = "12 x";
    std::uint64_t value = 0;
    assert_true(take_u64(line, value) && value == 12);
    assert_false(take_u64(line, value));
    assert_false(take_u64(line, value));
    assert_true(value == 12);
}

void trim_takes_blanks_and_line_ends_off_both_ends(void**) {
    assert_true(is(trim(" \t\r\na b\n\r\t "), "a b"));
    assert_true(is(trim(" \n"), ""));
    assert_true(is(trim(""), ""));
}

void lines_come_without_their_ends_and_are_numbered(void**) {
    LineCursor lines("a\n\nb\n");
    std::string_view line;
    assert_int_equal(lines.line_number(), 0);
    assert_true(lines.next(line) && is(line, "a"));
    assert_true(lines.next(line) && is(line, ""));
    assert_true(lines.next(line) && is(line, "b"));
    assert_int_equal(lines.line_number(), 3);
    assert_false(lines.next(line));
    assert_false(lines.is_torn());
}

void a_torn_last_line_is_not_given_out(void**) {
    LineCursor lines("a\nb");
    std::string_view line;
    assert_true(lines.next(line));
    assert_false(lines.next(line));
    assert_true(lines.is_torn());
    assert_true(is(line, "a"));
}

void single_line_wants_exactly_one(void**) {
    std::string_view line = "before";
    for (const std::string_view text : {"", "a", "a\nb", "a\nb\n", "a\n\n"}) {
        assert_false(single_line(text, line));
        assert_true(is(line, "before"));
    }
    assert_true(single_line("a b\n", line) && is(line, "a b"));
    assert_true(single_line("\n", line) && is(line, ""));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(parse_u64_takes_digits_up_to_the_largest),
        cmocka_unit_test(parse_u64_refuses_all_else_and_leaves_the_value),
        cmocka_unit_test(parse_i64_takes_its_whole_range_and_no_more),
        cmocka_unit_test(parse_decimal_scales_and_cuts),
        cmocka_unit_test(parse_decimal_refuses_what_is_no_decimal),
        cmocka_unit_test(take_word_goes_through_blanks_of_both_kinds),
        cmocka_unit_test(take_u64_needs_a_number_there),
        cmocka_unit_test(trim_takes_blanks_and_line_ends_off_both_ends),
        cmocka_unit_test(lines_come_without_their_ends_and_are_numbered),
        cmocka_unit_test(a_torn_last_line_is_not_given_out),
        cmocka_unit_test(single_line_wants_exactly_one),
    };
    return cmocka_run_group_tests_name("text_cursor", tests, nullptr, nullptr);
}
