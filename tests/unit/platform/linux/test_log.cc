#include "platform/linux/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "tests/support/log_capture.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void a_line_tells_its_level_unless_it_is_plain(void**) {
    assert_string_equal(capture([] { log_line(LogLevel::error, "no %s", "room"); }),
                        "error: no room\n");
    assert_string_equal(capture([] { log_line(LogLevel::warning, "%d left", 3); }),
                        "warning: 3 left\n");
    assert_string_equal(capture([] { log_line(LogLevel::info, "listening"); }), "listening\n");
}

void what_is_quoted_cannot_forge_a_line(void**) {
    assert_string_equal(
        capture([] { log_line(LogLevel::info, "name %s", "a\nerror: b\x1b[31m\r\t\x7f"); }),
        "name a?error: b?[31m???\n");
}

void a_long_line_is_cut(void**) {
    static char text[5000];
    std::memset(text, 'x', sizeof text - 1);
    const char* line = capture([] { log_line(LogLevel::error, "%s", text); });
    assert_int_equal(std::strlen(line), 1024);
    assert_int_equal(line[1023], '\n');
    assert_int_equal(line[1022], 'x');
}

void what_is_less_urgent_than_the_level_is_left_out(void**) {
    set_log_level(LogLevel::warning);
    assert_string_equal(capture([] { log_line(LogLevel::info, "listening"); }), "");
    assert_string_equal(capture([] { log_line(LogLevel::warning, "full"); }), "warning: full\n");
    set_log_level(LogLevel::info);
    assert_string_equal(capture([] { log_line(LogLevel::info, "listening"); }), "listening\n");
}

void lines_of_the_journal_begin_with_their_priority(void**) {
    const char* lines = capture([] {
        struct stat info = {};
        assert_int_equal(fstat(STDERR_FILENO, &info), 0);
        char stream[64];
        snprintf(stream, sizeof stream, "%llu:%llu", static_cast<unsigned long long>(info.st_dev),
                 static_cast<unsigned long long>(info.st_ino));
        setenv("JOURNAL_STREAM", stream, 1);
        start_log();
        log_line(LogLevel::error, "no room");
        log_line(LogLevel::warning, "full");
        log_line(LogLevel::info, "listening");
    });
    assert_string_equal(lines, "<3>no room\n<4>full\n<6>listening\n");
}

void what_is_not_the_journal_any_more_gets_words(void**) {
    setenv("JOURNAL_STREAM", "1:2", 1);
    start_log();
    assert_string_equal(capture([] { log_line(LogLevel::error, "full"); }), "error: full\n");
    unsetenv("JOURNAL_STREAM");
}

int line_count(const char* text) {
    int count = 0;
    for (; *text != '\0'; ++text)
        count += *text == '\n' ? 1 : 0;
    return count;
}

constexpr auto log_200_errors = [] {
    for (int i = 0; i < 200; ++i)
        log_line(LogLevel::error, "no %d", i);
};

// The last tests, in this order: there is no way back. A loaded machine may need some seconds, and
// each of them has a line.

void the_start_may_log_without_limit(void**) {
    assert_int_equal(line_count(capture(log_200_errors)), 200);
}

void warnings_without_number_keep_no_error_out(void**) {
    limit_log_rate();
    const char* lines = capture([] {
        for (int i = 0; i < 200; ++i)
            log_line(LogLevel::warning, "refused");
        log_line(LogLevel::error, "broken");
    });
    assert_non_null(std::strstr(lines, "error: broken\n"));
    assert_in_range(line_count(lines), 61, 64);
}

void errors_have_a_limit_of_their_own(void**) {
    const char* lines = capture(log_200_errors);
    assert_in_range(line_count(lines), 59, 63);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_its_level_unless_it_is_plain),
        cmocka_unit_test(what_is_quoted_cannot_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(what_is_less_urgent_than_the_level_is_left_out),
        cmocka_unit_test(lines_of_the_journal_begin_with_their_priority),
        cmocka_unit_test(what_is_not_the_journal_any_more_gets_words),
        cmocka_unit_test(the_start_may_log_without_limit),
        cmocka_unit_test(warnings_without_number_keep_no_error_out),
        cmocka_unit_test(errors_have_a_limit_of_their_own),
    };
    return cmocka_run_group_tests_name("log", tests, nullptr, nullptr);
}
