// Headers and claims that two parsers could understand in two ways, or no parser should.
#include <cstdio>
#include <cstring>

#include "tests/fixtures/auth/keys.h"
#include "tests/support/token_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;
namespace fixtures = nma::test::fixtures;

TokenBed bed;

int set_up(void**) {
    token_bed_make(bed);
    token_bed_use(bed, {.secret = bed_secret, .public_key = fixtures::rsa_a_pem});
    return 0;
}

int tear_down(void**) {
    token_bed_remove(bed);
    return 0;
}

// Each test begins with a secret and one RSA key.
int begin(void**) {
    token_bed_use(bed, {.secret = bed_secret, .public_key = fixtures::rsa_a_pem});
    return 0;
}

void alg_none_is_refused_however_it_is_written(void**) {
    for (const char* name : {"none", "None", "NONE", "nOnE"}) {
        const char* header = fill_in(R"({"alg":"%s","typ":"JWT"})", name);
        assert_fault(bed, make_unsigned(header, good_claims, ""), unsigned_token);
        assert_fault(bed, make_unsigned(header, good_claims, "AAAA"), unsigned_token);
        assert_fault(bed, make_hs256(header, good_claims), unsigned_token);
        assert_fault(bed, make_hs256(header, good_claims, ""), unsigned_token);
    }
    for (const char* name : {"none ", " none", "hs256", "Hs256", "rs256", "HS384", "HS512", "RS512",
                             "PS256", "ES384", "EdDSA ", "Ed25519", "HS256\\u002c", "*"}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"%s"})", name), good_claims),
                     unsupported_algorithm);
    }
    for (const char* header : {"{}", R"({"typ":"JWT"})", R"({"alg":""})", R"({"alg":null})",
                               R"({"alg":["HS256"]})", R"({"alg":256})", R"({"ALG":"HS256"})"}) {
        assert_fault(bed, make_hs256(header, good_claims), bad_header);
    }
}

void times_are_checked_with_leeway(void**) {
    const auto at = [](std::int64_t exp, std::int64_t nbf) {
        static char text[128];
        snprintf(text, sizeof text, R"({"uid":"a","exp":%lld,"nbf":%lld})",
                 static_cast<long long>(exp), static_cast<long long>(nbf));
        return make_hs256_claims(text);
    };
    constexpr std::int64_t now = bed_now_s;
    assert_fault(bed, at(now + 1, now), none);
    assert_fault(bed, at(now - 29, now), none);
    assert_fault(bed, at(now - 30, now), expired);
    assert_fault(bed, at(1, 0), expired);
    assert_fault(bed, at(0, 0), expired);
    assert_fault(bed, at(now + 60, now + 30), none);
    assert_fault(bed, at(now + 60, now + 31), not_yet_valid);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1700000000.5})"), none);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1699999970.5})"), none);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1699999969.5})"), expired);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":17e8})"), none);
}

void an_odd_exp_is_refused(void**) {
    assert_fault(bed, make_hs256_claims(R"({"uid":"a"})"), no_expiry);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","EXP":4102444800})"), no_expiry);
    for (const char* odd :
         {"\"4102444800\"", "null", "true", "[4102444800]", "{}", "-1", "-4102444800", "1e300",
          "1e999", "-1e999", "9223372036854775807", "9223372036854775808", "18446744073709551616",
          "253402300800", "4102444800000", "99999999999999999999999999999999999999999999999"}) {
        assert_fault(bed, make_hs256_claims(fill_in(R"({"uid":"a","exp":%s})", odd)), bad_time);
        assert_fault(bed,
                     make_hs256_claims(fill_in(R"({"uid":"a","exp":4102444800,"nbf":%s})", odd)),
                     bad_time);
    }
    for (const char* odd : {"NaN", "Infinity", "0x10", "+1", "1 2", ".5", "1e", "--1", "1;"}) {
        assert_fault(bed, make_hs256_claims(fill_in(R"({"uid":"a","exp":%s})", odd)), bad_payload);
    }
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":253402300799})"), none);
}

