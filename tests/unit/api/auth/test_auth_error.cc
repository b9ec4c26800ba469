#include "api/auth/auth_error.h"

#include <cstring>

#include "api/auth/token_fault.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void pieces_become_one_sentence(void**) {
    AuthError error;
    (void)error.assign("before");
    assert_false(refuse(error, {"/f", ":", NumberText(18446744073709551615U), ": why"}));
    assert_string_equal(error.c_str(), "/f:18446744073709551615: why");
}

void what_does_not_fit_is_cut(void**) {
    AuthError error;
    char text[600];
    memset(text, 'x', sizeof text);
    refuse(error, {"a", {text, sizeof text}, "b"});
    assert_int_equal(error.size(), AuthError::bytes_max);
}

void each_fault_has_words_of_its_own(void**) {
    for (int i = 0; i < token_fault_count; ++i) {
        const char* text = token_fault_text(static_cast<TokenFault>(i));
        assert_true(strlen(text) > 5);
        for (int j = 0; j < i; ++j)
            assert_string_not_equal(text, token_fault_text(static_cast<TokenFault>(j)));
    }
    assert_int_equal(static_cast<int>(TokenFault::bad_uid) + 1, token_fault_count);
    assert_non_null(token_fault_text(static_cast<TokenFault>(255)));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_one_sentence),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(each_fault_has_words_of_its_own),
    };
    return cmocka_run_group_tests_name("auth error", tests, nullptr, nullptr);
}
