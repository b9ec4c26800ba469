#include "platform/linux/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

char captured[8192];

// What `log` writes to standard error.
template <class Log>
const char* capture(Log log) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    const int saved = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    log();
    assert_true(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
    const ssize_t size = read(ends[0], captured, sizeof captured - 1);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    captured[size < 0 ? 0 : size] = '\0';
    return captured;
}

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

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_its_level_unless_it_is_plain),
        cmocka_unit_test(what_is_quoted_cannot_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(what_is_less_urgent_than_the_level_is_left_out),
    };
    return cmocka_run_group_tests_name("log", tests, nullptr, nullptr);
}
