#include "api/auth/token_cache.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

Arena arena;
TokenCache cache;

int set_up(void**) {
    Arena measuring;
    TokenCache measured;
    measured.init(measuring);
    assert_true(arena.map(measuring.used_bytes()));
    cache.init(arena);
    return 0;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

Sha256Digest digest_of(std::size_t number) {
    return sha256({reinterpret_cast<const char*>(&number), sizeof number});
}

void what_was_put_is_found(void**) {
    cache.clear();
    assert_null(cache.find(digest_of(1)));
    cache.put(digest_of(1), "one", 100);
    const CachedToken* found = cache.find(digest_of(1));
    assert_non_null(found);
    assert_string_equal(found->uid.c_str(), "one");
    assert_int_equal(found->end_s, 100);
    assert_null(cache.find(digest_of(2)));
}

void a_free_slot_is_not_the_digest_of_zeros(void**) {
    cache.clear();
    assert_null(cache.find(Sha256Digest{}));
}

void digests_that_begin_alike_are_told_apart(void**) {
    cache.clear();
    Sha256Digest one = digest_of(1);
    Sha256Digest other = one;
    other.bytes[31] ^= 1;
    cache.put(one, "one", 1);
    assert_null(cache.find(other));
    cache.put(other, "other", 1);
    assert_string_equal(cache.find(one)->uid.c_str(), "one");
    assert_string_equal(cache.find(other)->uid.c_str(), "other");
}

void the_one_that_was_not_used_for_longest_goes(void**) {
    cache.clear();
    for (std::size_t i = 0; i < limits::token_cache_count; ++i)
        cache.put(digest_of(i), "u", 1);
    assert_non_null(cache.find(digest_of(0)));
    cache.put(digest_of(1000), "new", 1);
    assert_non_null(cache.find(digest_of(0)));
    assert_null(cache.find(digest_of(1)));
    for (std::size_t i = 2; i < limits::token_cache_count; ++i)
        assert_non_null(cache.find(digest_of(i)));
    assert_non_null(cache.find(digest_of(1000)));
}

void clearing_forgets_all(void**) {
    cache.put(digest_of(1), "one", 1);
    cache.clear();
    for (std::size_t i = 0; i < 1001; ++i)
        assert_null(cache.find(digest_of(i)));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(a_free_slot_is_not_the_digest_of_zeros),
        cmocka_unit_test(digests_that_begin_alike_are_told_apart),
        cmocka_unit_test(the_one_that_was_not_used_for_longest_goes),
        cmocka_unit_test(clearing_forgets_all),
    };
    return cmocka_run_group_tests_name("token cache", tests, set_up, tear_down);
}
