// Tokens and the heap: one that was seen before touches it not at all; signatures of RSA and of
// curves take room while they are computed, in the library, and give all of it back.
#include <malloc.h>

#include "tests/alloc/counting_malloc.h"
#include "tests/fixtures/auth/keys.h"
#include "tests/fixtures/auth/tokens.h"
#include "tests/support/token_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;
namespace fixtures = nma::test::fixtures;

constexpr std::uint64_t allocations_per_check_max = 64;

TokenBed bed;

int set_up(void**) {
    token_bed_make(bed);
    // Of "abc".
    token_bed_use(bed,
                  {.secret = bed_secret,
                   .jwks = fixtures::jwks,
                   .tokens = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
                             "0015ad grafana\n"});
    return 0;
}

int tear_down(void**) {
    token_bed_remove(bed);
    return 0;
}

std::uint64_t allocations_of(std::string_view token, TokenFault& fault) {
    start_counting();
    fault = token_bed_check(bed, token);
    return stop_counting().ours;
}

void a_token_that_was_seen_takes_none(void**) {
    TokenFault fault = TokenFault::none;
    const std::string_view tokens[] = {fixtures::rs256_kid, fixtures::es256_kid,
                                       fixtures::eddsa_kid, make_hs256_claims(good_claims), "abc"};
    for (const std::string_view token : tokens) {
        assert_int_equal(token_bed_check(bed, token), TokenFault::none);
        assert_int_equal(allocations_of(token, fault), 0);
        assert_int_equal(fault, TokenFault::none);
    }
}

void a_token_that_is_refused_before_its_signature_takes_none(void**) {
    TokenFault fault = TokenFault::none;
    for (const std::string_view token :
         {std::string_view("abd"), std::string_view("a.b.c"), make_unsigned("{", "{}", ""),
          make_hs256(R"({"alg":"HS256"})", good_claims, "not the secret")}) {
        assert_int_equal(allocations_of(token, fault), 0);
        assert_int_not_equal(fault, TokenFault::none);
    }
}

void a_signature_gives_all_back(void**) {
    TokenFault fault = TokenFault::none;
    for (const std::string_view token : {fixtures::rs256_b_claims_kid_a, fixtures::es256_der,
                                         fixtures::eddsa_plus_order, fixtures::forged_cube_root}) {
        (void)token_bed_check(bed, token);
        const std::size_t before = mallinfo2().uordblks;
        for (int i = 0; i < 100; ++i) {
            assert_in_range(allocations_of(token, fault), 0, allocations_per_check_max);
            assert_int_equal(fault, TokenFault::wrong_signature);
        }
        assert_int_equal(mallinfo2().uordblks, before);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_was_seen_takes_none),
        cmocka_unit_test(a_token_that_is_refused_before_its_signature_takes_none),
        cmocka_unit_test(a_signature_gives_all_back),
    };
    return cmocka_run_group_tests_name("no heap for tokens", tests, set_up, tear_down);
}
