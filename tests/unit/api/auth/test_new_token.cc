#include "api/auth/new_token.h"

#include <cstring>

#include "api/auth/static_tokens.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

NewToken made;
AuthError error;
Arena arena;
StaticTokens tokens;

int set_up(void**) {
    Arena measuring;
    StaticTokens measured;
    measured.init(measuring);
    assert_true(arena.map(measuring.used_bytes()));
    tokens.init(arena);
    return 0;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

bool make(std::string_view uid, std::initializer_list<const char*> permissions) {
    constexpr std::uint8_t random[new_token_random_bytes] = {1, 2, 3};
    error.clear();
    const bool is_good =
        make_token(random, uid, {permissions.begin(), permissions.size()}, made, error);
    assert_int_equal(is_good, error.empty());
    return is_good;
}

// The file takes the line, and finds the token by it.
Identity identity_of_made() {
    std::size_t size = made.line.view().copy(tokens.memory().data(), made.line.size());
    tokens.memory()[size++] = '\n';
    assert_true(tokens.read("/t", {tokens.memory().data(), size}, error));
    Identity identity;
    assert_true(tokens.find(sha256(made.token.view()), identity));
    return identity;
}

void the_line_is_of_the_token(void**) {
    assert_true(make("grafana", {"a:b", "c:*"}));
    assert_string_equal(made.token.c_str(), "nma_AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    const Identity identity = identity_of_made();
    assert_true(identity.uid == "grafana");
    assert_int_equal(identity.permissions.size(), 2);
    assert_true(identity.permissions[1] == "c:*");
}

void without_a_uid_it_gets_one(void**) {
    assert_true(make("", {}));
    const Identity identity = identity_of_made();
    assert_int_equal(identity.uid.size(), strlen("token-01234567"));
    assert_true(identity.uid.starts_with("token-"));
    assert_false(identity.has_own_permissions);
}

void what_the_file_could_not_hold_is_refused(void**) {
    for (const char* uid : {"a b", "a\n", "\xff", " "})
        assert_false(make(uid, {}));
    for (const char* permission : {"", "a b", "\xc3\xa4", "a\n"})
        assert_false(make("u", {permission}));
    assert_true(make(
        "u", {"1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f", "g"}));
    assert_int_equal(identity_of_made().permissions.size(), 16);
    assert_false(make("u", {"1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e",
                            "f", "g", "h"}));
    char word[130];
    memset(word, 'w', 129);
    word[129] = '\0';
    assert_false(make(word, {}));
    assert_false(make("u", {word}));
    const char* longest = word + 1;
    assert_true(
        make(longest, {longest, longest, longest, longest, longest, longest, longest, longest,
                       longest, longest, longest, longest, longest, longest, longest, longest}));
    assert_int_equal(identity_of_made().permissions.size(), 16);
}

void no_two_are_the_same(void**) {
    std::uint8_t one[new_token_random_bytes] = {};
    std::uint8_t other[new_token_random_bytes] = {};
    assert_true(take_random(one));
    assert_true(take_random(other));
    assert_memory_not_equal(one, other, sizeof one);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_of_the_token),
        cmocka_unit_test(without_a_uid_it_gets_one),
        cmocka_unit_test(what_the_file_could_not_hold_is_refused),
        cmocka_unit_test(no_two_are_the_same),
    };
    return cmocka_run_group_tests_name("new token", tests, set_up, tear_down);
}
