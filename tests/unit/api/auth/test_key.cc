#include "api/auth/key.h"

#include <cstring>

#include "api/auth/base64.h"
#include "api/auth/digest.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

using Bytes = std::span<const std::uint8_t>;

// Static memory; a few take turns.
Bytes bytes_of(std::string_view base64url) {
    static std::uint8_t memories[4][520];
    static std::size_t turn = 0;
    std::uint8_t* memory = memories[++turn % 4];
    std::size_t size = 0;
    assert_true(decode_base64url(base64url, {memory, 520}, size));
    return {memory, size};
}

bool verify_text(const Key& key, std::string_view message, std::string_view signature) {
    return verify(key, message, bytes_of(signature));
}

// Of a whole token.
bool verify_token(const Key& key, std::string_view token) {
    const std::size_t dot = token.rfind('.');
    return verify_text(key, token.substr(0, dot), token.substr(dot + 1));
}

// RFC 7515, appendix A.1.
constexpr std::string_view a1_secret =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr std::string_view a1_token =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

// Appendix A.2.
constexpr std::string_view a2_n =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view a2_token =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1"
    "L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYE"
    "UipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

// Appendix A.3.
constexpr std::string_view a3_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view a3_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view a3_token =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// RFC 8037, appendix A.4.
constexpr std::string_view a4_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view a4_token =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

Key hs256_key() {
    Key key;
    assert_null(set_secret_key(key, as_text(bytes_of(a1_secret))));
    return key;
}

Key rs256_key() {
    Key key;
    assert_null(set_rsa_key(key, bytes_of(a2_n), bytes_of("AQAB")));
    return key;
}

Key es256_key() {
    Key key;
    assert_null(set_p256_key(key, bytes_of(a3_x), bytes_of(a3_y)));
    return key;
}

Key eddsa_key() {
    Key key;
    assert_null(set_ed25519_key(key, bytes_of(a4_x)));
    return key;
}

void the_standards_own_signatures_are_good(void**) {
    assert_true(verify_token(hs256_key(), a1_token));
    assert_true(verify_token(rs256_key(), a2_token));
    assert_true(verify_token(es256_key(), a3_token));
    assert_true(verify_token(eddsa_key(), a4_token));
}

void each_kind_refuses_those_of_the_others(void**) {
    const std::string_view tokens[] = {a1_token, a2_token, a3_token, a4_token};
    const Key keys[] = {hs256_key(), rs256_key(), es256_key(), eddsa_key()};
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < 4; ++j)
            assert_int_equal(verify_token(keys[i], tokens[j]), i == j);
        assert_false(verify_token(Key{}, tokens[i]));
    }
}

void a_changed_message_or_signature_is_refused(void**) {
    const std::string_view tokens[] = {a1_token, a2_token, a3_token, a4_token};
    const Key keys[] = {hs256_key(), rs256_key(), es256_key(), eddsa_key()};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t dot = tokens[i].rfind('.');
        const std::string_view message = tokens[i].substr(0, dot);
        const Bytes good = bytes_of(tokens[i].substr(dot + 1));
        assert_true(verify(keys[i], message, good));
        assert_false(verify(keys[i], message.substr(1), good));
        assert_false(verify(keys[i], "", good));
        std::uint8_t bad[520] = {};
        for (std::size_t byte = 0; byte < good.size(); ++byte) {
            memcpy(bad, good.data(), good.size());
            bad[byte] ^= 1;
            assert_false(verify(keys[i], message, {bad, good.size()}));
        }
    }
}

void a_signature_of_another_length_is_refused(void**) {
    const std::string_view tokens[] = {a1_token, a2_token, a3_token, a4_token};
    const Key keys[] = {hs256_key(), rs256_key(), es256_key(), eddsa_key()};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t dot = tokens[i].rfind('.');
        const Bytes good = bytes_of(tokens[i].substr(dot + 1));
        std::uint8_t odd[520] = {};
        memcpy(odd + 1, good.data(), good.size());
        const std::string_view message = tokens[i].substr(0, dot);
        assert_false(verify(keys[i], message, {odd, good.size() + 1}));      // a zero in front
        assert_false(verify(keys[i], message, {odd + 1, good.size() + 1}));  // and behind
        for (std::size_t size = 0; size < good.size(); ++size)
            assert_false(verify(keys[i], message, good.first(size)));
    }
}

// 0, the order n, and more than n, for r and for s, with the other one good.
void es256_numbers_out_of_range_are_refused(void**) {
    constexpr std::string_view order = "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE";
    constexpr std::string_view zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    constexpr std::string_view ones = "__________________________________________8";
    const std::size_t dot = a3_token.rfind('.');
    for (const std::string_view number : {order, zero, ones}) {
        for (const std::size_t at : {0U, 32U}) {
            std::uint8_t signature[64];
            memcpy(signature, bytes_of(a3_token.substr(dot + 1)).data(), sizeof signature);
            memcpy(signature + at, bytes_of(number).data(), 32);
            assert_false(verify(es256_key(), a3_token.substr(0, dot), signature));
            memcpy(signature + 32 - at, bytes_of(number).data(), 32);
            assert_false(verify(es256_key(), a3_token.substr(0, dot), signature));
        }
    }
}