void an_odd_uid_is_refused(void**) {
    assert_fault(bed, make_hs256_claims(R"({"exp":4102444800})"), bad_uid);
    assert_fault(bed, make_hs256_claims(R"({"exp":4102444800,"UID":"a"})"), bad_uid);
    assert_fault(bed, make_hs256_claims(R"({"exp":4102444800,"sub":"a"})"), bad_uid);
    for (const char* odd :
         {"\"\"", "1", "0", "null", "true", "[\"a\"]", "{\"uid\":\"a\"}", "\"a\\n\"",
          "\"a\\u001f\"", "\"\\u007f\"", "\"a\\u0080\"", "\"\\u009fb\"", "\"a\\tb\""}) {
        assert_fault(bed, make_hs256_claims(fill_in(R"({"exp":4102444800,"uid":%s})", odd)),
                     bad_uid);
    }
    // A NUL would end the name early, and broken UTF-8 is no text.
    for (const char* odd : {"\"a\\u0000b\"", "\"\\u0000\"", "\"\\ud800\"", "\"a\xff\"",
                            "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\"\xc2\""}) {
        assert_fault(bed, make_hs256_claims(fill_in(R"({"exp":4102444800,"uid":%s})", odd)),
                     bad_payload);
    }
    static char raw_nul[] = R"({"exp":4102444800,"uid":"a b"})";
    raw_nul[sizeof raw_nul - 5] = '\0';
    assert_fault(bed, make_hs256_claims({raw_nul, sizeof raw_nul - 1}), bad_payload);
}

void uids_of_all_scripts_are_taken_as_they_are(void**) {
    for (const char* uid : {"müller", "mu\xcc\x88ller", "用户", "a b",
                            "\xe2\x80\xae"
                            "abc",
                            "*", "."}) {
        assert_fault(bed, make_hs256_claims(fill_in(R"({"exp":4102444800,"uid":"%s"})", uid)),
                     none);
        assert_string_equal(bed.identity.uid.data(), uid);
    }
    assert_fault(bed, make_hs256_claims(R"({"exp":4102444800,"uid":"m\u00fcller"})"), none);
    assert_string_equal(bed.identity.uid.data(), "müller");
}

void a_uid_has_128_bytes_at_most(void**) {
    static char uid[130];
    memset(uid, 'u', 129);
    assert_fault(bed, make_hs256_claims(fill_in(R"({"exp":4102444800,"uid":"%s"})", uid)), bad_uid);
    uid[128] = '\0';
    assert_fault(bed, make_hs256_claims(fill_in(R"({"exp":4102444800,"uid":"%s"})", uid)), none);
}

void twin_members_are_refused(void**) {
    for (const char* payload : {R"({"uid":"alice","exp":4102444800,"uid":"root"})",
                                R"({"uid":"alice","uid":"alice","exp":4102444800})",
                                R"({"uid":"alice","exp":1,"exp":4102444800})",
                                R"({"uid":"alice","exp":4102444800,"u\u0069d":"root"})",
                                R"({"uid":"alice","exp":4102444800,"x":1,"x":2})"}) {
        assert_fault(bed, make_hs256_claims(payload), twin_members);
    }
    assert_fault(bed, make_hs256(R"({"alg":"HS256","alg":"none"})", good_claims), twin_members);
    assert_fault(bed, make_hs256(R"({"alg":"none","\u0061lg":"HS256"})", good_claims),
                 twin_members);
}

void critical_extensions_are_refused(void**) {
    for (const char* crit : {"[\"b64\"]", "[\"exp\"]", "[]", "null", "false", "\"\"", "[\"x\"]"}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","crit":%s})", crit), good_claims),
                     critical_extension);
    }
    for (const char* b64 : {"false", "null", "0", "\"true\""}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","b64":%s})", b64), good_claims),
                     unencoded_payload);
    }
    assert_fault(bed, make_hs256(R"({"alg":"HS256","b64":true})", good_claims), none);
}

void other_types_are_refused(void**) {
    for (const char* type :
         {"\"JWE\"", "\"dpop+jwt\"", "\"\"", "1", "null", "[\"JWT\"]", "\"JWT \""}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","typ":%s})", type), good_claims),
                     bad_type);
    }
    for (const char* type : {"JWT", "jwt", "at+jwt", "AT+JWT"}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","typ":"%s"})", type), good_claims),
                     none);
    }
}

