// And untrusted_json; what attackers do with both is in test_token_json_attacks.cc.
#include "api/auth/jwt.h"

#include <cstdio>
#include <cstring>

#include "api/auth/untrusted_json.h"
#include "platform/limits.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

Arena arena;
JsonArena json;
JwtHeader header;
JwtClaims claims;

int set_up(void**) {
    assert_true(arena.map(limits::token_json_bytes));
    json.init(arena, "JSON", limits::token_json_bytes);
    return 0;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

TokenFault read_header(std::string_view text) {
    header = {};
    return read_jwt_header(text, json, header);
}

TokenFault read_claims(std::string_view text) {
    claims = {};
    return read_jwt_claims(text, json, claims);
}

void a_token_has_three_parts(void**) {
    JwtParts parts;
    assert_true(split_jwt("aa.bbb.c", parts));
    assert_true(parts.header == "aa");
    assert_true(parts.payload == "bbb");
    assert_true(parts.signature == "c");
    assert_true(parts.signed_text == "aa.bbb");
    assert_true(split_jwt("..", parts));
    assert_true(parts.header.empty() && parts.payload.empty() && parts.signature.empty());
    for (const char* text : {"", "a", "a.b", "a.b.c.d", "...", "a.b.c."})
        assert_false(split_jwt(text, parts));
}

void a_header_is_read(void**) {
    assert_int_equal(read_header(R"( {"typ":"JWT", "alg":"RS256", "kid":"k1"} )"),
                     TokenFault::none);
    assert_int_equal(header.algorithm, Algorithm::rs256);
    assert_true(header.key_id == "k1");
    assert_int_equal(read_header(R"({"alg":"EdDSA"})"), TokenFault::none);
    assert_int_equal(header.algorithm, Algorithm::eddsa);
    assert_true(header.key_id.empty());
}

void claims_are_read(void**) {
    assert_int_equal(
        read_claims(R"({"uid":"a\u00e4","exp":12.25,"nbf":3,"iss":1,"aud":[],"iat":"x"})"),
        TokenFault::none);
    assert_true(claims.uid == "aä");
    assert_int_equal(claims.expires_s, 13);
    assert_int_equal(claims.not_before_s, 3);
    assert_int_equal(read_claims(R"({"uid":"a","exp":12})"), TokenFault::none);
    assert_int_equal(claims.not_before_s, 0);
}

void nothing_is_set_unless_all_is_good(void**) {
    assert_int_equal(read_header(R"({"alg":"RS256","kid":1})"), TokenFault::bad_header);
    assert_int_equal(header.algorithm, Algorithm::unknown);
    assert_int_equal(read_claims(R"({"exp":12,"uid":1})"), TokenFault::bad_uid);
    assert_int_equal(claims.expires_s, 0);
}

void every_prefix_is_refused(void**) {
    const std::string_view head = R"({"typ":"JWT","alg":"RS256","kid":"k\u00e4"})";
    for (std::size_t size = 0; size < head.size(); ++size)
        assert_int_equal(read_header(head.substr(0, size)), TokenFault::bad_header);
    const std::string_view body = R"({"uid":"a","exp":12,"nbf":3,"x":[{"y":"\"}"}]})";
    assert_int_equal(read_claims(body), TokenFault::none);
    for (std::size_t size = 0; size < body.size(); ++size)
        assert_int_equal(read_claims(body.substr(0, size)), TokenFault::bad_payload);
}

void json_of_strangers_is_one_plain_object(void**) {
    const cJSON* object = nullptr;
    const auto fault_of = [&](std::string_view text) {
        json.reset();
        return parse_untrusted_json(json, text, object);
    };
    assert_int_equal(fault_of("{}"), JsonFault::none);
    assert_int_equal(fault_of("\n{\"a\":{\"b\":1,\"b\":2}}\n"),
                     JsonFault::none);  // twins further in
    assert_int_equal(fault_of("{\"a\":1,\"a\":1}"), JsonFault::twins);
    assert_int_equal(fault_of("{\"\":1,\"\":1}"), JsonFault::twins);
    assert_int_equal(fault_of("{\"a\":1,\"A\":1}"), JsonFault::none);
    for (const char* odd :
         {"", " ", "[]", "1", "{}{}", "{} x", "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}",
          "\xef\xbb\xbf{}", "{\"\xff\":1}", "/**/{}", "{\"a\":nul}", "\f{}"})
        assert_int_equal(fault_of(odd), JsonFault::malformed);
    static char many[4096] = "{";
    for (unsigned i = 0; i <= limits::token_json_member_max; ++i) {
        const std::size_t size = strlen(many);
        snprintf(many + size, sizeof many - size, "%s\"%u\":1", i == 0 ? "" : ",", i);
        if (i + 2 > limits::token_json_member_max) {
            const std::size_t end = strlen(many);
            many[end] = '}';
            assert_int_equal(fault_of({many, end + 1}),
                             i < limits::token_json_member_max ? JsonFault::none : JsonFault::full);
            many[end] = '\0';
        }
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_token_has_three_parts),
        cmocka_unit_test(a_header_is_read),
        cmocka_unit_test(claims_are_read),
        cmocka_unit_test(nothing_is_set_unless_all_is_good),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(json_of_strangers_is_one_plain_object),
    };
    return cmocka_run_group_tests_name("jwt", tests, set_up, tear_down);
}
