#include "agent/json_lines.h"

#include <cjson/cJSON.h>
#include <cstdlib>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::string_view text =
    "// about\n"
    "{\n"
    "  \"a\": 1, /* two\n"
    "  lines */ \"b\": {\n"
    "    \"c\": \"//no comment\",\n"
    "    \"d\": [\"x\",\n"
    "      true]\n"
    "  },\n"
    "  \"a\": 2\n"
    "}\n";

void path_is_found_on_its_line(void**) {
    assert_int_equal(line_of_path(text, "a", 0), 3);
    assert_int_equal(line_of_path(text, "b", 0), 4);
    assert_int_equal(line_of_path(text, "b.c", 0), 5);
    assert_int_equal(line_of_path(text, "b.d", 0), 6);
    assert_int_equal(line_of_path(text, "b.d[0]", 0), 6);
    assert_int_equal(line_of_path(text, "b.d[1]", 0), 7);
}

void second_of_two_equal_keys_is_found(void**) {
    assert_int_equal(line_of_path(text, "a", 1), 9);
    assert_int_equal(line_of_path(text, "a", 2), 0);
}

void unknown_path_gives_zero(void**) {
    assert_int_equal(line_of_path(text, "c", 0), 0);
    assert_int_equal(line_of_path("", "c", 0), 0);
}

// Whatever cJSON_Minify keeps, its offsets lead back to the lines where it stood.
void offset_of_each_kept_byte_leads_to_its_line(void**) {
    char* minified = strndup(text.data(), text.size());
    cJSON_Minify(minified);
    const std::string_view kept = minified;
    assert_int_equal(line_of_minified_offset(text, kept.find("\"a\"")), 3);
    assert_int_equal(line_of_minified_offset(text, kept.find("\"b\"")), 4);
    assert_int_equal(line_of_minified_offset(text, kept.find("true")), 7);
    assert_int_equal(line_of_minified_offset(text, kept.rfind('2')), 9);
    assert_int_equal(line_of_minified_offset(text, kept.size()), 11);
    std::free(minified);
}

void every_prefix_ends_the_walk(void**) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::uint32_t line = line_of_path(text.substr(0, size), "b.d[1]", 0);
        assert_true(line == 0 || line == 7);
        assert_true(line_of_minified_offset(text.substr(0, size), size) >= 1);
    }
}

void deep_nesting_ends_the_walk(void**) {
    static char deep[4096];
    std::memset(deep, '[', sizeof deep);
    assert_int_equal(line_of_path({deep, sizeof deep}, "a", 0), 0);
    std::memset(deep, '{', sizeof deep);
    assert_int_equal(line_of_path({deep, sizeof deep}, "a", 0), 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(path_is_found_on_its_line),
        cmocka_unit_test(second_of_two_equal_keys_is_found),
        cmocka_unit_test(unknown_path_gives_zero),
        cmocka_unit_test(offset_of_each_kept_byte_leads_to_its_line),
        cmocka_unit_test(every_prefix_ends_the_walk),
        cmocka_unit_test(deep_nesting_ends_the_walk),
    };
    return cmocka_run_group_tests_name("json_lines", tests, nullptr, nullptr);
}
