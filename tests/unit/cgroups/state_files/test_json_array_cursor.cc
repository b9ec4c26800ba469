#include "cgroups/state_files/json_array_cursor.h"

#include <cstdio>

#include "platform/base/fixed_text.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

// The elements with a bar after each, "!" behind them when the text is malformed.
const char* split(std::string_view text) {
    static FixedText<512> shown;
    shown.clear();
    JsonArrayCursor cursor(text);
    std::string_view element;
    while (cursor.next(element))
        assert_true(shown.append(element) && shown.append("|"));
    assert_false(cursor.next(element));
    if (cursor.is_malformed()) assert_true(shown.append("!"));
    return shown.c_str();
}

struct Row {
    std::string_view text;
    const char* elements;
};

constexpr Row rows[] = {
    {"[]", ""},
    {" [ ] \n", ""},
    {"[1]", "1|"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "{\"id\":\"a\"}|{\"id\":\"b\"}|"},
    {"[\n {\"a\": [1, {\"b\": 2}]},\n \"x\"\n]\n", "{\"a\": [1, {\"b\": 2}]}|\"x\"|"},
    {R"(["]},[{", "a\"],", "b\\"])", R"("]},[{"|"a\"],"|"b\\"|)"},
};

constexpr std::string_view malformed[] = {
    "",    "{}",    "null",   "[",          "[1",   "[1,",   "[1,]",    "[,1]", "[1,,2]",
    "[1}", "[\"a]", "[\"a\\", "[{\"a\":[}", "[1]]", "[1] x", "[1],[2]", "]",    "[,]",
};

void array_gives_its_elements(void**) {
    for (const Row& row : rows)
        assert_string_equal(split(row.text), row.elements);
}

void text_that_is_no_array_is_malformed(void**) {
    for (const std::string_view text : malformed) {
        const std::string_view shown = split(text);
        if (!shown.ends_with('!')) print_error("taken: %.*s\n", int(text.size()), text.data());
        assert_true(shown.ends_with('!'));
    }
}

void every_byte_prefix_is_malformed(void**) {
    const std::string_view text = "[{\"a\":[1,\"]\\\"\"]}, \"b\" ,3]";
    for (std::size_t size = 0; size < text.size(); ++size)
        assert_true(std::string_view(split(text.substr(0, size))).ends_with('!'));
    assert_string_equal(split(text), "{\"a\":[1,\"]\\\"\"]}|\"b\"|3|");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(array_gives_its_elements),
        cmocka_unit_test(text_that_is_no_array_is_malformed),
        cmocka_unit_test(every_byte_prefix_is_malformed),
    };
    return cmocka_run_group_tests_name("json_array_cursor", tests, nullptr, nullptr);
}