void deep_nesting_is_refused(void**) {
    static char open[3000];
    static char nested[6100];
    for (const std::size_t depth : {15U, 16U, 1000U, 2900U}) {
        memset(open, '[', depth);
        open[depth] = '\0';
        std::size_t size = static_cast<std::size_t>(
            snprintf(nested, sizeof nested, R"({"uid":"a","exp":4102444800,"x":%s)", open));
        memset(nested + size, ']', depth);
        nested[size + depth] = '}';
        const std::string_view payload(nested, size + depth + 1);
        if (depth == 15) assert_fault(bed, make_hs256_claims(payload), none);
        if (depth > 15) assert_fault(bed, make_hs256_claims(payload), bad_payload);
        assert_true(token_bed_check(bed, make_hs256(payload, good_claims)) != TokenFault::none);
    }
    // Brackets in a string are none.
    memset(open, '[', 100);
    open[100] = '\0';
    assert_fault(
        bed, make_hs256_claims(fill_in(R"({"uid":"a","exp":4102444800,"x":"\"%s"})", open)), none);
}

// A tree takes far more room than its text.
void a_crowd_of_members_is_refused(void**) {
    static char text[6100];
    std::size_t size = static_cast<std::size_t>(
        snprintf(text, sizeof text, R"({"uid":"a","exp":4102444800,"x":[0)"));
    while (size < 6000)
        size += static_cast<std::size_t>(snprintf(text + size, 3, ",0"));
    text[size++] = ']';
    text[size++] = '}';
    assert_fault(bed, make_hs256_claims({text, size}), none);
    size = static_cast<std::size_t>(snprintf(text, sizeof text, R"({"uid":"a","exp":4102444800)"));
    for (int i = 0; size < 6000; ++i)
        size += static_cast<std::size_t>(snprintf(text + size, 16, ",\"%d\":0", i));
    text[size++] = '}';
    assert_fault(bed, make_hs256_claims({text, size}), bad_payload);
}

void odd_kids_are_refused(void**) {
    for (const char* id : {"\"\"", "1", "null", "[]", "{}", "\"a\\u0000b\""}) {
        assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","kid":%s})", id), good_claims),
                     bad_header);
    }
    static char id[6000];
    memset(id, 'k', 5500);
    assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","kid":"%s"})", id), good_claims),
                 bad_header);
    id[128] = '\0';
    assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","kid":"%s"})", id), good_claims), none);
    static char huge[10241];
    memset(huge, 'k', 10240);
    assert_fault(bed, make_hs256(fill_in(R"({"alg":"HS256","kid":"%s"})", huge), good_claims),
                 too_long);
}

// The payload of a stranger is not even parsed.
void nothing_of_an_unsigned_payload_is_told(void**) {
    for (const char* payload : {"{", R"({"exp":1})", R"({"uid":"a","uid":"b"})"}) {
        assert_fault(bed,
                     make_hs256(R"({"alg":"HS256"})", payload, "not the secret, but as long as it"),
                     wrong_signature);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(alg_none_is_refused_however_it_is_written, begin),
        cmocka_unit_test_setup(times_are_checked_with_leeway, begin),
        cmocka_unit_test_setup(an_odd_exp_is_refused, begin),
        cmocka_unit_test_setup(an_odd_uid_is_refused, begin),
        cmocka_unit_test_setup(uids_of_all_scripts_are_taken_as_they_are, begin),
        cmocka_unit_test_setup(a_uid_has_128_bytes_at_most, begin),
        cmocka_unit_test_setup(twin_members_are_refused, begin),
        cmocka_unit_test_setup(critical_extensions_are_refused, begin),
        cmocka_unit_test_setup(other_types_are_refused, begin),
        cmocka_unit_test_setup(deep_nesting_is_refused, begin),
        cmocka_unit_test_setup(a_crowd_of_members_is_refused, begin),
        cmocka_unit_test_setup(odd_kids_are_refused, begin),
        cmocka_unit_test_setup(nothing_of_an_unsigned_payload_is_told, begin),
    };
    return cmocka_run_group_tests_name("token JSON attacks", tests, set_up, tear_down);
}
