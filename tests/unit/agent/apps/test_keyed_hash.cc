#include "agent/apps/keyed_hash.h"

#include <string_view>

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace std::string_view_literals;

// From another implementation, CPython's, whose key is zero when it is told to have none
// (PYTHONHASHSEED=0): hash() of number, sizes and texts, each filled up to whole words.
void the_hash_is_siphash_1_3(void**) {
    const KeyedHash hash = KeyedHash::with_key(0, 0);
    assert_true(hash.of(0, "", "") == 0x76be999e3e25b2a0);
    assert_true(hash.of(7, "a", "") == 0x51e9b086c551f691);
    assert_true(hash.of(0x0102030405060708, "requests", "k\0v\0"sv) == 0x71c77c067f1d7498);
    assert_true(hash.of(1, "latency.of.a.route", "region\0eu-west-1\0service\0checkout\0"sv) ==
                0x9509bb8da1b89698);
    assert_true(hash.of(2, "1234567", "123") == 0xfc4933cd75a28fb0);
    static char x[255];
    static char y[1024];
    memset(x, 'x', sizeof x);
    memset(y, 'y', sizeof y);
    assert_true(hash.of(3, {x, sizeof x}, {y, sizeof y}) == 0x1683572b27a775ff);
}

void the_border_between_the_texts_counts(void**) {
    const KeyedHash hash = KeyedHash::with_key(1, 2);
    assert_true(hash.of(0, "ab", "c") != hash.of(0, "a", "bc"));
    assert_true(hash.of(0, "a\0"sv, "") != hash.of(0, "a", ""));
}

void two_processes_would_have_different_keys(void**) {
    KeyedHash one;
    KeyedHash other;
    one.init();
    other.init();
    assert_true(one.of(0, "a") != other.of(0, "a"));
    assert_true(one.of(0, "a") == one.of(0, "a"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(the_border_between_the_texts_counts),
        cmocka_unit_test(two_processes_would_have_different_keys),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
