#include "api/auth/uid.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void names_are_good(void**) {
    for (const char* uid : {"a", "bob@example.com", "Müller", "用户", "a b", "\xc2\xa0", "~", "*"})
        assert_true(is_good_uid(uid));
}

void no_names_are_not(void**) {
    for (const std::string_view uid :
         {std::string_view(""), std::string_view("\0", 1), std::string_view("a\0b", 3),
          std::string_view("\n"), std::string_view("\x7f"), std::string_view("\xc2\x80"),
          std::string_view("a\xc2\x9f"), std::string_view("\xc2"), std::string_view("\xff"),
          std::string_view("\xed\xa0\x80"), std::string_view("\xc0\xaf")})
        assert_false(is_good_uid(uid));
}

void the_end_of_another_character_is_no_control(void**) {
    assert_true(is_good_uid("\xe2\x82\xac"));  // 82 follows E2
    assert_true(is_good_uid("\xc3\x82"));      // 82 follows C3
}

void a_name_has_128_bytes(void**) {
    char uid[129];
    memset(uid, 'a', sizeof uid);
    assert_true(is_good_uid({uid, 128}));
    assert_false(is_good_uid({uid, 129}));
}

void words_are_printable_ascii(void**) {
    assert_true(is_printable_word("!~"));
    for (const char* word : {"", " ", "a b", "a\t", "ä", "\x7f"})
        assert_false(is_printable_word(word));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(names_are_good),
        cmocka_unit_test(no_names_are_not),
        cmocka_unit_test(the_end_of_another_character_is_no_control),
        cmocka_unit_test(a_name_has_128_bytes),
        cmocka_unit_test(words_are_printable_ascii),
    };
    return cmocka_run_group_tests_name("uid", tests, nullptr, nullptr);
}
