#include "platform/base/json_list_cursor.h"

#include <string.h>

#include <algorithm>
#include <iterator>

#include "platform/base/fixed_text.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using Step = JsonListCursor::Step;

constexpr JsonPlace places[] = {
    {"", 0, false},        {"state", 0, false}, {"tasks", 1, false},
    {"launched", 2, true}, {"names", 1, false}, {"launched", 4, true},
};

// The elements with a bar after each and their place before them where there are several; "!"
// behind them when the text is malformed. Each call walks over `bytes_max` at most.
const char* split(std::string_view text, std::span<const JsonPlace> where = json_array,
                  std::size_t bytes_max = 1 << 20) {
    static FixedText<1024> shown;
    shown.clear();
    JsonListCursor cursor(text, where);
    JsonElement element;
    Step step = Step::paused;
    for (std::size_t calls = 0; step == Step::paused || step == Step::element; ++calls) {
        assert_true(calls <= 2 * text.size() + 2);
        step = cursor.next(bytes_max, element);
        if (step != Step::element) continue;
        const char digit = static_cast<char>('0' + element.place);
        assert_true(where.size() == 1 || shown.append({&digit, 1}));
        assert_true(shown.append(element.text) && shown.append("|"));
    }
    assert_int_equal(cursor.next(bytes_max, element), step);
    if (step == Step::malformed) assert_true(shown.append("!"));
    return shown.c_str();
}

struct Row {
    std::string_view text;
    const char* elements;
};

constexpr Row arrays[] = {
    {"[]", ""},
    {" [ ] \n", ""},
    {"[1]", "1|"},
    {"[ -1.5e3 , true]", "-1.5e3|true|"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "{\"id\":\"a\"}|{\"id\":\"b\"}|"},
    {"[\n {\"a\": [1, {\"b\": 2}]},\n \"x\"\n]\n", "{\"a\": [1, {\"b\": 2}]}|\"x\"|"},
    {R"(["]},[{", "a\"],", "b\\"])", R"("]},[{"|"a\"],"|"b\\"|)"},
};

constexpr std::string_view malformed_arrays[] = {
    "",      "{}",  "null",  "[",        "[1",         "[1,",      "[1,]",  "[,1]",    "[1,,2]",
    "[1 2]", "[1}", "[\"a]", "[\"a\\",   "[{\"a\":[}", "[1]]",     "[1] x", "[1],[2]", "]",
    "[,]",   "[:]", "[}]",   "[1\"a\"]", "[{]}]",      "[\"a\"b]", "[1[]]", "[[]{}]",
};

constexpr Row objects[] = {
    {"{}", ""},
    {"{\"state\":{}}", ""},
    {"{\"state\":null , \"other\" : [1]}", ""},
    {R"({"a":{"launched":[1]},"state":{"tasks":{"launched":[2,{"launched":[3]}]}}})",
     "32|3{\"launched\":[3]}|"},
    {R"({"state":{"launched":[1],"names":{"launched":["x"]},"tasks":{"x":1,"launched":[ ]}}})",
     "5\"x\"|"},
    {R"({"tasks":{"launched":[1]},"a\"b":"}","st\u0061te":{"tasks":{"launched":[1]}}})", ""},
};

constexpr std::string_view malformed_objects[] = {
    "[]",
    "null",
    "{\"state\":[]}",
    "{\"state\":1}",
    "{\"state\":{\"tasks\":{\"launched\":{}}}}",
    "{\"state\":{\"tasks\":{\"launched\":\"x\"}}}",
    "{\"state\":{},\"state\":{}}",
    "{\"state\":{}",
    "{\"state\":{}]",
    "{\"state\"{}}",
    "{\"state\":{},}",
    "{,\"state\":{}}",
    "{state:{}}",
    "{\"a\":}",
    "{\"a\":1 2}",
    "{\"a\"}",
    "{\"a\":[}",
    "{\"a\":tr ue}",
    "{\"state\":{\"tasks\":{\"launched\":[1],\"launched\":[1]}}}",
};

void array_gives_its_elements(void**) {
    for (const Row& row : arrays)
        assert_string_equal(split(row.text), row.elements);
}

