// And der: all DER that the product reads comes out of PEM.
#include "api/auth/pem.h"

#include <cstring>

#include "api/auth/base64.h"
#include "api/auth/der.h"
#include "tests/fixtures/auth/keys.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
namespace fixtures = nma::test::fixtures;

KeySet keys;
AuthError error;
char text[65536];

bool read(std::string_view pem) {
    keys.clear();
    error.clear();
    const bool is_good = read_pem_keys("k.pem", pem, keys, error);
    assert_int_equal(is_good, error.empty());
    if (!is_good) assert_true(error.view().starts_with("k.pem:"));
    return is_good;
}

// Of several texts.
std::string_view joined(std::initializer_list<std::string_view> pieces) {
    std::size_t size = 0;
    for (const std::string_view piece : pieces)
        size += piece.copy(text + size, sizeof text - size);
    return {text, size};
}

void assert_refused(std::string_view pem, const char* why) {
    assert_false(read(pem));
    if (strstr(error.c_str(), why) == nullptr) assert_string_equal(error.c_str(), why);
}

bool is_same_number(const Key& key, std::size_t offset, std::string_view base64url) {
    std::uint8_t number[512];
    std::size_t size = 0;
    assert_true(decode_base64url(base64url, number, size));
    return offset + size <= key.size && memcmp(key.bytes + offset, number, size) == 0;
}

void each_kind_of_key_is_read(void**) {
    assert_true(read(fixtures::rsa_a_pem));
    assert_int_equal(keys.keys()[0].algorithm, Algorithm::rs256);
    assert_int_equal(keys.keys()[0].size, 256);
    assert_true(is_same_number(keys.keys()[0], 0, fixtures::rsa_a_n));
    assert_int_equal(keys.keys()[0].exponent_size, 3);
    assert_true(read(fixtures::rsa_a_pkcs1_pem));
    assert_true(is_same_number(keys.keys()[0], 0, fixtures::rsa_a_n));
    assert_true(read(fixtures::rsa_4096_pem));
    assert_int_equal(keys.keys()[0].size, 512);
    assert_true(read(fixtures::ec_a_pem));
    assert_int_equal(keys.keys()[0].algorithm, Algorithm::es256);
    assert_true(is_same_number(keys.keys()[0], 0, fixtures::ec_a_x));
    assert_true(is_same_number(keys.keys()[0], 32, fixtures::ec_a_y));
    assert_true(read(fixtures::ed_a_pem));
    assert_int_equal(keys.keys()[0].algorithm, Algorithm::eddsa);
    assert_true(is_same_number(keys.keys()[0], 0, fixtures::ed_a_x));
}

void several_keys_may_follow_one_another(void**) {
    assert_true(read(joined(
        {"\n", fixtures::rsa_a_pem, "\r\n\n", fixtures::ec_a_pem, fixtures::ed_a_pem, "  \n"})));
    assert_int_equal(keys.keys().size(), 3);
    assert_int_equal(keys.keys()[1].algorithm, Algorithm::es256);
    assert_true(keys.keys()[2].id.empty());
}

void too_many_keys_are_refused(void**) {
    std::size_t size = 0;
    for (std::size_t i = 0; i <= limits::token_key_count_max; ++i)
        size += fixtures::ed_a_pem.copy(text + size, sizeof text - size);
    assert_refused({text, size}, "at most 32");
    assert_true(read({text, size - fixtures::ed_a_pem.size()}));
}

void a_last_line_without_newline_and_dos_lines_are_read(void**) {
    assert_true(read(fixtures::ec_a_pem.substr(0, fixtures::ec_a_pem.size() - 1)));
    std::size_t size = 0;
    for (const char c : fixtures::ec_a_pem) {
        if (c == '\n') text[size++] = '\r';
        text[size++] = c;
    }
    assert_true(read({text, size}));
}

void every_prefix_is_refused(void**) {
    for (const std::string_view pem :
         {fixtures::rsa_a_pem, fixtures::rsa_a_pkcs1_pem, fixtures::ec_a_pem, fixtures::ed_a_pem}) {
        for (std::size_t size = 0; size + 1 < pem.size(); ++size)
            assert_false(read(pem.substr(0, size)));
    }
}

