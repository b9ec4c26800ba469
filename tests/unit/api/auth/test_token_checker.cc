#include "api/auth/token_checker.h"

#include <cstdio>
#include <cstring>

#include "tests/fixtures/auth/keys.h"
#include "tests/fixtures/auth/tokens.h"
#include "tests/support/token_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;
namespace fixtures = nma::test::fixtures;

// Of "abc".
#define STATIC_LINE \
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad grafana\n"

TokenBed bed;

int set_up(void**) {
    token_bed_make(bed);
    return 0;
}

int tear_down(void**) {
    token_bed_remove(bed);
    return 0;
}

std::uint64_t verifications_of(std::string_view token) {
    const std::uint64_t before = bed.checker.verification_count();
    assert_fault(bed, token, none);
    return bed.checker.verification_count() - before;
}

void assert_refused(const char* why) {
    assert_true(token_bed_load(bed) != Status::ok);
    if (strstr(bed.error.c_str(), why) == nullptr) assert_string_equal(bed.error.c_str(), why);
}

void without_files_nobody_gets_in(void**) {
    assert_false(bed.checker.can_check());
    assert_fault(bed, fixtures::rs256, wrong_algorithm);
    assert_fault(bed, "abc", unknown_token);
    token_bed_use(bed, {});
    assert_false(bed.checker.can_check());
    assert_fault(bed, make_hs256_claims(good_claims), wrong_algorithm);
    assert_fault(bed, "abc", unknown_token);
}

void each_file_lets_its_own_in(void**) {
    token_bed_use(bed,
                  {.secret = bed_secret, .public_key = fixtures::rsa_a_pem, .tokens = STATIC_LINE});
    assert_true(bed.checker.can_check());
    assert_int_equal(bed.checker.key_count(), 2);
    assert_int_equal(bed.checker.static_token_count(), 1);
    assert_fault(bed, fixtures::rs256, none);
    assert_true(bed.identity.uid == "alice");
    assert_fault(bed, make_hs256_claims(R"({"uid":"bob","exp":4102444800})"), none);
    assert_true(bed.identity.uid == "bob");
    assert_fault(bed, "abc", none);
    assert_true(bed.identity.uid == "grafana");
    assert_false(bed.identity.has_own_permissions);
    assert_fault(bed, "abd", unknown_token);
    assert_fault(bed, "abc ", bad_encoding);
    assert_fault(bed, fixtures::rs256_b, wrong_signature);
    token_bed_use(bed, {.public_key = fixtures::rsa_4096_pem});
    assert_fault(bed, fixtures::rs256_4096, none);
    token_bed_use(bed, {.public_key = fixtures::ec_a_pem});
    assert_fault(bed, fixtures::es256, none);
    assert_true(bed.identity.uid == "carol");
    token_bed_use(bed, {.public_key = fixtures::ed_a_pem});
    assert_fault(bed, fixtures::eddsa, none);
    assert_fault(bed, fixtures::at_jwt, none);
}

void a_static_token_may_look_like_a_jwt(void**) {
    const Sha256Digest digest = sha256("a.b.c");
    char line[100] = "sha256:";
    for (std::size_t i = 0; i < 32; ++i)
        snprintf(line + 7 + 2 * i, 3, "%02x", digest.bytes[i]);
    strcat(line, " dotted p:q\n");
    token_bed_use(bed, {.tokens = line});
    assert_fault(bed, "a.b.c", none);
    assert_true(bed.identity.uid == "dotted");
    assert_true(bed.identity.has_own_permissions);
    assert_true(bed.identity.permissions[0] == "p:q");
    assert_fault(bed, "a.b.d", bad_encoding);
}

void own_permissions_do_not_stick_to_the_next(void**) {
    token_bed_use(bed,
                  {.secret = bed_secret,
                   .tokens = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
                             "0015ad grafana dcos:superuser\n"});
    assert_fault(bed, "abc", none);
    assert_true(bed.identity.has_own_permissions);
    for (int i = 0; i < 2; ++i) {
        assert_fault(bed, make_hs256_claims(good_claims), none);
        assert_false(bed.identity.has_own_permissions);
        assert_int_equal(bed.identity.permissions.size(), 0);
    }
}