void text_that_is_no_array_is_malformed(void**) {
    for (const std::string_view text : malformed_arrays) {
        const std::string_view shown = split(text);
        if (!shown.ends_with('!')) print_error("taken: %.*s\n", int(text.size()), text.data());
        assert_true(shown.ends_with('!'));
    }
}

void lists_at_their_places_give_their_elements(void**) {
    for (const Row& row : objects)
        assert_string_equal(split(row.text, places), row.elements);
}

void places_of_another_kind_or_twice_are_malformed(void**) {
    for (const std::string_view text : malformed_objects) {
        const std::string_view shown = split(text, places);
        if (!shown.ends_with('!')) print_error("taken: %.*s\n", int(text.size()), text.data());
        assert_true(shown.ends_with('!'));
    }
}

void every_byte_prefix_is_malformed(void**) {
    const std::string_view array = "[{\"a\":[1,\"]\\\"\"]}, \"b\" ,3]";
    for (std::size_t size = 0; size < array.size(); ++size)
        assert_true(std::string_view(split(array.substr(0, size))).ends_with('!'));
    const std::string_view object = R"({"x":[1],"state":{"tasks":{"launched":[1,"\\"]}}})";
    for (std::size_t size = 0; size < object.size(); ++size)
        assert_true(std::string_view(split(object.substr(0, size), places)).ends_with('!'));
    assert_string_equal(split(object, places), "31|3\"\\\\\"|");
}

void pauses_change_nothing(void**) {
    for (const Row& row : arrays) {
        for (std::size_t bytes = 1; bytes < 8; ++bytes)
            assert_string_equal(split(row.text, json_array, bytes), row.elements);
    }
    for (const Row& row : objects) {
        for (std::size_t bytes = 1; bytes < 8; ++bytes)
            assert_string_equal(split(row.text, places, bytes), row.elements);
    }
    for (const std::string_view text : malformed_objects)
        assert_true(std::string_view(split(text, places, 1)).ends_with('!'));
}

void places_that_were_met_are_known(void**) {
    JsonListCursor cursor(R"({"state":{"names":null}})", places);
    JsonElement element;
    assert_int_equal(cursor.next(1000, element), Step::end);
    assert_true(cursor.has_place(1));
    assert_true(cursor.has_place(4));
    assert_false(cursor.has_place(2));
}

// Brackets below the depth where they are kept apart are still counted.
void deep_elements_are_told_apart(void**) {
    static char text[100'002];
    constexpr std::size_t half = 50'000;
    memset(text + 1, '[', half);
    memset(text + 1 + half, ']', half);
    text[0] = '[';
    text[sizeof text - 1] = ']';
    JsonListCursor cursor({text, sizeof text}, json_array);
    JsonElement element;
    assert_int_equal(cursor.next(sizeof text, element), Step::element);
    assert_true(element.is_deep);
    assert_int_equal(element.text.size(), 2 * half);
    assert_int_equal(cursor.next(sizeof text, element), Step::end);

    constexpr std::size_t depth = JsonListCursor::depth_max;
    memset(text, '[', depth + 1);
    memset(text + depth + 1, ']', depth + 1);
    cursor = JsonListCursor({text, 2 * depth + 2}, json_array);
    assert_int_equal(cursor.next(sizeof text, element), Step::element);
    assert_false(element.is_deep);
    text[depth + 1] = '}';
    cursor = JsonListCursor({text, 2 * depth + 2}, json_array);
    assert_int_equal(cursor.next(sizeof text, element), Step::malformed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(array_gives_its_elements),
        cmocka_unit_test(text_that_is_no_array_is_malformed),
        cmocka_unit_test(lists_at_their_places_give_their_elements),
        cmocka_unit_test(places_of_another_kind_or_twice_are_malformed),
        cmocka_unit_test(every_byte_prefix_is_malformed),
        cmocka_unit_test(pauses_change_nothing),
        cmocka_unit_test(places_that_were_met_are_known),
        cmocka_unit_test(deep_elements_are_told_apart),
    };
    return cmocka_run_group_tests_name("json_list_cursor", tests, nullptr, nullptr);
}
