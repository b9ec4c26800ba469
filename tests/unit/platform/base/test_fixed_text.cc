#include "platform/base/fixed_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void it_starts_empty_and_ends_in_nul(void**) {
    const FixedText<4> text;
    assert_true(text.empty());
    assert_true(text.view() == "");
    assert_string_equal(text.c_str(), "");
}

void assign_takes_as_much_as_fits_exactly(void**) {
    FixedText<4> text;
    assert_true(text.assign("abc"));
    assert_string_equal(text.c_str(), "abc");
    assert_int_equal(text.size(), 3);
    assert_true(text.assign("x"));
    assert_string_equal(text.c_str(), "x");
}

void too_much_changes_nothing(void**) {
    FixedText<4> text;
    assert_true(text.assign("ab"));
    assert_false(text.assign("abcd"));
    assert_false(text.append("cd"));
    assert_string_equal(text.c_str(), "ab");
    assert_true(text.append("c"));
    assert_false(text.append("d"));
    assert_true(text.append(""));
    assert_string_equal(text.c_str(), "abc");
}

void assign_of_a_part_of_itself_works(void**) {
    FixedText<8> text;
    assert_true(text.assign("abcdef"));
    assert_true(text.assign(text.view().substr(2)));
    assert_string_equal(text.c_str(), "cdef");
}

void resize_down_only_cuts(void**) {
    FixedText<8> text;
    assert_true(text.assign("abcdef"));
    text.resize_down(7);
    assert_string_equal(text.c_str(), "abcdef");
    text.resize_down(2);
    assert_string_equal(text.c_str(), "ab");
    text.clear();
    assert_true(text.empty());
    assert_string_equal(text.c_str(), "");
}

void a_nul_inside_counts_as_any_byte(void**) {
    FixedText<8> text;
    assert_true(text.assign(std::string_view("a\0b", 3)));
    assert_int_equal(text.size(), 3);
    assert_true(text.view() == std::string_view("a\0b", 3));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_empty_and_ends_in_nul),
        cmocka_unit_test(assign_takes_as_much_as_fits_exactly),
        cmocka_unit_test(too_much_changes_nothing),
        cmocka_unit_test(assign_of_a_part_of_itself_works),
        cmocka_unit_test(resize_down_only_cuts),
        cmocka_unit_test(a_nul_inside_counts_as_any_byte),
    };
    return cmocka_run_group_tests_name("fixed_text", tests, nullptr, nullptr);
}
