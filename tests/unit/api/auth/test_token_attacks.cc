// Every way that somebody has talked a checker of JSON Web Tokens into believing them (RFC 8725).
#include <cstring>

#include "api/auth/base64.h"
#include "tests/fixtures/auth/keys.h"
#include "tests/fixtures/auth/tokens.h"
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

void good_tokens_are_good(void**) {
    assert_fault(bed, fixtures::rs256, none);
    assert_string_equal(bed.identity.uid.data(), "alice");
    assert_false(bed.identity.has_own_permissions);
    assert_fault(bed, make_hs256_claims(good_claims), none);
}

// HMAC with what everybody may know: the bytes of the public key.
void a_public_key_is_no_secret(void**) {
    static std::uint8_t der[1024];
    std::size_t size = 0;
    assert_true(decode_base64(fixtures::rsa_a_der_base64, der, size));
    const std::string_view pem = fixtures::rsa_a_pem;
    const std::string_view der_text(reinterpret_cast<const char*>(der), size);
    const std::string_view secrets[] = {
        pem,
        pem.substr(0, pem.size() - 1),
        fixtures::rsa_a_pkcs1_pem,
        fixtures::rsa_a_der_base64,
        der_text,
        fixtures::rsa_a_n,
        "AQAB",
        "",
    };
    for (const bool has_secret : {true, false}) {
        token_bed_use(bed, {.secret = has_secret ? bed_secret : "", .public_key = pem});
        for (const std::string_view secret : secrets) {
            const auto token = make_hs256(R"({"alg":"HS256"})", good_claims, secret);
            if (has_secret) assert_fault(bed, token, wrong_signature);
            if (!has_secret) assert_fault(bed, token, wrong_algorithm);
        }
    }
    token_bed_use(bed, {.jwks = fixtures::jwks});
    for (const std::string_view secret : secrets) {
        assert_fault(bed, make_hs256(R"({"alg":"HS256","kid":"rsa-a"})", good_claims, secret),
                     wrong_algorithm);
        assert_fault(bed, make_hs256(R"({"alg":"RS256","kid":"rsa-a"})", good_claims, secret),
                     wrong_signature);
    }
}

void alg_must_be_that_of_the_key(void**) {
    token_bed_use(bed, {.public_key = fixtures::rsa_a_pem});
    assert_fault(bed, fixtures::alg_says_es256, wrong_algorithm);
    assert_fault(bed, fixtures::es256, wrong_algorithm);
    assert_fault(bed, fixtures::eddsa, wrong_algorithm);
    token_bed_use(bed, {.public_key = fixtures::ec_a_pem});
    assert_fault(bed, fixtures::alg_says_rs256, wrong_algorithm);
    assert_fault(bed, fixtures::rs256, wrong_algorithm);
    token_bed_use(bed, {.jwks = fixtures::jwks});
    assert_fault(bed, fixtures::alg_says_es256, wrong_signature);
    assert_fault(bed, fixtures::alg_says_rs256, wrong_signature);
    assert_fault(bed, fixtures::rs256_kid_of_ec, unknown_key);
}

void a_secret_of_another_is_none_of_ours(void**) {
    assert_fault(bed,
                 make_hs256(R"({"alg":"HS256"})", good_claims, "0123456789abcdef0123456789abcdeg"),
                 wrong_signature);
    assert_fault(bed, fixtures::rs256_b, wrong_signature);
}

void a_stripped_signature_is_refused(void**) {
    const std::string_view token = fixtures::rs256;
    const std::size_t dot = token.rfind('.');
    assert_fault(bed, token.substr(0, dot + 1), unsigned_token);
    assert_fault(bed, token.substr(0, dot), unknown_token);
    assert_fault(bed, make_hs256_claims(good_claims).substr(0, 80), unknown_token);
}

void every_prefix_of_a_token_is_refused(void**) {
    for (const std::string_view token : {fixtures::rs256, make_hs256_claims(good_claims)}) {
        for (std::size_t size = 0; size < token.size(); ++size)
            assert_true(token_bed_check(bed, token.substr(0, size)) != TokenFault::none);
        assert_fault(bed, token, none);
    }
}

// Whichever bit of it: also the last ones, which say nothing.
void every_flipped_bit_is_refused(void**) {
    static char token[1024];
    for (const std::string_view good : {fixtures::rs256, make_hs256_claims(good_claims)}) {
        for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
            good.copy(token, sizeof token);
            token[bit / 8] = static_cast<char>(token[bit / 8] ^ 1 << bit % 8);
            assert_true(token_bed_check(bed, {token, good.size()}) != TokenFault::none);
        }
    }
}

