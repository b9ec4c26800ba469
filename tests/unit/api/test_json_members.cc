#include "api/json_members.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

char memory[4096];

const char* written(std::span<const std::string_view> texts) {
    TextSink sink({memory, sizeof memory - 1});
    append_json_pairs(sink, texts);
    assert_true(sink.status() == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

// The literal has a NUL of its own at the end.
template <std::size_t N>
constexpr std::string_view pairs(const char (&text)[N]) {
    return {text, N};
}

template <std::size_t N>
const char* object_of(const char (&text)[N]) {
    const std::string_view texts[] = {pairs(text)};
    return written(texts);
}

#define BAD "\xEF\xBF\xBD"

void members_are_parted_by_commas_and_escaped(void**) {
    TextSink sink({memory, sizeof memory});
    bool is_first = true;
    append_json_member(sink, "a\"", "1\n", is_first);
    append_json_member(sink, "", "\xff", is_first);
    assert_false(is_first);
    assert_true(sink.view() == "\"a\\\"\":\"1\\n\",\"\":\"" BAD "\"");
}

void pairs_are_one_object_in_their_order(void**) {
    assert_string_equal(object_of("a\0001\0b\0"), "{\"a\":\"1\",\"b\":\"\"}");
    assert_string_equal(object_of("z\0001\0a\0002"), "{\"z\":\"1\",\"a\":\"2\"}");
    const std::string_view texts[] = {pairs("a\0001"), {}, pairs("b\0002"), pairs("c\0003")};
    assert_string_equal(written(texts), "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}");
}

void no_pairs_are_an_empty_object(void**) {
    assert_string_equal(written({}), "{}");
    assert_string_equal(object_of(""), "{}");  // one NUL: a key that never ends
    for (const std::string_view torn : {"", "a", "key without value"}) {
        const std::string_view texts[] = {torn};
        assert_string_equal(written(texts), "{}");
    }
}

void of_twins_the_first_counts(void**) {
    assert_string_equal(object_of("a\0001\0a\0002"), "{\"a\":\"1\"}");
    assert_string_equal(object_of("b\0001\0a\0002\0b\0003\0a\0004\0c\0005"),
                        "{\"b\":\"1\",\"a\":\"2\",\"c\":\"5\"}");
    assert_string_equal(object_of("\0001\0\0002"), "{\"\":\"1\"}");
    const std::string_view same = pairs("b\0001\0a\0002");
    const std::string_view texts[] = {same, pairs("c\0003\0a\0004"), same};
    assert_string_equal(written(texts), "{\"b\":\"1\",\"a\":\"2\",\"c\":\"3\"}");
}

void keys_that_come_out_the_same_are_twins(void**) {
    assert_string_equal(object_of("a\xfe\0001\0a\xff\0002"), "{\"a" BAD "\":\"1\"}");
    // The character itself, and a sequence that broke off.
    assert_string_equal(object_of("a" BAD "\0001\0a\xff\0002\0a\xe2\x82\0003"),
                        "{\"a" BAD "\":\"1\"}");
    assert_string_equal(object_of("\xe2\x82x\0001\0\xffx\0002"), "{\"" BAD "x\":\"1\"}");
    // Two bytes stand for two characters, and what follows may part them.
    assert_string_equal(object_of("\xfe\xfe\0001\0\xff\0002\0\xff\xff\0003"),
                        "{\"" BAD BAD "\":\"1\",\"" BAD "\":\"2\"}");
    assert_string_equal(object_of("\xffx\0001\0\xffy\0002\0\xff\0003"),
                        "{\"" BAD "x\":\"1\",\"" BAD "y\":\"2\",\"" BAD "\":\"3\"}");
    // Good ones that begin alike.
    assert_string_equal(object_of("\xc3\xa4\0001\0\xc3\xb6\0002"),
                        "{\"\xc3\xa4\":\"1\",\"\xc3\xb6\":\"2\"}");
}

void room_that_is_too_small_says_full(void**) {
    const std::string_view texts[] = {pairs("a\0001\0b\0002")};
    const std::size_t whole = std::string_view(written(texts)).size();
    for (std::size_t room = 0; room < whole; ++room) {
        TextSink sink({memory, room});
        append_json_pairs(sink, texts);
        assert_true(sink.status() == Status::full);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(members_are_parted_by_commas_and_escaped),
        cmocka_unit_test(pairs_are_one_object_in_their_order),
        cmocka_unit_test(no_pairs_are_an_empty_object),
        cmocka_unit_test(of_twins_the_first_counts),
        cmocka_unit_test(keys_that_come_out_the_same_are_twins),
        cmocka_unit_test(room_that_is_too_small_says_full),
    };
    return cmocka_run_group_tests_name("json_members", tests, nullptr, nullptr);
}
