#include "platform/linux/dir_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/limits.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Arena arena;
DirReader reader;
Tree tree;
int directory = -1;

int make_tree(void**) {
    if (!arena.map(2 * limits::directory_buffer_bytes)) return -1;
    reader = DirReader{};
    reader.init(arena);
    tree_make(tree);
    directory = open(tree.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -1 : 0;
}

int remove_tree(void**) {
    reader.close();
    close(directory);
    tree_remove(tree);
    arena.unmap();
    return 0;
}

int free_descriptor() {
    const int fd = dup(directory);
    close(fd);
    return fd;
}

void entries_are_told_apart_and_dots_left_out(void**) {
    const int before = free_descriptor();
    DirEntry entry;
    unsigned directories = 0;
    unsigned files = 0;
    tree_mkdir(tree, "here/below");
    tree_write(tree, "here/..file", "x");
    assert_true(reader.open(directory, "here") == Status::ok);
    while (reader.next(entry)) {
        assert_true(entry.inode != 0);
        if (std::strcmp(entry.name, "below") == 0) directories += entry.may_be_directory();
        if (std::strcmp(entry.name, "..file") == 0) files += !entry.may_be_directory();
    }
    assert_true(reader.status() == Status::ok);
    assert_int_equal(directories, 1);
    assert_int_equal(files, 1);
    assert_int_equal(free_descriptor(), before);
    assert_false(reader.next(entry));
}

void an_empty_directory_has_no_entries(void**) {
    DirEntry entry;
    assert_true(reader.open(directory, "proc") == Status::ok);
    assert_false(reader.next(entry));
    assert_true(reader.status() == Status::ok);
}

// Names of 200 bytes: about 150 of them fill the buffer.
void many_entries_come_each_once_over_several_calls(void**) {
    constexpr unsigned count = 1000;
    static bool is_seen[count];
    static_assert(count * 200 > 4 * limits::directory_buffer_bytes);
    char name[256];
    for (unsigned i = 0; i < count; ++i) {
        (void)std::snprintf(name, sizeof name, "many/%0200u", i);
        tree_write(tree, name, "");
    }
    unsigned found = 0;
    DirEntry entry;
    assert_true(reader.open(directory, "many") == Status::ok);
    while (reader.next(entry)) {
        const unsigned long number = std::strtoul(entry.name, nullptr, 10);
        assert_int_equal(std::strlen(entry.name), 200);
        assert_true(number < count && !is_seen[number]);
        is_seen[number] = true;
        ++found;
    }
    assert_true(reader.status() == Status::ok);
    assert_int_equal(found, count);
}

void the_longest_name_is_whole(void**) {
    char path[300] = "long/";
    std::memset(path + 5, 'n', limits::name_bytes_max);
    tree_write(tree, path, "");
    DirEntry entry;
    assert_true(reader.open(directory, "long") == Status::ok);
    assert_true(reader.next(entry));
    assert_int_equal(std::strlen(entry.name), limits::name_bytes_max);
    assert_false(reader.next(entry));
}

void what_is_absent_or_no_directory_is_absent(void**) {
    DirEntry entry;
    tree_write(tree, "file", "x");
    assert_true(reader.open(directory, "none") == Status::absent);
    assert_false(reader.next(entry));
    assert_true(reader.status() == Status::absent);
    assert_true(reader.open(directory, "file") == Status::absent);
    assert_false(reader.next(entry));
}

void a_directory_that_we_may_not_read_is_denied(void**) {
    tree_mkdir(tree, "secret");
    tree_chmod(tree, "secret", 0);
    become_nobody();
    const Status status = reader.open(directory, "secret");
    become_root_again();
    tree_chmod(tree, "secret", 0755);
    DirEntry entry;
    assert_true(status == Status::denied);
    assert_false(reader.next(entry));
    assert_true(reader.status() == Status::denied);
}

void opening_another_ends_the_listing_before(void**) {
    const int before = free_descriptor();
    DirEntry entry;
    tree_write(tree, "a/1", "");
    tree_write(tree, "a/2", "");
    tree_write(tree, "b/3", "");
    assert_true(reader.open(directory, "a") == Status::ok);
    assert_true(reader.next(entry));
    assert_true(reader.open(directory, "b") == Status::ok);
    assert_true(reader.next(entry));
    assert_string_equal(entry.name, "3");
    reader.close();
    reader.close();
    assert_false(reader.next(entry));
    assert_int_equal(free_descriptor(), before);
}

void an_unknown_type_may_be_a_directory(void**) {
    assert_true((DirEntry{"x", 1, DT_UNKNOWN}).may_be_directory());
    assert_true((DirEntry{"x", 1, DT_DIR}).may_be_directory());
    assert_false((DirEntry{"x", 1, DT_LNK}).may_be_directory());
}

}  // namespace

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main() {
    const CMUnitTest tests[] = {
        IN_TREE(entries_are_told_apart_and_dots_left_out),
        IN_TREE(an_empty_directory_has_no_entries),
        IN_TREE(many_entries_come_each_once_over_several_calls),
        IN_TREE(the_longest_name_is_whole),
        IN_TREE(what_is_absent_or_no_directory_is_absent),
        IN_TREE(a_directory_that_we_may_not_read_is_denied),
        IN_TREE(opening_another_ends_the_listing_before),
        IN_TREE(an_unknown_type_may_be_a_directory),
    };
    return cmocka_run_group_tests_name("dir_reader", tests, nullptr, nullptr);
}