void rsa_numbers_out_of_range_are_refused(void**) {
    const std::size_t dot = a2_token.rfind('.');
    std::uint8_t signature[256] = {};
    assert_false(verify(rs256_key(), a2_token.substr(0, dot), signature));
    memcpy(signature, bytes_of(a2_n).data(), sizeof signature);
    assert_false(verify(rs256_key(), a2_token.substr(0, dot), signature));
    memset(signature, 0xff, sizeof signature);
    assert_false(verify(rs256_key(), a2_token.substr(0, dot), signature));
    memset(signature, 0, sizeof signature);
    signature[255] = 1;
    assert_false(verify(rs256_key(), a2_token.substr(0, dot), signature));
}

void weak_and_odd_rsa_keys_are_refused(void**) {
    Key key;
    std::uint8_t modulus[513];
    memset(modulus, 0xff, sizeof modulus);
    const Bytes n = bytes_of(a2_n);
    const std::uint8_t e3[] = {0, 0, 3};
    assert_null(set_rsa_key(key, {modulus, 256}, e3));
    assert_null(set_rsa_key(key, {modulus, 512}, e3));
    assert_string_equal(set_rsa_key(key, {modulus, 513}, e3),
                        "its modulus has more than 4096 bits");
    const char* small = "its modulus has fewer than 2048 bits";
    assert_string_equal(set_rsa_key(key, {modulus, 255}, e3), small);
    assert_string_equal(set_rsa_key(key, {}, e3), small);
    modulus[0] = 0;  // a zero in front does not count
    assert_string_equal(set_rsa_key(key, {modulus, 256}, e3), small);
    modulus[0] = 0x7f;
    assert_string_equal(set_rsa_key(key, {modulus, 256}, e3), small);
    modulus[0] = 0x80;
    assert_null(set_rsa_key(key, {modulus, 256}, e3));
    modulus[255] = 0xfe;
    assert_string_equal(set_rsa_key(key, {modulus, 256}, e3), "its modulus is even");
    const std::uint8_t nine[] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
    assert_string_equal(set_rsa_key(key, n, nine), "its exponent has more than 64 bits");
    assert_non_null(set_rsa_key(key, n, {nine + 1, 8}));  // 1, with zeros in front
    constexpr std::uint8_t odd[] = {0, 1, 2, 4};
    for (const std::uint8_t& e : odd) {
        assert_string_equal(set_rsa_key(key, n, {&e, 1}),
                            "its exponent is not an odd number from 3");
    }
    assert_non_null(set_rsa_key(key, n, {}));
}

void odd_curve_keys_are_refused(void**) {
    Key key;
    const Bytes x = bytes_of(a3_x);
    const Bytes y = bytes_of(a3_y);
    std::uint8_t zero[33] = {};
    std::uint8_t ones[33];
    memset(ones, 0xff, sizeof ones);
    assert_non_null(set_p256_key(key, y, x));
    assert_non_null(set_p256_key(key, {zero, 32}, {zero, 32}));
    assert_non_null(set_p256_key(key, {ones, 32}, y));
    assert_non_null(set_p256_key(key, x.first(31), y));
    assert_non_null(set_p256_key(key, x, {zero, 33}));
    assert_non_null(set_p256_key(key, x, {}));
    assert_non_null(set_ed25519_key(key, {zero, 31}));
    assert_non_null(set_ed25519_key(key, {ones, 33}));
    assert_non_null(set_ed25519_key(key, {}));
}

void secrets_have_16_to_512_bytes(void**) {
    Key key;
    char secret[513];
    memset(secret, 's', sizeof secret);
    assert_non_null(set_secret_key(key, ""));
    assert_non_null(set_secret_key(key, {secret, 15}));
    assert_null(set_secret_key(key, {secret, 16}));
    assert_null(set_secret_key(key, {secret, 512}));
    assert_non_null(set_secret_key(key, {secret, 513}));
}

void names_of_algorithms_are_exact(void**) {
    assert_int_equal(algorithm_of("HS256"), Algorithm::hs256);
    assert_int_equal(algorithm_of("RS256"), Algorithm::rs256);
    assert_int_equal(algorithm_of("ES256"), Algorithm::es256);
    assert_int_equal(algorithm_of("EdDSA"), Algorithm::eddsa);
    for (const char* name : {"", "none", "hs256", "RS256 ", "EDDSA", "HS384", "PS256"})
        assert_int_equal(algorithm_of(name), Algorithm::unknown);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_own_signatures_are_good),
        cmocka_unit_test(each_kind_refuses_those_of_the_others),
        cmocka_unit_test(a_changed_message_or_signature_is_refused),
        cmocka_unit_test(a_signature_of_another_length_is_refused),
        cmocka_unit_test(es256_numbers_out_of_range_are_refused),
        cmocka_unit_test(rsa_numbers_out_of_range_are_refused),
        cmocka_unit_test(weak_and_odd_rsa_keys_are_refused),
        cmocka_unit_test(odd_curve_keys_are_refused),
        cmocka_unit_test(secrets_have_16_to_512_bytes),
        cmocka_unit_test(names_of_algorithms_are_exact),
    };
    return cmocka_run_group_tests_name("key", tests, nullptr, nullptr);
}