void every_prefix_and_suffix_of_der_is_refused(void**) {
    static std::uint8_t der[1024];
    std::size_t size = 0;
    assert_true(decode_base64(fixtures::rsa_a_der_base64, der, size));
    Key key;
    assert_null(read_public_key_info({der, size}, key));
    for (std::size_t i = 0; i < size; ++i) {
        assert_non_null(read_public_key_info({der, i}, key));
        if (i > 0) assert_non_null(read_public_key_info({der + i, size - i}, key));
    }
    assert_non_null(read_public_key_info({der, size + 1}, key));
}

// What is not the one spelling of DER: each changed byte of the frame is refused. Bytes of the
// modulus may be anything that is odd and large.
void every_changed_byte_of_the_frame_is_refused(void**) {
    static std::uint8_t der[1024];
    std::size_t size = 0;
    assert_true(decode_base64(fixtures::rsa_a_der_base64, der, size));
    constexpr std::size_t frame_bytes = 32;  // up to the length of the modulus
    for (std::size_t i = 0; i < frame_bytes; ++i) {
        for (unsigned change = 1; change < 256; ++change) {
            Key key;
            der[i] ^= static_cast<std::uint8_t>(change);
            assert_non_null(read_public_key_info({der, size}, key));
            der[i] ^= static_cast<std::uint8_t>(change);
        }
    }
}

void what_is_no_public_key_is_refused_with_a_cure(void**) {
    assert_refused("", "there is no key in it");
    assert_refused("\n \n", "there is no key in it");
    assert_refused("hello\n", "k.pem:1: it is no public key");
    assert_refused(joined({"# my key\n", fixtures::ec_a_pem}), "k.pem:1: it is no public key");
    assert_refused(joined({fixtures::ec_a_pem, "x"}), "k.pem:5: it is no public key");
    assert_refused(fixtures::private_pem, "openssl pkey -in FILE -pubout");
    assert_refused(fixtures::certificate_pem, "openssl x509 -in FILE -pubkey -noout");
    assert_refused("-----BEGIN -----\n", "it is no public key");
    assert_refused("-----BEGIN ----", "it is no public key");
    assert_refused("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "damaged");
    assert_refused("-----BEGIN PUBLIC KEY-----\nAA AA\n-----END PUBLIC KEY-----\n", "base64");
    assert_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n",
                   "does not end as it begins");
    assert_refused("-----BEGIN PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----\n",
                   "does not end as it begins");
    assert_refused(joined({"-----BEGIN RSA PUBLIC KEY-----", fixtures::ec_a_pem.substr(26)}),
                   "does not end as it begins");
}

void keys_that_are_weak_or_of_another_kind_are_refused(void**) {
    assert_refused(fixtures::rsa_1024_pem, "fewer than 2048 bits");
    assert_refused(fixtures::rsa_4104_pem, "more than 4096 bits");
    assert_refused(fixtures::rsa_8192_pem, "longer than a public key");
    assert_refused(fixtures::rsa_e1_pem, "exponent is not an odd number");
    assert_refused(fixtures::rsa_e2_pem, "exponent is not an odd number");
    assert_refused(fixtures::rsa_even_pem, "modulus is even");
    assert_refused(fixtures::ec_384_pem, "its curve is not supported: use P-256");
    assert_refused(fixtures::ec_off_curve_pem, "no point of the curve");
    assert_refused(fixtures::ec_compressed_pem, "compressed");
    assert_refused(fixtures::ed_short_pem, "32 bytes of Ed25519");
    // X25519 is for agreeing on keys, not for signatures.
    assert_refused(
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END PUBLIC KEY-----\n",
        "its kind is not supported: use RSA, P-256 or Ed25519");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_key_is_read),
        cmocka_unit_test(several_keys_may_follow_one_another),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(a_last_line_without_newline_and_dos_lines_are_read),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(every_prefix_and_suffix_of_der_is_refused),
        cmocka_unit_test(every_changed_byte_of_the_frame_is_refused),
        cmocka_unit_test(what_is_no_public_key_is_refused_with_a_cure),
        cmocka_unit_test(keys_that_are_weak_or_of_another_kind_are_refused),
    };
    return cmocka_run_group_tests_name("pem", tests, nullptr, nullptr);
}