void signatures_do_not_fit_other_tokens(void**) {
    const std::string_view one = fixtures::rs256;
    const std::string_view other = fixtures::rs256_bob;
    static char token[2048];
    std::size_t size = one.substr(0, one.rfind('.')).copy(token, sizeof token);
    size += other.substr(other.rfind('.')).copy(token + size, sizeof token - size);
    assert_fault(bed, std::string_view(token, size), wrong_signature);
    assert_fault(bed, other, none);
    assert_string_equal(bed.identity.uid.data(), "bob");
}

void tokens_of_another_shape_are_refused(void**) {
    assert_fault(bed, "", absent);
    for (const char* token : {"a", "..", ".", "a.b", "a.b.c.d", "a.b.c.d.e", "null", "{}"}) {
        assert_true(token_bed_check(bed, token) != TokenFault::none);
    }
    assert_fault(bed, "a.b.c.d.e", unknown_token);
    assert_fault(bed, "..", bad_header);
    for (const char* header : {"[]", "null", "\"HS256\"", "", " ", "{", "{\"alg\":\"HS256\"}}",
                               "{\"alg\":\"HS256\"}{}", "\xef\xbb\xbf{\"alg\":\"HS256\"}",
                               "{\"alg\":\"HS256\",}", "{\"alg\":\"HS256\",\"x\":\"\xff\"}"}) {
        assert_fault(bed, make_hs256(header, good_claims), bad_header);
    }
    for (const char* payload : {"[]", "null", "alice", "", "{", "\xef\xbb\xbf{}", "{}{}"}) {
        assert_fault(bed, make_hs256_claims(payload), bad_payload);
    }
}

void a_huge_token_is_refused_unread(void**) {
    static char text[16384];
    memset(text, 'a', sizeof text);
    text[100] = '.';
    text[200] = '.';
    assert_fault(bed, std::string_view(text, 8193), too_long);
    assert_fault(bed, std::string_view(text, sizeof text), too_long);
    assert_fault(bed, std::string_view(text, 8192), bad_header);
    // The largest that is good.
    static char filler[6000];
    memset(filler, 'x', 5900);
    assert_fault(
        bed,
        make_hs256_claims(fill_in(R"({"uid":"alice","exp":4102444800,"filler":"%s"})", filler)),
        none);
}

void keys_that_a_token_brings_are_not_used(void**) {
    for (const char* public_key : {fixtures::rsa_a_pem.data(), ""}) {
        token_bed_use(bed, {.public_key = public_key,
                            .jwks = public_key[0] == '\0' ? fixtures::jwks_of_a : ""});
        assert_fault(bed, fixtures::brings_jwk, wrong_signature);
        assert_fault(bed, fixtures::brings_jwk_and_kid, wrong_signature);
        assert_fault(bed, fixtures::brings_jku, wrong_signature);
        assert_fault(bed, fixtures::brings_x5u, wrong_signature);
        assert_fault(bed, fixtures::brings_x5c, wrong_signature);
    }
}

// Only compared: never a path, never a format, never SQL.
void kid_tricks_do_nothing(void**) {
    token_bed_use(bed, {.secret = bed_secret, .jwks = fixtures::jwks});
    for (const char* id : {"../../../../dev/null", "/dev/null", "/etc/passwd", "' OR '1'='1",
                           "%s%n", "..", "*", "$(id)", "|id", "secret", "key.pem", "rsa-a "}) {
        const char* header = fill_in(R"({"alg":"HS256","kid":"%s"})", id);
        assert_fault(bed, make_hs256(header, good_claims, ""), wrong_signature);
        assert_fault(bed, make_hs256(header, good_claims), none);
    }
    // One that is known chooses its key, which has another algorithm.
    assert_fault(bed, make_hs256(R"({"alg":"HS256","kid":"rsa-a"})", good_claims), unknown_key);
}

