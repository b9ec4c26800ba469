#include "api/auth/key_set.h"

#include <cstring>

#include "tests/fixtures/auth/keys.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
namespace fixtures = nma::test::fixtures;

KeySet keys;
AuthError error;

constexpr std::string_view good_secret = "0123456789abcdef0123456789abcdef";

void add(Algorithm algorithm, const char* id) {
    Key key;
    key.algorithm = algorithm;
    assert_true(key.id.assign(id));
    assert_true(keys.add(key));
}

bool read(std::string_view text) {
    keys.clear();
    error.clear();
    return read_secret_key("/s", text, keys, error);
}

void an_id_that_is_known_chooses_its_keys(void**) {
    keys.clear();
    add(Algorithm::rs256, "one");
    add(Algorithm::rs256, "two");
    add(Algorithm::es256, "");
    const auto all = keys.keys();
    assert_true(keys.may_try(all[0], "one"));
    assert_false(keys.may_try(all[1], "one"));
    assert_false(keys.may_try(all[2], "one"));
    // One that is not known may be of a key that has none.
    assert_false(keys.may_try(all[0], "three"));
    assert_true(keys.may_try(all[2], "three"));
    for (const Key& key : all)
        assert_true(keys.may_try(key, ""));
    assert_true(keys.has_algorithm(Algorithm::es256));
    assert_false(keys.has_algorithm(Algorithm::hs256));
    assert_false(keys.has_id(""));
}

void there_is_room_for_so_many_keys(void**) {
    keys.clear();
    for (std::size_t i = 0; i < limits::token_key_count_max; ++i)
        add(Algorithm::eddsa, "x");
    assert_false(keys.add(Key{}));
    assert_int_equal(keys.keys().size(), limits::token_key_count_max);
}

void nothing_of_a_secret_is_left_when_it_is_cleared(void**) {
    assert_true(read(good_secret));
    const Key* key = keys.keys().data();
    assert_memory_equal(key->bytes, good_secret.data(), good_secret.size());
    keys.clear();
    assert_int_equal(keys.keys().size(), 0);
    for (const std::uint8_t byte : key->bytes)
        assert_int_equal(byte, 0);
}

void one_newline_at_the_end_of_a_secret_does_not_count(void**) {
    const std::string_view texts[] = {good_secret, "0123456789abcdef0123456789abcdef\n"};
    for (const std::string_view text : texts) {
        assert_true(read(text));
        assert_int_equal(keys.keys()[0].size, good_secret.size());
        assert_int_equal(keys.keys()[0].algorithm, Algorithm::hs256);
        assert_true(keys.keys()[0].id.empty());
    }
    assert_true(read("0123456789abcdef0123456789abcdef\n\n"));
    assert_int_equal(keys.keys()[0].size, good_secret.size() + 1);
}

void a_short_secret_is_refused(void**) {
    for (const char* text : {"", "\n", "short", "0123456789abcde", "0123456789abcde\n"}) {
        assert_false(read(text));
        assert_string_equal(
            error.c_str(),
            "/s: it has fewer than 16 bytes; make a secret of 32 to 512 bytes, such "
            "as by: openssl rand -hex 32");
    }
    assert_true(read("0123456789abcdef"));  // with a warning
}

void a_public_key_in_place_of_a_secret_is_refused(void**) {
    assert_false(read(fixtures::rsa_a_pem.substr(0, 500)));
    assert_non_null(strstr(error.c_str(), "it is a PEM file and no shared secret"));
    assert_false(read("\n-----BEGIN PUBLIC KEY-----\nabc"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_id_that_is_known_chooses_its_keys),
        cmocka_unit_test(there_is_room_for_so_many_keys),
        cmocka_unit_test(nothing_of_a_secret_is_left_when_it_is_cleared),
        cmocka_unit_test(one_newline_at_the_end_of_a_secret_does_not_count),
        cmocka_unit_test(a_short_secret_is_refused),
        cmocka_unit_test(a_public_key_in_place_of_a_secret_is_refused),
    };
    return cmocka_run_group_tests_name("key set", tests, nullptr, nullptr);
}
