#include "api/auth/jwks.h"

#include <cstdio>
#include <cstring>

#include "tests/fixtures/auth/keys.h"
#include "tests/support/token_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;
namespace fixtures = nma::test::fixtures;

KeySet keys;
AuthError error;
JsonArena json;
Arena arena;

int set_up(void**) {
    assert_true(arena.map(limits::token_json_bytes));
    json.init(arena, "JSON", limits::token_json_bytes);
    return 0;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

bool read(std::string_view jwks) {
    keys.clear();
    error.clear();
    const bool is_good = read_jwks("k.json", jwks, json, keys, error);
    assert_int_equal(is_good, error.empty());
    if (!is_good) assert_true(error.view().starts_with("k.json: "));
    return is_good;
}

// A set of one Ed25519 key with more members, which begin with a comma.
bool read_with(const char* members) {
    char jwk[512];
    snprintf(jwk, sizeof jwk, R"({"kty":"OKP","crv":"Ed25519","x":"%s"%s})",
             fixtures::ed_a_x.data(), members);
    return read(fill_in(R"({"keys":[%s]})", jwk));
}

void assert_refused(std::string_view jwks, const char* why) {
    assert_false(read(jwks));
    if (strstr(error.c_str(), why) == nullptr) assert_string_equal(error.c_str(), why);
}

void all_kinds_are_read_with_their_ids(void**) {
    assert_true(read(fixtures::jwks));
    assert_int_equal(keys.keys().size(), 5);
    assert_int_equal(keys.skipped_count(), 0);
    constexpr struct {
        const char* id;
        Algorithm algorithm;
    } expected[] = {{"rsa-a", Algorithm::rs256},
                    {"rsa-b", Algorithm::rs256},
                    {"rsa-3", Algorithm::rs256},
                    {"ec-a", Algorithm::es256},
                    {"ed-a", Algorithm::eddsa}};
    for (std::size_t i = 0; i < 5; ++i) {
        assert_string_equal(keys.keys()[i].id.c_str(), expected[i].id);
        assert_int_equal(keys.keys()[i].algorithm, expected[i].algorithm);
    }
}

void every_prefix_is_refused(void**) {
    for (std::size_t size = 0; size < fixtures::jwks.size(); ++size)
        assert_false(read(fixtures::jwks.substr(0, size)));
}

void members_say_what_a_key_is_for(void**) {
    for (const char* good : {"", R"(,"use":"sig")", R"(,"alg":"EdDSA")", R"(,"key_ops":["verify"])",
                             R"(,"key_ops":["sign","verify"])", R"(,"kid":"a b")",
                             R"(,"x5u":"http://evil","x5c":[1])"}) {
        assert_true(read_with(good));
        assert_int_equal(keys.keys().size(), 1);
    }
    for (const char* other :
         {R"(,"use":"enc")", R"(,"use":"SIG")", R"(,"use":1)", R"(,"key_ops":[])",
          R"(,"key_ops":["sign"])", R"(,"key_ops":"verify")", R"(,"key_ops":[1])"}) {
        assert_false(read_with(other));
        assert_non_null(strstr(error.c_str(), "it is not for checking signatures"));
        assert_int_equal(keys.skipped_count(), 1);
    }
    for (const char* other : {R"(,"alg":"RS256")", R"(,"alg":"none")", R"(,"alg":null)"})
        assert_false(read_with(other));
    for (const char* other : {R"(,"kid":"")", R"(,"kid":1)", R"(,"kid":["a"])"}) {
        assert_false(read_with(other));
        assert_non_null(strstr(error.c_str(), "its kid is no text"));
    }
}

// RFC 7517, section 5.
void what_we_do_not_know_is_skipped_and_counted(void**) {
    char text[4096];
    snprintf(text, sizeof text, R"({"keys":[
        {"kty":"EC","crv":"P-384","x":"AA","y":"AA"}, {"kty":"AKP"}, {"kid":"x"}, {},
        {"kty":"RSA","n":"AQAB","e":"AQAB"}, {"kty":"RSA","n":"AQAB="}, {"kty":"RSA"},
        {"kty":"OKP","crv":"X25519","x":"%s"}, {"kty":"okp","crv":"Ed25519","x":"%s"},
        {"kty":"EC","crv":"P-256","x":"%s","y":"%s"},
        {"kty":"OKP","crv":"Ed25519","x":"%s"}], "more": 1})",
             fixtures::ed_a_x.data(), fixtures::ed_a_x.data(), fixtures::ec_a_y.data(),
             fixtures::ec_a_x.data(), fixtures::ed_a_x.data());
    assert_true(read(text));
    assert_int_equal(keys.keys().size(), 1);
    assert_int_equal(keys.skipped_count(), 10);
}

void a_set_without_a_key_of_use_is_refused(void**) {
    assert_refused(R"({"keys":[]})", "its `keys` are empty");
    assert_refused(R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC"}]})",
                   "of the first: its modulus has fewer than 2048 bits");
    assert_refused(R"({"keys":[{"kty":"RSA","n":"AQ AB","e":"AQAB"}]})", "its n or e is damaged");
    assert_refused(R"({"keys":[{"kty":"OKP","crv":"Ed25519"}]})", "its x is damaged");
    assert_refused(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA"}]})", "its x or y is damaged");
}

void secret_and_private_keys_are_refused(void**) {
    assert_refused(R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})",
                   "keys[0] is a secret: put it into");
    assert_refused(R"({"keys":[{"kty":"RSA","k":"c2VjcmV0"}]})", "keys[0] is a secret");
    assert_refused(R"({"keys":[{},{"kty":"RSA","d":"AQAB"}]})", "keys[1] is a private key");
    assert_false(read_with(R"(,"d":"AQAB")"));
}

void twins_are_refused(void**) {
    assert_false(read_with(R"(,"kty":"RSA")"));
    assert_non_null(strstr(error.c_str(), "keys[0] has a member twice"));
    assert_refused(R"({"keys":[],"keys":[]})", "a member twice");
}

void what_is_no_set_is_refused(void**) {
    for (const char* odd : {"", "[]", "{}", "null", R"({"keys":{}})", R"({"keys":"x"})",
                            R"({"Keys":[]})", "\xff", R"({"keys":[]} x)"})
        assert_refused(odd, "it is no JSON Web Key Set");
    assert_refused(R"({"keys":[1]})", "keys[0] is no object");
    assert_refused(R"({"keys":[[]]})", "keys[0] is no object");
}

void too_many_keys_are_refused(void**) {
    static char text[16384];
    std::size_t size = 0;
    for (std::size_t i = 0; i <= limits::token_key_count_max; ++i) {
        const int count =
            snprintf(text + size, sizeof text - size, R"(%s{"kty":"OKP","crv":"Ed25519","x":"%s"})",
                     i == 0 ? "" : ",", fixtures::ed_a_x.data());
        size += static_cast<std::size_t>(count);
    }
    assert_refused(fill_in(R"({"keys":[%s]})", text), "at most 32");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_are_read_with_their_ids),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(members_say_what_a_key_is_for),
        cmocka_unit_test(what_we_do_not_know_is_skipped_and_counted),
        cmocka_unit_test(a_set_without_a_key_of_use_is_refused),
        cmocka_unit_test(secret_and_private_keys_are_refused),
        cmocka_unit_test(twins_are_refused),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(too_many_keys_are_refused),
    };
    return cmocka_run_group_tests_name("jwks", tests, set_up, tear_down);
}
