#include "platform/metrics/field_table.h"

#include <cstdio>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr FieldRow rows[] = {
    {"one", 1, {.name = "x.one", .help = "One"}},
    {"two", 1024, {.name = "x.two", .help = "Two", .unit = Unit::bytes}},
    {"three", 1, {.name = "x.three", .help = "Three"}},
};
constexpr auto keys = keys_of(rows);
constexpr auto specs = specs_of(rows);
constexpr FieldIndex row_index = index_of(keys);

FieldValues found;

bool has(std::size_t row, std::uint64_t value) {
    return found.is_present[row] && found.value[row] == value;
}

void specs_and_keys_are_in_the_order_of_rows(void**) {
    assert_int_equal(specs.size(), 3);
    assert_string_equal(specs[1].name, "x.two");
    assert_true(specs[1].unit == Unit::bytes);
    assert_int_equal(keys.size(), 3);
    assert_true(keys[1].key == "two" && keys[1].multiplier == 1024);
}

void keys_are_found_in_any_order_with_or_without_colon(void**) {
    assert_true(scan_fields("three 3\none: 1\ntwo:\t2 kB\n", keys, found) == Status::ok);
    assert_true(has(0, 1) && has(1, 2048) && has(2, 3));
}

void missing_keys_are_not_present_even_after_a_fuller_text(void**) {
    assert_true(scan_fields("one 1\ntwo 2\nthree 3\n", keys, found) == Status::ok);
    assert_true(scan_fields("two 2\n", keys, found) == Status::ok);
    assert_false(found.is_present[0]);
    assert_true(found.is_present[1]);
    assert_false(found.is_present[2]);
}

void unknown_keys_may_hold_anything(void**) {
    assert_true(scan_fields("onetwo x\non 7\n\n: :\none 1\n", keys, found) == Status::ok);
    assert_true(has(0, 1));
    assert_false(found.is_present[1]);
}

void the_first_of_two_lines_counts(void**) {
    assert_true(scan_fields("one 1\none 2\none x\n", keys, found) == Status::ok);
    assert_true(has(0, 1));
}

void a_known_key_without_a_number_is_malformed(void**) {
    for (const std::string_view text : {"one\n", "one x\n", "one -1\n", "one 1.5\n", "one: kB\n",
                                        "one 18446744073709551616\n", "two 18014398509481984\n"}) {
        assert_true(scan_fields(text, keys, found) == Status::malformed);
    }
    assert_true(scan_fields("two 18014398509481983\n", keys, found) == Status::ok);
}

void empty_and_torn_texts_are_malformed(void**) {
    assert_true(scan_fields("", keys, found) == Status::malformed);
    assert_true(scan_fields("one 1", keys, found) == Status::malformed);
    assert_true(scan_fields("one 1\ntwo 2", keys, found) == Status::malformed);
}

void find_field_looks_before_and_after_the_hint(void**) {
    for (std::size_t hint = 0; hint <= 3; ++hint) {
        assert_int_equal(find_field(keys, "one", hint), 0);
        assert_int_equal(find_field(keys, "three", hint), 2);
        assert_int_equal(find_field(keys, "four", hint), 3);
        assert_int_equal(find_field(keys, "", hint), 3);
    }
}

void an_index_finds_what_a_search_finds(void**) {
    constexpr std::string_view text = "three 3\nnone x\n\none: 1\none 2\neno 5\n";
    assert_int_equal(find_field(keys, row_index, "one"), 0);
    assert_int_equal(find_field(keys, row_index, "two"), 1);
    assert_int_equal(find_field(keys, row_index, "three"), 2);
    assert_int_equal(find_field(keys, row_index, "four"), 3);
    assert_int_equal(find_field(keys, row_index, ""), 3);
    assert_true(scan_fields(text, keys, row_index, found) == Status::ok);
    assert_true(has(0, 1) && has(2, 3) && !found.is_present[1]);
    assert_true(scan_fields("two x\n", keys, row_index, found) == Status::malformed);
}

// The largest table, with keys that share a slot.
void a_full_index_finds_every_key(void**) {
    static char texts[128][8];
    static std::array<FieldKey, 128> many;
    for (unsigned i = 0; i < 128; ++i) {
        std::snprintf(texts[i], sizeof texts[i], "k%03ux", i / 2 * 5 + i % 2);
        many[i].key = texts[i];
    }
    const FieldIndex index = index_of(many);
    for (std::size_t i = 0; i < 128; ++i)
        assert_int_equal(find_field(many, index, texts[i]), i);
    assert_int_equal(find_field(many, index, "k999x"), 128);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(specs_and_keys_are_in_the_order_of_rows),
        cmocka_unit_test(keys_are_found_in_any_order_with_or_without_colon),
        cmocka_unit_test(missing_keys_are_not_present_even_after_a_fuller_text),
        cmocka_unit_test(unknown_keys_may_hold_anything),
        cmocka_unit_test(the_first_of_two_lines_counts),
        cmocka_unit_test(a_known_key_without_a_number_is_malformed),
        cmocka_unit_test(empty_and_torn_texts_are_malformed),
        cmocka_unit_test(find_field_looks_before_and_after_the_hint),
        cmocka_unit_test(an_index_finds_what_a_search_finds),
        cmocka_unit_test(a_full_index_finds_every_key),
    };
    return cmocka_run_group_tests_name("field_table", tests, nullptr, nullptr);
}