void kid_chooses_the_key(void**) {
    token_bed_use(bed, {.jwks = fixtures::jwks});
    assert_int_equal(bed.checker.key_count(), 5);
    assert_int_equal(verifications_of(fixtures::rs256_b_kid), 1);
    assert_int_equal(verifications_of(fixtures::rs256_b), 2);  // without one, a then b
    assert_int_equal(verifications_of(fixtures::es256_kid), 1);
    assert_int_equal(verifications_of(fixtures::eddsa_kid), 1);
    assert_fault(bed, fixtures::rs256_kid_of_b, wrong_signature);
    assert_fault(bed, fixtures::rs256_b_claims_kid_a, wrong_signature);
    assert_fault(bed, fixtures::rs256_kid_unknown, unknown_key);
}

void an_unknown_kid_may_be_of_a_key_without_one(void**) {
    token_bed_use(bed, {.public_key = fixtures::rsa_a_pem, .jwks = fixtures::jwks_of_b});
    assert_int_equal(verifications_of(fixtures::rs256_kid_unknown), 1);
    assert_fault(bed, fixtures::rs256_kid_of_b, wrong_signature);
}

void keys_are_tried_eight_times_at_most(void**) {
    static char pem[65536];
    std::size_t size = 0;
    for (int i = 0; i < 9; ++i)
        size += (i == 8 ? fixtures::rsa_b_pem : fixtures::rsa_a_pem).copy(pem + size, 1000);
    token_bed_use(bed, {.public_key = {pem, size}});
    const std::uint64_t before = bed.checker.verification_count();
    assert_fault(bed, fixtures::rs256_b, wrong_signature);
    assert_int_equal(bed.checker.verification_count() - before, 8);
}

void a_poll_costs_one_rsa_operation_until_exp(void**) {
    token_bed_use(bed, {.secret = bed_secret, .public_key = fixtures::rsa_a_pem});
    assert_int_equal(verifications_of(fixtures::rs256), 1);
    for (int i = 0; i < 10; ++i) {
        assert_int_equal(verifications_of(fixtures::rs256), 0);
        assert_true(bed.identity.uid == "alice");
    }
    const std::string_view token = make_hs256_claims(R"({"uid":"x","exp":1700000010})");
    assert_int_equal(verifications_of(token), 1);
    assert_int_equal(verifications_of(token), 0);
    assert_int_equal(token_bed_check(bed, token, bed_now_s + 39), TokenFault::none);
    assert_int_equal(token_bed_check(bed, token, bed_now_s + 40), TokenFault::expired);
    assert_int_equal(token_bed_check(bed, token, bed_now_s + 400), TokenFault::expired);
}

void what_was_refused_is_not_remembered(void**) {
    token_bed_use(bed, {.secret = bed_secret});
    const std::string_view early =
        make_hs256_claims(R"({"uid":"x","exp":4102444800,"nbf":1700000100})");
    assert_fault(bed, early, not_yet_valid);
    assert_int_equal(token_bed_check(bed, early, bed_now_s + 100), TokenFault::none);
    const std::uint64_t before = bed.checker.verification_count();
    const auto bad =
        make_hs256(R"({"alg":"HS256"})", good_claims, "another secret, as long as it is");
    assert_fault(bed, bad, wrong_signature);
    assert_fault(bed, bad, wrong_signature);
    assert_int_equal(bed.checker.verification_count() - before, 2);
}

void loading_forgets_what_was_proven(void**) {
    token_bed_use(bed, {.public_key = fixtures::rsa_a_pem, .tokens = STATIC_LINE});
    assert_fault(bed, fixtures::rs256, none);
    assert_int_equal(token_bed_load(bed), Status::ok);
    assert_int_equal(verifications_of(fixtures::rs256), 1);
    token_bed_use(bed, {.public_key = fixtures::rsa_b_pem});
    assert_fault(bed, fixtures::rs256, wrong_signature);
    assert_fault(bed, "abc", unknown_token);
    assert_fault(bed, fixtures::rs256_b, none);
}

void leeway_is_what_is_asked_for(void**) {
    bed.files.leeway_s = 0;
    token_bed_use(bed, {.secret = bed_secret});
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1700000000})"), expired);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1700000001})"), none);
    assert_fault(bed, make_hs256_claims(R"({"uid":"a","exp":1700000009,"nbf":1700000001})"),
                 not_yet_valid);
    bed.files.leeway_s = 30;
}

