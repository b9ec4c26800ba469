#include "platform/linux/file_limit.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

int open_count() {
    int count = 0;
    DIR* directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != nullptr)
        ++count;
    closedir(directory);
    return count;
}

// Places in the table, as the kernel says.
unsigned long table_size() {
    char line[256];
    unsigned long size = 0;
    FILE* file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != nullptr)
        (void)sscanf(line, "FDSize: %lu", &size);
    fclose(file);
    return size;
}

void soft_limit_becomes_the_hard_one(void**) {
    rlimit files = {};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    const rlimit lower = {64, files.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
    assert_int_equal(raise_file_limit(), files.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(files.rlim_cur, files.rlim_max);
}

void table_is_widened_and_nothing_stays_open(void**) {
    const std::size_t limit = raise_file_limit();
    const std::size_t wanted = limit < 2000 ? limit : 2000;
    const int before = open_count();
    widen_file_table(wanted);
    assert_true(table_size() >= wanted);
    assert_int_equal(open_count(), before);
}

void more_than_the_limit_is_as_much_as_it_lets(void**) {
    const int open_before = open_count();
    widen_file_table(SIZE_MAX);
    widen_file_table(0);
    assert_int_equal(open_count(), open_before);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(soft_limit_becomes_the_hard_one),
        cmocka_unit_test(table_is_widened_and_nothing_stays_open),
        cmocka_unit_test(more_than_the_limit_is_as_much_as_it_lets),
    };
    return cmocka_run_group_tests_name("file_limit", tests, nullptr, nullptr);
}
