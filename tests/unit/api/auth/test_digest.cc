#include "api/auth/digest.h"

#include <cstdio>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

const char* hex(const Sha256Digest& digest) {
    static char text[65];
    for (std::size_t i = 0; i < sizeof digest.bytes; ++i)
        snprintf(text + 2 * i, 3, "%02x", digest.bytes[i]);
    return text;
}

void digests_are_those_of_the_standard(void**) {
    assert_string_equal(hex(sha256("abc")),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(hex(sha256("")),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 4231, section 4.3.
void macs_are_those_of_the_standard(void**) {
    assert_string_equal(hex(hmac_sha256(as_bytes("Jefe"), "what do ya want for nothing?")),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

void only_equal_digests_are_the_same(void**) {
    const Sha256Digest one = sha256("a");
    assert_true(is_same_digest(one, sha256("a")));
    for (std::size_t bit = 0; bit < 256; ++bit) {
        Sha256Digest other = one;
        other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        assert_false(is_same_digest(one, other));
    }
}

void wiping_leaves_zeros(void**) {
    char secret[8] = "secret!";
    wipe(secret, sizeof secret);
    for (const char c : secret)
        assert_int_equal(c, 0);
    wipe(nullptr, 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(macs_are_those_of_the_standard),
        cmocka_unit_test(only_equal_digests_are_the_same),
        cmocka_unit_test(wiping_leaves_zeros),
    };
    return cmocka_run_group_tests_name("digest", tests, nullptr, nullptr);
}