void base64_has_one_spelling(void**) {
    static char token[1024];
    const std::string_view good = fixtures::rs256;
    const auto with = [&](std::size_t at, std::size_t cut, std::string_view text) {
        std::size_t size = good.substr(0, at).copy(token, sizeof token);
        size += text.copy(token + size, sizeof token - size);
        size += good.substr(at + cut).copy(token + size, sizeof token - size);
        return std::string_view(token, size);
    };
    const std::size_t dot = good.find('.');
    for (const std::size_t at : {dot, good.rfind('.'), good.size()}) {
        for (const std::string_view odd : {"=", "==", " ", "\n", "\r\n", "\t", "A", "%3D"})
            assert_true(token_bed_check(bed, with(at, 0, odd)) != TokenFault::none);
    }
    assert_true(token_bed_check(bed, with(0, 0, " ")) != TokenFault::none);
    assert_true(token_bed_check(bed, with(0, 0, std::string_view("\0", 1))) != TokenFault::none);
    const std::size_t dash = good.find('-', good.rfind('.'));
    const std::size_t line = good.find('_', good.rfind('.'));
    assert_true(dash != good.npos && line != good.npos);
    assert_fault(bed, with(dash, 1, "+"), bad_encoding);
    assert_fault(bed, with(line, 1, "/"), bad_encoding);
    // 256 bytes are 342 characters, of whose last only two bits count.
    assert_true(good.back() == 'A' || good.back() == 'Q' || good.back() == 'g' ||
                good.back() == 'w');
    const char next[] = {static_cast<char>(good.back() + 1)};
    assert_fault(bed, with(good.size() - 1, 1, {next, 1}), bad_encoding);
}

void a_forged_rsa_signature_is_refused(void**) {
    token_bed_use(bed, {.jwks = fixtures::jwks});
    assert_fault(bed, fixtures::rs256_e3, none);
    assert_fault(bed, fixtures::forged_cube_root, wrong_signature);
    assert_fault(bed, fixtures::rs256, none);
    assert_fault(bed, fixtures::rs256_plus_modulus, wrong_signature);
    assert_fault(bed, fixtures::rs256_sha512_padding, wrong_signature);
    assert_fault(bed, fixtures::rs256_pss, wrong_signature);
}

void a_forged_curve_signature_is_refused(void**) {
    token_bed_use(bed, {.jwks = fixtures::jwks});
    assert_fault(bed, fixtures::es256, none);
    assert_fault(bed, fixtures::es256_der, wrong_signature);
    assert_fault(bed, fixtures::eddsa, none);
    assert_fault(bed, fixtures::eddsa_plus_order, wrong_signature);
    // r = s = 0 (CVE-2022-21449), and all ones.
    static char zeros[87];
    memset(zeros, 'A', 86);
    for (const char* alg : {R"({"alg":"ES256"})", R"({"alg":"EdDSA"})"}) {
        assert_fault(bed, make_unsigned(alg, good_claims, zeros), wrong_signature);
        assert_fault(bed, make_unsigned(alg, good_claims, "AAAA"), wrong_signature);
        static char ones[87];
        memset(ones, '_', 85);
        ones[85] = 'w';
        assert_fault(bed, make_unsigned(alg, good_claims, ones), wrong_signature);
    }
}

void a_signature_longer_than_any_key_is_refused(void**) {
    static char long_one[2001];
    memset(long_one, 'A', 2000);
    assert_fault(bed, make_unsigned(R"({"alg":"RS256"})", good_claims, long_one), bad_encoding);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_tokens_are_good, begin),
        cmocka_unit_test_setup(a_public_key_is_no_secret, begin),
        cmocka_unit_test_setup(alg_must_be_that_of_the_key, begin),
        cmocka_unit_test_setup(a_secret_of_another_is_none_of_ours, begin),
        cmocka_unit_test_setup(a_stripped_signature_is_refused, begin),
        cmocka_unit_test_setup(every_prefix_of_a_token_is_refused, begin),
        cmocka_unit_test_setup(every_flipped_bit_is_refused, begin),
        cmocka_unit_test_setup(signatures_do_not_fit_other_tokens, begin),
        cmocka_unit_test_setup(tokens_of_another_shape_are_refused, begin),
        cmocka_unit_test_setup(a_huge_token_is_refused_unread, begin),
        cmocka_unit_test_setup(keys_that_a_token_brings_are_not_used, begin),
        cmocka_unit_test_setup(kid_tricks_do_nothing, begin),
        cmocka_unit_test_setup(base64_has_one_spelling, begin),
        cmocka_unit_test_setup(a_forged_rsa_signature_is_refused, begin),
        cmocka_unit_test_setup(a_forged_curve_signature_is_refused, begin),
        cmocka_unit_test_setup(a_signature_longer_than_any_key_is_refused, begin),
    };
    return cmocka_run_group_tests_name("token attacks", tests, set_up, tear_down);
}
