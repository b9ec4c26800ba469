#include "platform/linux/file_watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

char directory[64];

const char* in_directory(const char* name) {
    static char paths[4][128];
    static unsigned next = 0;
    char* path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void write_file(const char* name, const char* text) {
    FILE* file = fopen(in_directory(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

bool is_readable(const FileWatch& watch) {
    pollfd ready = {watch.descriptor(), POLLIN, 0};
    return poll(&ready, 1, 0) == 1;
}

int make_directory(void**) {
    snprintf(directory, sizeof directory, "/tmp/nma-file-watch-XXXXXX");
    return mkdtemp(directory) == nullptr ? -1 : 0;
}

int remove_directory(void**) {
    for (const char* name : {"a", "b", "link", "..data", "one/key", "two/key", "one/link"})
        unlink(in_directory(name));
    rmdir(in_directory("one"));
    rmdir(in_directory("two"));
    return rmdir(directory);
}

void start(FileWatch& watch, const char* name) {
    assert_true(watch.open() == Status::ok);
    assert_true(watch.add(in_directory(name)) == Status::ok);
    assert_false(is_readable(watch));
    assert_false(watch.take_changes());
}

void file_written_in_place_is_told_once(void**) {
    write_file("a", "1");
    FileWatch watch;
    start(watch, "a");
    write_file("a", "2");
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    assert_false(is_readable(watch));
    assert_false(watch.take_changes());
    watch.close();
}

void file_replaced_or_removed_or_made_is_told(void**) {
    write_file("a", "1");
    FileWatch watch;
    start(watch, "a");
    write_file("b", "1");
    assert_false(watch.take_changes());
    assert_int_equal(rename(in_directory("b"), in_directory("a")), 0);
    assert_true(watch.take_changes());
    assert_int_equal(unlink(in_directory("a")), 0);
    assert_true(watch.take_changes());
    write_file("a", "1");
    assert_true(watch.take_changes());
    assert_int_equal(chmod(in_directory("a"), 0600), 0);
    assert_true(watch.take_changes());
    watch.close();
}

// As Kubernetes exchanges secrets: a/key is a link to ..data/key, and ..data is exchanged.
void exchanged_link_in_the_directory_is_told(void**) {
    assert_int_equal(mkdir(in_directory("one"), 0700), 0);
    assert_int_equal(mkdir(in_directory("two"), 0700), 0);
    write_file("one/key", "1");
    write_file("two/key", "2");
    assert_int_equal(symlink("one", in_directory("..data")), 0);
    assert_int_equal(symlink("..data/key", in_directory("link")), 0);
    FileWatch watch;
    start(watch, "link");
    assert_int_equal(symlink("two", in_directory("b")), 0);
    assert_int_equal(rename(in_directory("b"), in_directory("..data")), 0);
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    watch.close();
}

void remove_one_and_two() {
    for (const char* name : {"one/key", "two/key"})
        unlink(in_directory(name));
    for (const char* name : {"one", "two"})
        rmdir(in_directory(name));
}

void put_two_in_place_of_one(void (*put_away)()) {
    remove_one_and_two();
    assert_int_equal(mkdir(in_directory("one"), 0700), 0);
    write_file("one/key", "1");
    FileWatch watch;
    start(watch, "one/key");
    put_away();
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    assert_int_equal(mkdir(in_directory("one"), 0700), 0);
    write_file("one/key", "2");
    assert_true(watch.look());
    while (is_readable(watch))
        assert_false(watch.take_changes());
    write_file("one/key", "3");
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    write_file("two/key", "4");  // not ours any more
    assert_false(is_readable(watch));
    watch.close();
    remove_one_and_two();
}

void directory_that_was_renamed_and_made_anew_is_watched_again(void**) {
    put_two_in_place_of_one(
        [] { assert_int_equal(rename(in_directory("one"), in_directory("two")), 0); });
}

void directory_that_was_removed_and_made_anew_is_watched_again(void**) {
    put_two_in_place_of_one([] {
        assert_int_equal(unlink(in_directory("one/key")), 0);
        assert_int_equal(rmdir(in_directory("one")), 0);
        assert_int_equal(mkdir(in_directory("two"), 0700), 0);
    });
}

// Of two files in it, one alone must not take the other's watch away.
void directory_is_watched_while_one_of_its_files_is(void**) {
    write_file("a", "1");
    FileWatch watch;
    start(watch, "b");
    assert_true(watch.add(in_directory("a")) == Status::ok);
    assert_false(watch.look());
    write_file("a", "2");
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    watch.close();
}

void link_to_another_directory_is_told_to_who_looks(void**) {
    for (const char* name : {"one", "two"})
        assert_int_equal(mkdir(in_directory(name), 0700), 0);
    write_file("two/key", "1");
    assert_int_equal(symlink("../two/key", in_directory("one/link")), 0);
    FileWatch watch;
    start(watch, "one/link");
    write_file("two/key", "2");
    assert_false(is_readable(watch));
    assert_true(watch.look());
    assert_false(watch.look());
    watch.close();
    unlink(in_directory("one/link"));
    remove_one_and_two();
}

void directory_that_is_not_there_is_told(void**) {
    FileWatch watch;
    assert_true(watch.open() == Status::ok);
    assert_true(watch.add("/no/such/file") == Status::absent);
    assert_true(watch.add("/dev/null/file") != Status::ok);
    for (std::size_t i = 2; i < FileWatch::file_count_max; ++i)
        assert_true(watch.add(in_directory("a")) == Status::ok);
    assert_true(watch.add(in_directory("a")) == Status::full);
    watch.close();
}

void directory_that_comes_later_is_watched_by_who_looks(void**) {
    FileWatch watch;
    assert_true(watch.open() == Status::ok);
    assert_true(watch.add(in_directory("one/key")) == Status::absent);
    assert_int_equal(mkdir(in_directory("one"), 0700), 0);
    assert_false(watch.look());
    write_file("one/key", "1");
    assert_true(is_readable(watch));
    assert_true(watch.take_changes());
    watch.close();
    remove_one_and_two();
}

void who_has_no_descriptor_can_look(void**) {
    write_file("a", "1");
    FileWatch watch;
    assert_true(watch.add(in_directory("a")) != Status::ok);
    assert_false(watch.look());
    write_file("a", "23");
    assert_true(watch.look());
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(file_written_in_place_is_told_once),
        cmocka_unit_test(file_replaced_or_removed_or_made_is_told),
        cmocka_unit_test(exchanged_link_in_the_directory_is_told),
        cmocka_unit_test(directory_that_was_renamed_and_made_anew_is_watched_again),
        cmocka_unit_test(directory_that_was_removed_and_made_anew_is_watched_again),
        cmocka_unit_test(directory_is_watched_while_one_of_its_files_is),
        cmocka_unit_test(link_to_another_directory_is_told_to_who_looks),
        cmocka_unit_test(directory_that_is_not_there_is_told),
        cmocka_unit_test(directory_that_comes_later_is_watched_by_who_looks),
        cmocka_unit_test(who_has_no_descriptor_can_look),
    };
    return cmocka_run_group_tests_name("file_watch", tests, make_directory, remove_directory);
}
