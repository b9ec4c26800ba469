#include "api/auth/static_tokens.h"

#include <cstdio>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

#define DIGEST_OF_ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST_OF_NOTHING "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

Arena arena;
StaticTokens tokens;
AuthError error;
Identity identity;

int set_up(void**) {
    Arena measuring;
    StaticTokens measured;
    measured.init(measuring);
    assert_true(arena.map(measuring.used_bytes()));
    tokens.init(arena);
    return 0;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

bool read(std::string_view text) {
    error.clear();
    assert_true(text.size() <= tokens.memory().size());
    const std::size_t size = text.copy(tokens.memory().data(), text.size());
    const bool is_good = tokens.read("/t", {tokens.memory().data(), size}, error);
    assert_int_equal(is_good, error.empty());
    if (!is_good) assert_int_equal(tokens.count(), 0);
    return is_good;
}

bool find(std::string_view token) {
    identity = {};
    return tokens.find(sha256(token), identity);
}

void assert_refused(std::string_view text, const char* message) {
    assert_false(read(text));
    assert_string_equal(error.c_str(), message);
}

void tokens_are_found_with_what_they_bring(void**) {
    assert_true(read("# who\n\n" DIGEST_OF_ABC " grafana  a:b\tc:*  \r\n  # no\n" DIGEST_OF_NOTHING
                     " \xc3\xa4\n"));
    assert_int_equal(tokens.count(), 2);
    assert_true(find("abc"));
    assert_true(identity.uid == "grafana");
    assert_true(identity.has_own_permissions);
    assert_int_equal(identity.permissions.size(), 2);
    assert_true(identity.permissions[0] == "a:b");
    assert_true(identity.permissions[1] == "c:*");
    assert_true(find(""));
    assert_true(identity.uid == "\xc3\xa4");
    assert_false(identity.has_own_permissions);
    assert_int_equal(identity.permissions.size(), 0);
    assert_false(find("abcd"));
    assert_true(identity.uid.empty());
}

void a_file_without_tokens_is_good(void**) {
    assert_true(read(""));
    assert_true(read("# nobody yet\n"));
    assert_int_equal(tokens.count(), 0);
    assert_false(find("abc"));
}

void every_prefix_permits_no_more(void**) {
    const std::string_view text = "#\n" DIGEST_OF_ABC " u a:b\n" DIGEST_OF_NOTHING " v\n";
    for (std::size_t size = 0; size < text.size(); ++size) {
        const bool is_whole = size == 0 || text[size - 1] == '\n';
        assert_int_equal(read(text.substr(0, size)), is_whole);
        if (!find("abc")) continue;
        assert_int_equal(identity.permissions.size(), 1);
        assert_true(identity.uid == "u");
    }
}

void mistakes_are_named_with_their_line(void**) {
    const char* no_digest =
        "/t:1: it must begin with sha256: and 64 lower-case hex digits; make one by: "
        "node-metrics-agent token new";
    const char* no_uid = "/t:1: after the digest must come a uid of 1 to 128 bytes of UTF-8";
    const char* odd = "/t:1: a permission is not 1 to 128 characters of printable ASCII";
    assert_refused("abc bob\n", no_digest);
    assert_refused("sha256: bob\n", no_digest);
    assert_refused("SHA256" DIGEST_OF_ABC "\n", no_digest);
    assert_refused(DIGEST_OF_ABC "0 bob\n", no_digest);
    assert_refused("sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD bob\n",
                   no_digest);
    assert_refused("sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad bob\n",
                   no_digest);
    assert_refused("nma_secret\n", no_digest);
    assert_refused(DIGEST_OF_ABC "\n", no_uid);
    assert_refused(DIGEST_OF_ABC " \xff\n", no_uid);
    assert_refused(DIGEST_OF_ABC " a\x01\n", no_uid);
    assert_refused(std::string_view(DIGEST_OF_ABC " a\0b\n", sizeof DIGEST_OF_ABC + 4), no_uid);
    assert_refused(DIGEST_OF_ABC " bob \xc3\xa4\n", odd);
    assert_refused(DIGEST_OF_ABC " bob a\x7f\n", odd);
    assert_refused("#\n" DIGEST_OF_ABC " bob\n" DIGEST_OF_ABC " eve\n",
                   "/t:3: the same token is there before: remove one");
    assert_refused("#\n" DIGEST_OF_ABC " bob",
                   "/t:2: the last line does not end in a newline: was the file cut?");
}

void a_long_uid_or_permission_is_refused(void**) {
    char text[512];
    char word[130];
    memset(word, 'w', 129);
    word[129] = '\0';
    snprintf(text, sizeof text, DIGEST_OF_ABC " %s\n", word);
    assert_false(read(text));
    snprintf(text, sizeof text, DIGEST_OF_ABC " %s\n", word + 1);
    assert_true(read(text));
    snprintf(text, sizeof text, DIGEST_OF_ABC " bob %s\n", word);
    assert_false(read(text));
    snprintf(text, sizeof text, DIGEST_OF_ABC " bob %s\n", word + 1);
    assert_true(read(text));
}

void sixteen_permissions_fit(void**) {
    assert_true(read(DIGEST_OF_ABC " bob 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));
    assert_true(find("abc"));
    assert_int_equal(identity.permissions.size(), 16);
    assert_true(identity.permissions[15] == "16");
    assert_refused(DIGEST_OF_ABC " bob 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
                   "/t:1: it has more than 16 permissions");
}

void two_hundred_and_fifty_six_tokens_fit(void**) {
    static char text[32768];
    std::size_t size = 0;
    for (unsigned i = 0; i <= limits::static_token_count_max; ++i) {
        if (i == limits::static_token_count_max) assert_true(read({text, size}));
        const int count =
            snprintf(text + size, sizeof text - size, "sha256:%064x u%u p%u\n", i, i, i);
        size += static_cast<std::size_t>(count);
    }
    assert_refused({text, size}, "/t:257: there are more than 256 tokens");
    Sha256Digest digest;
    size -= sizeof "sha256: u256 p256" + 64;
    assert_true(read({text, size}));
    for (unsigned i = 0; i < limits::static_token_count_max; ++i) {
        digest.bytes[31] = static_cast<std::uint8_t>(i);
        assert_true(tokens.find(digest, identity));
        char uid[8];
        snprintf(uid, sizeof uid, "u%u", i);
        assert_true(identity.uid == uid);
        assert_true(identity.permissions[0].substr(1) == identity.uid.substr(1));
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_found_with_what_they_bring),
        cmocka_unit_test(a_file_without_tokens_is_good),
        cmocka_unit_test(every_prefix_permits_no_more),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(a_long_uid_or_permission_is_refused),
        cmocka_unit_test(sixteen_permissions_fit),
        cmocka_unit_test(two_hundred_and_fifty_six_tokens_fit),
    };
    return cmocka_run_group_tests_name("static tokens", tests, set_up, tear_down);
}
