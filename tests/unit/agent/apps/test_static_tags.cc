#include "agent/apps/static_tags.h"

#include <string.h>

#include "platform/base/fixed_text.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using Result = StaticTags::Result;
using Twin = PairText::Twin;

// With "=" and ";" for the NULs. Static memory.
const char* show(std::string_view pairs) {
    static FixedText<8192> text;
    text.clear();
    std::string_view key;
    std::string_view value;
    while (take_pair(pairs, key, value)) {
        const bool fits =
            text.append(key) && text.append("=") && text.append(value) && text.append(";");
        assert_true(fits);
    }
    assert_true(pairs.empty());
    return text.c_str();
}

std::string_view pairs_of(const char* text, std::size_t size) {
    return {text, size - 1};  // without the literal's own NUL
}
#define PAIRS(text) pairs_of(text, sizeof(text))

void pairs_are_kept_first_or_last(void**) {
    char memory[64];
    PairText pairs(memory);
    assert_true(pairs.set("a", "1", Twin::keep_first));
    assert_true(pairs.set("b", "", Twin::keep_first));
    assert_true(pairs.set("ab", "x=y;", Twin::keep_first));
    assert_string_equal(show(pairs.view()), "a=1;b=;ab=x=y;;");
    assert_true(pairs.set("a", "other", Twin::keep_first));
    assert_string_equal(show(pairs.view()), "a=1;b=;ab=x=y;;");
    assert_true(pairs.set("b", "more", Twin::keep_last));
    assert_true(pairs.set("a", "", Twin::keep_last));
    assert_string_equal(show(pairs.view()), "ab=x=y;;b=more;a=;");
}

void pairs_without_room_change_nothing(void**) {
    char memory[8];
    PairText pairs(memory);
    assert_false(pairs.set("abc", "defg", Twin::keep_last));
    assert_true(pairs.set("abc", "def", Twin::keep_last));
    assert_false(pairs.set("x", "", Twin::keep_last));
    assert_false(pairs.set("abc", "defg", Twin::keep_last));
    assert_string_equal(show(pairs.view()), "abc=def;");
    assert_true(pairs.set("abc", "xyz", Twin::keep_last));
    assert_string_equal(show(pairs.view()), "abc=xyz;");
    PairText none({memory, 0});
    assert_false(none.set("a", "", Twin::keep_last));
}

void pairs_with_a_nul_or_no_key_are_refused(void**) {
    char memory[64];
    PairText pairs(memory);
    assert_false(pairs.set("", "x", Twin::keep_last));
    assert_false(pairs.set({"a\0b", 3}, "x", Twin::keep_last));
    assert_false(pairs.set("a", {"\0", 1}, Twin::keep_last));
    assert_true(pairs.view().empty());
}

void texts_that_are_no_pairs_give_none(void**) {
    std::string_view key;
    std::string_view value;
    std::string_view text = "a";
    assert_false(take_pair(text, key, value));
    text = PAIRS("a\0b");
    assert_false(take_pair(text, key, value));
    text = {};
    assert_false(take_pair(text, key, value));
    assert_false(find_pair(PAIRS("a\0b\0"), "b", value));
}

void configured_tags_go_before_found_ones(void**) {
    static StaticTags tags;
    assert_int_equal(tags.set_default("dcos_cluster_id", "found"), Result::ok);
    assert_int_equal(tags.set_default("host", ""), Result::ok);
    assert_int_equal(tags.set("fault_domain_zone", "z1"), Result::ok);
    assert_int_equal(tags.set("dcos_cluster_id", "configured"), Result::ok);
    assert_int_equal(tags.set_default("fault_domain_zone", "found"), Result::ok);
    assert_int_equal(tags.set_default("host", "192.0.2.1"), Result::ok);
    assert_string_equal(show(tags.view()),
                        "fault_domain_zone=z1;dcos_cluster_id=configured;host=192.0.2.1;");
}

void tags_that_are_no_tags_are_refused(void**) {
    static StaticTags tags;
    static char text[5000];
    memset(text, 'x', sizeof text);
    assert_int_equal(tags.set("", "x"), Result::bad_key);
    assert_int_equal(tags.set("a\nb", "x"), Result::bad_key);
    assert_int_equal(tags.set({text, 256}, "x"), Result::bad_key);
    assert_int_equal(tags.set("a", ""), Result::bad_value);
    assert_int_equal(tags.set("a", "\x1b"), Result::bad_value);
    assert_int_equal(tags.set("container_id", "x"), Result::reserved);
    assert_int_equal(tags.set("a", {text, 4000 - 2}), Result::full);
    assert_int_equal(tags.set("a", {text, 4000 - 3}), Result::ok);
    assert_int_equal(tags.set("b", "x"), Result::full);
    for (const Result result : {Result::bad_key, Result::bad_value, Result::reserved, Result::full})
        assert_true(strlen(static_tag_error(result)) > 0);
}

void what_an_application_says_goes_before_all(void**) {
    char memory[64];
    std::uint32_t left_out = 0;
    const std::string_view own = PAIRS("code\000200\0host\0a.example\0");
    const std::string_view added = PAIRS("host\000192.0.2.1\0zone\0z1\0");
    assert_string_equal(show(merge_tags(own, added, memory, left_out)),
                        "code=200;host=a.example;zone=z1;");
    assert_string_equal(show(merge_tags({}, added, memory, left_out)), "host=192.0.2.1;zone=z1;");
    assert_string_equal(show(merge_tags(own, {}, memory, left_out)), "code=200;host=a.example;");
    assert_int_equal(left_out, 0);
}

void tags_without_room_are_counted(void**) {
    char memory[12];
    std::uint32_t left_out = 0;
    assert_string_equal(
        show(merge_tags(PAIRS("code\000200\0"), PAIRS("zone\0z1\0a\0\0"), memory, left_out)),
        "code=200;a=;");
    assert_int_equal(left_out, 1);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_kept_first_or_last),
        cmocka_unit_test(pairs_without_room_change_nothing),
        cmocka_unit_test(pairs_with_a_nul_or_no_key_are_refused),
        cmocka_unit_test(texts_that_are_no_pairs_give_none),
        cmocka_unit_test(configured_tags_go_before_found_ones),
        cmocka_unit_test(tags_that_are_no_tags_are_refused),
        cmocka_unit_test(what_an_application_says_goes_before_all),
        cmocka_unit_test(tags_without_room_are_counted),
    };
    return cmocka_run_group_tests_name("static_tags", tests, nullptr, nullptr);
}
