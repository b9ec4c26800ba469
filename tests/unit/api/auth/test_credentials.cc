#include "api/auth/credentials.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using Found = ShownCredentials::Found;

Found find_in(std::string_view authorization, std::string_view& token) {
    ShownCredentials credentials;
    credentials.add_authorization(authorization);
    return credentials.find(token);
}

void token_of_each_scheme_is_found_in_any_case(void**) {
    for (const std::string_view value : {"token=a.b.c", "Token=a.b.c", "Bearer a.b.c",
                                         "bearer  a.b.c", "BEARER a.b.c ", " token= a.b.c"}) {
        std::string_view token;
        assert_true(find_in(value, token) == Found::token);
        assert_true(token == "a.b.c");
    }
}

void other_schemes_and_empty_tokens_are_none(void**) {
    for (const std::string_view value :
         {"", " ", "Basic YTpi", "a.b.c", "Bearer", "Bearer ", "token=", "token a.b.c", "Bearera.b",
          "Digest token=a", "oauth2"}) {
        std::string_view token = "before";
        assert_true(find_in(value, token) == Found::unknown_scheme);
        assert_true(token == "before");
    }
}

void cookie_counts_only_without_the_header(void**) {
    std::string_view token;
    ShownCredentials credentials;
    assert_true(credentials.find(token) == Found::nothing);
    credentials.add_cookie("other", "x");
    credentials.add_cookie("DCOS-ACS-AUTH-COOKIE", "x");
    assert_true(credentials.find(token) == Found::nothing);
    credentials.add_cookie("dcos-acs-auth-cookie", "c");
    assert_true(credentials.find(token) == Found::token);
    assert_true(token == "c");
    credentials.add_authorization("Basic YTpi");
    assert_true(credentials.find(token) == Found::unknown_scheme);
}

void empty_header_does_not_let_the_cookie_in(void**) {
    std::string_view token;
    ShownCredentials credentials;
    credentials.add_cookie("dcos-acs-auth-cookie", "c");
    credentials.add_authorization("");
    assert_true(credentials.find(token) == Found::unknown_scheme);
}

void several_are_refused(void**) {
    std::string_view token;
    ShownCredentials headers;
    headers.add_authorization("token=a");
    headers.add_authorization("token=a");
    assert_true(headers.find(token) == Found::several);
    ShownCredentials cookies;
    cookies.add_cookie("dcos-acs-auth-cookie", "");
    cookies.add_cookie("dcos-acs-auth-cookie", "c");
    assert_true(cookies.find(token) == Found::several);
    ShownCredentials lines;
    lines.add_cookie_line();
    lines.add_cookie("dcos-acs-auth-cookie", "c");
    assert_true(lines.find(token) == Found::token);
    lines.add_cookie_line();
    assert_true(lines.find(token) == Found::several);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(token_of_each_scheme_is_found_in_any_case),
        cmocka_unit_test(other_schemes_and_empty_tokens_are_none),
        cmocka_unit_test(cookie_counts_only_without_the_header),
        cmocka_unit_test(empty_header_does_not_let_the_cookie_in),
        cmocka_unit_test(several_are_refused),
    };
    return cmocka_run_group_tests_name("credentials", tests, nullptr, nullptr);
}
