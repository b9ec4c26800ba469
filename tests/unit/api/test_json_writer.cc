#include "api/json_writer.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

const char* written(std::string_view text) {
    static char memory[1024];
    TextSink sink({memory, sizeof memory - 1});
    append_json_string(sink, text);
    assert_true(sink.status() == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

#define BAD "\xEF\xBF\xBD"

struct Case {
    std::string_view text;
    const char* json;
};

constexpr Case cases[] = {
    {"", "\"\""},
    {"plain text", "\"plain text\""},
    {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
    {"\n\r\t\b\f", "\"\\n\\r\\t\\u0008\\u000c\""},
    {std::string_view("\0\x1f\x7f", 3), "\"\\u0000\\u001f\\u007f\""},
    {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
    // The edges of what is valid.
    {"\xC2\x80\xDF\xBF", "\"\xC2\x80\xDF\xBF\""},
    {"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF",
     "\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""},
    {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""},
    // Overlong forms, surrogates, past the end: each byte that cannot go on is its own.
    {"\xC0\x80", "\"" BAD BAD "\""},
    {"\xC1\xBF", "\"" BAD BAD "\""},
    {"\xE0\x80\x80", "\"" BAD BAD BAD "\""},
    {"\xED\xA0\x80", "\"" BAD BAD BAD "\""},
    {"\xF0\x80\x80\x80", "\"" BAD BAD BAD BAD "\""},
    {"\xF4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""},
    {"\xF5\x80\x80\x80", "\"" BAD BAD BAD BAD "\""},
    {"\xFE\xFF", "\"" BAD BAD "\""},
    // Pieces that broke off count once (Unicode 15, table 3-8).
    {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
     "\"a" BAD BAD BAD "b" BAD "c" BAD BAD "d\""},
    {"\xE2\x82", "\"" BAD "\""},
    {"\xE2\x82\"", "\"" BAD "\\\"\""},
    {"\xF0\x9F\x98", "\"" BAD "\""},
    {"\x80", "\"" BAD "\""},
};

void strings_come_out_as_valid_json(void**) {
    for (const Case& row : cases)
        assert_string_equal(written(row.text), row.json);
}

void each_single_byte_is_escaped_kept_or_replaced(void**) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char text = static_cast<char>(byte);
        const std::string_view json = written({&text, 1});
        if (byte >= 0x80) {
            assert_true(json == "\"" BAD "\"");
        } else if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
            assert_true(json[1] == '\\' && json.size() > 3);
        } else {
            assert_true(json.size() == 3 && json[1] == text);
        }
    }
}

void every_prefix_of_a_sequence_is_one_replacement(void**) {
    for (const std::string_view whole : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        for (std::size_t size = 1; size < whole.size(); ++size) {
            assert_string_equal(written(whole.substr(0, size)), "\"" BAD "\"");
        }
    }
}

void sink_that_is_too_small_says_full(void**) {
    for (std::size_t room = 0; room < 8; ++room) {
        char memory[8];
        TextSink sink({memory, room});
        append_json_string(sink, "a\n\xC3\xA4");
        assert_true(sink.status() == (room >= 7 ? Status::ok : Status::full));
    }
}

const char* number(double value) {
    static char memory[64];
    TextSink sink({memory, sizeof memory - 1});
    append_json_number(sink, value);
    assert_true(sink.status() == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

struct NumberCase {
    double value;
    const char* json;
};

constexpr NumberCase number_cases[] = {
    {0, "0"},
    {-0.0, "0"},
    {1, "1"},
    {-17, "-17"},
    {1e15, "1000000000000000"},
    {9007199254740993.0, "9007199254740992"},  // no double is 2^53 + 1
    {9223372036854775808.0, "9223372036854775808"},
    {-9223372036854775808.0, "-9223372036854775808"},
    {18446744073709549568.0, "18446744073709549568"},  // the last one below 2^64
    {-18446744073709549568.0, "-18446744073709549568"},
    {0.1, "0.1"},
    {-0.5, "-0.5"},
    {12345.6789, "12345.6789"},
    {1.0 / 3, "0.3333333333333333"},
    {1e-7, "1e-07"},
    {1e22, "1e+22"},
    {1e300, "1e+300"},
    {5e-324, "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {-2.2250738585072014e-308, "-2.2250738585072014e-308"},
};

void numbers_are_exact_and_short(void**) {
    for (const NumberCase& row : number_cases)
        assert_string_equal(number(row.value), row.json);
}

// 2^64 - 1 is no double: what an application sends as that is 2^64.
void numbers_from_2_to_the_64_read_back_the_same(void**) {
    for (const double value : {18446744073709551615.0, -18446744073709551616.0, 1e20, 3e21}) {
        assert_true(std::strtod(number(value), nullptr) == value);
        assert_null(std::strpbrk(number(value), "in."));
    }
}

void what_is_no_number_is_an_empty_string(void**) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double value : {infinity, -infinity, nan, -nan})
        assert_string_equal(number(value), "\"\"");
}

// Bit patterns all over, by a walk that meets each exponent.
void any_number_reads_back_the_same(void**) {
    std::uint64_t bits = 1;
    for (int i = 0; i < 200'000; ++i) {
        bits = bits * 6364136223846793005U + 1442695040888963407U;
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (std::isfinite(value)) assert_true(std::strtod(number(value), nullptr) == value);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(strings_come_out_as_valid_json),
        cmocka_unit_test(each_single_byte_is_escaped_kept_or_replaced),
        cmocka_unit_test(every_prefix_of_a_sequence_is_one_replacement),
        cmocka_unit_test(sink_that_is_too_small_says_full),
        cmocka_unit_test(numbers_are_exact_and_short),
        cmocka_unit_test(numbers_from_2_to_the_64_read_back_the_same),
        cmocka_unit_test(what_is_no_number_is_an_empty_string),
        cmocka_unit_test(any_number_reads_back_the_same),
    };
    return cmocka_run_group_tests_name("json_writer", tests, nullptr, nullptr);
}
