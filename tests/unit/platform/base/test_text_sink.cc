#include "platform/base/text_sink.h"

#include <time.h>

#include <cstdio>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

char memory[64];

// What `write` leaves in a sink, as a C string.
template <class Write>
const char* written(Write write) {
    static char text[sizeof memory + 1];
    TextSink sink(memory);
    write(sink);
    assert_true(sink.status() == Status::ok);
    std::memcpy(text, sink.view().data(), sink.size());
    text[sink.size()] = '\0';
    return text;
}

const char* rfc3339(std::uint64_t seconds) {
    return written([=](TextSink& sink) { sink.append_rfc3339(seconds * 1'000'000'000); });
}

void integers_are_written_exactly(void**) {
    assert_string_equal(written([](TextSink& sink) { sink.append_u64(0); }), "0");
    assert_string_equal(written([](TextSink& sink) { sink.append_u64(UINT64_MAX); }),
                        "18446744073709551615");
    assert_string_equal(written([](TextSink& sink) { sink.append_i64(INT64_MIN); }),
                        "-9223372036854775808");
    assert_string_equal(written([](TextSink& sink) { sink.append_i64(INT64_MAX); }),
                        "9223372036854775807");
    assert_string_equal(written([](TextSink& sink) { sink.append_i64(-1); }), "-1");
}

const char* decimal(std::uint64_t value, unsigned decimals) {
    return written([=](TextSink& sink) { sink.append_decimal(value, decimals); });
}

void decimals_are_written_without_superfluous_zeros(void**) {
    assert_string_equal(decimal(1230, 2), "12.3");
    assert_string_equal(decimal(500, 2), "5");
    assert_string_equal(decimal(5, 2), "0.05");
    assert_string_equal(decimal(0, 6), "0");
    assert_string_equal(decimal(100, 0), "100");
    assert_string_equal(decimal(1, 9), "0.000000001");
    assert_string_equal(decimal(UINT64_MAX, 6), "18446744073709.551615");
    assert_string_equal(decimal(UINT64_MAX, 19), "1.8446744073709551615");
}

void signed_decimals_keep_their_sign(void**) {
    const auto signed_decimal = [](std::int64_t value, unsigned decimals) {
        return written([=](TextSink& sink) { sink.append_decimal_signed(value, decimals); });
    };
    assert_string_equal(signed_decimal(-1230, 2), "-12.3");
    assert_string_equal(signed_decimal(-5, 3), "-0.005");
    assert_string_equal(signed_decimal(40500, 3), "40.5");
    assert_string_equal(signed_decimal(0, 3), "0");
    assert_string_equal(signed_decimal(INT64_MIN, 0), "-9223372036854775808");
}

void rfc3339_has_the_edges_of_the_calendar_right(void**) {
    assert_string_equal(rfc3339(0), "1970-01-01T00:00:00Z");
    assert_string_equal(rfc3339(1523317576), "2018-04-09T23:46:16Z");
    assert_string_equal(rfc3339(951782399), "2000-02-28T23:59:59Z");
    assert_string_equal(rfc3339(951782400), "2000-02-29T00:00:00Z");
    assert_string_equal(rfc3339(951868800), "2000-03-01T00:00:00Z");
    assert_string_equal(rfc3339(1709164800), "2024-02-29T00:00:00Z");
    assert_string_equal(rfc3339(1735689599), "2024-12-31T23:59:59Z");
    assert_string_equal(rfc3339(1735689600), "2025-01-01T00:00:00Z");
    assert_string_equal(rfc3339(4107542399), "2100-02-28T23:59:59Z");
    assert_string_equal(rfc3339(4107542400), "2100-03-01T00:00:00Z");
    assert_string_equal(rfc3339(UINT64_MAX / 1'000'000'000), "2554-07-21T23:34:33Z");
}

void rfc3339_cuts_parts_of_a_second_off(void**) {
    assert_string_equal(
        written([](TextSink& sink) { sink.append_rfc3339(1'523'317'576'999'999'999); }),
        "2018-04-09T23:46:16Z");
}

// Each day of 1970 to 2554, against the C library.
void rfc3339_agrees_with_gmtime_every_day(void**) {
    for (std::uint64_t seconds = 86'399; seconds < 18'446'744'073; seconds += 86'400) {
        const auto instant = static_cast<time_t>(seconds);
        tm parts = {};
        char expected[32];
        assert_non_null(gmtime_r(&instant, &parts));
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
        assert_string_equal(rfc3339(seconds), expected);
    }
}

void what_does_not_fit_is_left_out_and_remembered(void**) {
    TextSink sink(std::span<char>(memory, 4));
    sink.append("abc");
    sink.append("de");
    assert_true(sink.status() == Status::full);
    assert_true(sink.view() == "abc");
    sink.append('d');
    assert_true(sink.status() == Status::full);
    assert_true(sink.view() == "abc");
}

void a_full_sink_takes_exactly_its_size(void**) {
    TextSink sink(std::span<char>(memory, 4));
    sink.append("abc");
    sink.append('d');
    assert_true(sink.status() == Status::ok);
    assert_true(sink.view() == "abcd");
    sink.append("");
    assert_true(sink.status() == Status::ok);
    sink.append('e');
    assert_true(sink.status() == Status::full);
    assert_int_equal(sink.size(), 4);
}

void rewind_forgets_what_did_not_fit(void**) {
    TextSink sink(std::span<char>(memory, 4));
    sink.append("ab");
    const std::size_t before = sink.size();
    sink.append("cdefg");
    sink.rewind(before);
    assert_true(sink.status() == Status::ok);
    sink.append("xy");
    assert_true(sink.view() == "abxy");
}

void a_sink_without_memory_is_full_at_once(void**) {
    TextSink sink(std::span<char>{});
    assert_true(sink.status() == Status::ok);
    sink.append_u64(1);
    assert_true(sink.status() == Status::full);
    assert_int_equal(sink.size(), 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_written_exactly),
        cmocka_unit_test(decimals_are_written_without_superfluous_zeros),
        cmocka_unit_test(signed_decimals_keep_their_sign),
        cmocka_unit_test(rfc3339_has_the_edges_of_the_calendar_right),
        cmocka_unit_test(rfc3339_cuts_parts_of_a_second_off),
        cmocka_unit_test(rfc3339_agrees_with_gmtime_every_day),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_remembered),
        cmocka_unit_test(a_full_sink_takes_exactly_its_size),
        cmocka_unit_test(rewind_forgets_what_did_not_fit),
        cmocka_unit_test(a_sink_without_memory_is_full_at_once),
    };
    return cmocka_run_group_tests_name("text_sink", tests, nullptr, nullptr);
}