// Whichever file is broken, all of the old set stays, and what was proven by it.
void a_broken_file_leaves_the_old_set_in_use(void**) {
    token_bed_use(bed, {.secret = bed_secret,
                        .public_key = fixtures::rsa_a_pem,
                        .jwks = fixtures::jwks_of_b,
                        .tokens = STATIC_LINE});
    assert_fault(bed, fixtures::rs256, none);
    const TokenTexts broken[] = {
        {.secret = "short", .public_key = fixtures::ec_a_pem},
        {.secret = bed_secret, .public_key = "broken"},
        {.secret = bed_secret, .jwks = "{"},
        {.secret = bed_secret, .tokens = "abc grafana\n"},
        {.public_key = fixtures::rsa_a_pem, .tokens = "sha256:"},
    };
    const char* messages[] = {"/secret: it has fewer than 16 bytes",
                              "/key.pem:1: it is no public key",
                              "/jwks.json: it is no JSON Web Key Set", "/tokens:1: it must begin",
                              "/tokens:1: the last line"};
    for (std::size_t i = 0; i < 5; ++i) {
        token_bed_write(bed, broken[i]);
        assert_refused(messages[i]);
        assert_int_equal(bed.checker.key_count(), 3);
        assert_int_equal(bed.checker.static_token_count(), 1);
        assert_int_equal(verifications_of(fixtures::rs256), 0);
        assert_fault(bed, fixtures::rs256_b_kid, none);
        assert_fault(bed, make_hs256_claims(good_claims), none);
        assert_fault(bed, "abc", none);
    }
    token_bed_use(bed, {.secret = bed_secret});
    assert_fault(bed, fixtures::rs256, wrong_algorithm);
}

void files_with_the_wrong_mode_are_refused(void**) {
    token_bed_write(
        bed, {.secret = bed_secret, .public_key = fixtures::rsa_a_pem, .tokens = STATIC_LINE});
    tree_chmod(bed.tree, "secret", 0644);
    assert_refused("run: chmod o= ");
    tree_chmod(bed.tree, "secret", 0640);
    tree_chmod(bed.tree, "tokens", 0644);
    assert_refused("run: chmod o= ");
    tree_chmod(bed.tree, "tokens", 0600);
    tree_chmod(bed.tree, "key.pem", 0646);
    assert_refused("run: chmod o-w ");
    tree_chmod(bed.tree, "key.pem", 0644);
    assert_int_equal(token_bed_load(bed), Status::ok);
    tree_delete(bed.tree, "key.pem");
    assert_refused("/key.pem: No such file");
}

// Of all the memory that the checker has.
bool is_in_memory(std::string_view text) {
    const std::string_view memory(bed.memory, bed.arena.used_bytes());
    return memory.find(text) != memory.npos;
}

void the_secret_of_before_is_wiped(void**) {
    constexpr std::string_view secret = "a secret that is nowhere else in memory";
    token_bed_use(bed, {.secret = secret});
    assert_true(is_in_memory(secret));
    token_bed_use(bed, {.secret = bed_secret});
    assert_false(is_in_memory(secret));
    // A set that was not taken, too.
    token_bed_write(bed, {.secret = secret, .public_key = "broken"});
    assert_refused("key.pem");
    assert_false(is_in_memory(secret));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(without_files_nobody_gets_in),
        cmocka_unit_test(each_file_lets_its_own_in),
        cmocka_unit_test(a_static_token_may_look_like_a_jwt),
        cmocka_unit_test(own_permissions_do_not_stick_to_the_next),
        cmocka_unit_test(kid_chooses_the_key),
        cmocka_unit_test(an_unknown_kid_may_be_of_a_key_without_one),
        cmocka_unit_test(keys_are_tried_eight_times_at_most),
        cmocka_unit_test(a_poll_costs_one_rsa_operation_until_exp),
        cmocka_unit_test(what_was_refused_is_not_remembered),
        cmocka_unit_test(loading_forgets_what_was_proven),
        cmocka_unit_test(leeway_is_what_is_asked_for),
        cmocka_unit_test(a_broken_file_leaves_the_old_set_in_use),
        cmocka_unit_test(files_with_the_wrong_mode_are_refused),
        cmocka_unit_test(the_secret_of_before_is_wiped),
    };
    return cmocka_run_group_tests_name("token checker", tests, set_up, tear_down);
}
