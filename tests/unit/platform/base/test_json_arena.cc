#include "platform/base/json_arena.h"

#include <cjson/cJSON.h>

#include <cstring>

#include "platform/base/json_value.h"
#include "tests/support/state_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Status parse(std::string_view text) {
    JsonArena& json = state_json();
    const cJSON* tree = nullptr;
    json.reset();
    const Status status = json.parse(text, tree);
    assert_true((status == Status::ok) == (tree != nullptr));
    return status;
}

void a_tree_is_read_by_exact_names(void**) {
    JsonArena& json = state_json();
    const cJSON* tree = nullptr;
    json.reset();
    assert_int_equal(json.parse(R"({"ID":"x","id":"y","n":{"t":"ü\u00fc\ud83d\ude00"}})", tree),
                     Status::ok);
    assert_string_equal(json_text(tree, "id").data(), "y");
    assert_string_equal(json_text(json_member(tree, "n"), "t").data(), "üü😀");
    assert_true(json_text(tree, "Id").empty());
    assert_true(json_text(tree, "n").empty());
    assert_null(json_member(nullptr, "id"));
}

void two_trees_live_beside_each_other_until_reset(void**) {
    JsonArena& json = state_json();
    const cJSON* first = nullptr;
    const cJSON* second = nullptr;
    json.reset();
    assert_int_equal(json.parse(R"({"inner":"{\"a\":\"b\"}"})", first), Status::ok);
    assert_int_equal(json.parse(json_text(first, "inner"), second), Status::ok);
    assert_string_equal(json_text(second, "a").data(), "b");
    assert_string_equal(json_text(first, "inner").data(), "{\"a\":\"b\"}");
}

void what_is_no_json_is_malformed(void**) {
    assert_int_equal(parse(""), Status::malformed);
    assert_int_equal(parse("{"), Status::malformed);
    assert_int_equal(parse("{} x"), Status::malformed);
    assert_int_equal(parse("{\"a\":1,"), Status::malformed);
    assert_int_equal(parse("-"), Status::malformed);
    assert_int_equal(parse("\"\\ud83d\""), Status::malformed);
    assert_int_equal(parse("{} \n"), Status::ok);
}

void the_place_where_a_text_is_malformed_is_told(void**) {
    const cJSON* tree = nullptr;
    std::size_t stop_offset = 0;
    for (const std::string_view text : {"{\"a\":1,}", "{\"a\":1 2}", "[] x", "[\"a"}) {
        state_json().reset();
        assert_int_equal(state_json().parse(text, tree, &stop_offset), Status::malformed);
        assert_in_range(stop_offset, text.size() / 4, text.size());
    }
    assert_int_equal(state_json().parse("\"\\u0000\"", tree, &stop_offset), Status::malformed);
    assert_int_equal(stop_offset, 0);
}

void a_nul_would_end_a_string_early_and_is_malformed(void**) {
    assert_int_equal(parse(std::string_view("{}\0", 3)), Status::malformed);
    assert_int_equal(parse(R"({"a":"web\u0000-2"})"), Status::malformed);
    assert_int_equal(parse(R"({"a":"web\\\u0000-2"})"), Status::malformed);
    assert_int_equal(parse(R"({"a":"web\\u0000-2"})"), Status::ok);
}

void nesting_is_bounded(void**) {
    static char text[4000];
    memset(text, '[', 2000);
    memset(text + 2000, ']', 2000);
    assert_int_equal(parse({text, 4000}), Status::malformed);
    assert_int_equal(parse({text + 1500, 1000}), Status::ok);
}

void a_tree_without_room_is_full_and_the_next_is_not(void**) {
    static char text[2 << 20];
    memset(text, '0', sizeof text);
    for (std::size_t i = 1; i < sizeof text; i += 2)
        text[i] = ',';
    text[0] = '[';
    text[sizeof text - 1] = ']';
    text[1] = ' ';
    assert_int_equal(parse({text, sizeof text}), Status::full);
    text[100000 - 1] = ']';
    assert_int_equal(parse({text, 100000}), Status::full);
    text[1000 - 1] = ']';
    assert_int_equal(parse({text, 1000}), Status::ok);
}

void others_keep_the_heap(void**) {
    state_json();
    cJSON* tree = cJSON_Parse("{\"a\":[1,2,3]}");
    assert_non_null(tree);
    assert_int_equal(parse("{}"), Status::ok);
    cJSON_Delete(tree);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_is_read_by_exact_names),
        cmocka_unit_test(two_trees_live_beside_each_other_until_reset),
        cmocka_unit_test(what_is_no_json_is_malformed),
        cmocka_unit_test(the_place_where_a_text_is_malformed_is_told),
        cmocka_unit_test(a_nul_would_end_a_string_early_and_is_malformed),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_tree_without_room_is_full_and_the_next_is_not),
        cmocka_unit_test(others_keep_the_heap),
    };
    return cmocka_run_group_tests_name("json_arena", tests, nullptr, nullptr);
}
