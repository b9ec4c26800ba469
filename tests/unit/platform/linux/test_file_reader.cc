#include "platform/linux/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "platform/limits.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Arena arena;
FileReader reader;
Tree tree;
int directory = -1;
char large[limits::read_buffer_bytes + 1];

int make_tree(void**) {
    if (!arena.map(2 * limits::read_buffer_bytes)) return -1;
    reader = FileReader{};
    reader.init(arena);
    tree_make(tree);
    directory = open(tree.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    std::fill(std::begin(large), std::end(large), 'x');
    return directory < 0 ? -1 : 0;
}

int remove_tree(void**) {
    close(directory);
    tree_remove(tree);
    arena.unmap();
    return 0;
}

// The lowest descriptor that is free: stays the same when nothing leaks.
int free_descriptor() {
    const int fd = dup(directory);
    close(fd);
    return fd;
}

void a_file_is_read_as_a_whole(void**) {
    const int before = free_descriptor();
    std::string_view text;
    tree_write(tree, "a/file", "two\nlines\n");
    assert_true(reader.read(directory, "a/file", text) == Status::ok);
    assert_true(text == "two\nlines\n");
    tree_write(tree, "empty", "");
    assert_true(reader.read(directory, "empty", text) == Status::ok);
    assert_true(text.empty());
    assert_int_equal(free_descriptor(), before);
}

void an_absent_file_leaves_the_text_untouched(void**) {
    std::string_view text = "before";
    assert_true(reader.read(directory, "none", text) == Status::absent);
    assert_true(reader.read(directory, "no/such/path", text) == Status::absent);
    tree_write(tree, "file", "x");
    assert_true(reader.read(directory, "file/below", text) == Status::absent);
    assert_true(text == "before");
}

void a_file_that_we_may_not_read_is_denied(void**) {
    std::string_view text = "before";
    tree_write(tree, "secret", "x");
    tree_chmod(tree, "secret", 0);
    become_nobody();
    const Status status = reader.read(directory, "secret", text);
    become_root_again();
    assert_true(status == Status::denied);
    assert_true(text == "before");
}

// Nobody writes to it: blocking would last for ever.
void a_fifo_does_not_block(void**) {
    const int before = free_descriptor();
    std::string_view text = "before";
    assert_int_equal(mkfifoat(directory, "fifo", 0644), 0);
    assert_true(reader.read(directory, "fifo", text) == Status::io_error);
    assert_true(text == "before");
    assert_int_equal(free_descriptor(), before);
}

void a_directory_is_no_file(void**) {
    const int before = free_descriptor();
    std::string_view text = "before";
    assert_true(reader.read(directory, "proc", text) == Status::io_error);
    assert_true(text == "before");
    assert_int_equal(free_descriptor(), before);
}

void a_file_of_the_buffers_size_or_more_is_truncated(void**) {
    const int before = free_descriptor();
    std::string_view text = "before";
    tree_write(tree, "large", {large, limits::read_buffer_bytes + 1});
    assert_true(reader.read(directory, "large", text) == Status::truncated);
    tree_write(tree, "large", {large, limits::read_buffer_bytes});
    assert_true(reader.read(directory, "large", text) == Status::truncated);
    assert_true(text == "before");
    tree_write(tree, "large", {large, limits::read_buffer_bytes - 1});
    assert_true(reader.read(directory, "large", text) == Status::ok);
    assert_int_equal(text.size(), limits::read_buffer_bytes - 1);
    assert_int_equal(free_descriptor(), before);
}

void a_kept_file_stays_open_and_starts_again_at_its_beginning(void**) {
    KeptFile file;
    std::string_view text;
    tree_write(tree, "file", "long text\n");
    assert_true(reader.read_kept(file, directory, "file", text) == Status::ok);
    const int plus_one = file.plus_one;
    assert_true(plus_one > 0);
    tree_write(tree, "file", "short\n");
    assert_true(reader.read_kept(file, directory, "file", text) == Status::ok);
    assert_true(text == "short\n");
    assert_int_equal(file.plus_one, plus_one);
    FileReader::close_kept(file);
    assert_int_equal(file.plus_one, 0);
    FileReader::close_kept(file);
    assert_int_equal(free_descriptor(), plus_one - 1);
}

void a_kept_file_is_opened_again_after_a_failure(void**) {
    const int before = free_descriptor();
    KeptFile file;
    std::string_view text;
    assert_true(reader.read_kept(file, directory, "file", text) == Status::absent);
    assert_int_equal(file.plus_one, 0);
    tree_mkdir(tree, "file");
    assert_true(reader.read_kept(file, directory, "file", text) == Status::io_error);
    assert_int_equal(file.plus_one, 0);
    assert_int_equal(free_descriptor(), before);
    tree_delete(tree, "file");
    tree_write(tree, "file", "there\n");
    assert_true(reader.read_kept(file, directory, "file", text) == Status::ok);
    assert_true(text == "there\n");
    FileReader::close_kept(file);
}

// Its file of a process that ended says so on reading, not on opening.
void a_file_of_an_ended_process_is_gone(void**) {
    int lives[2];
    assert_int_equal(pipe(lives), 0);
    const pid_t child = fork();
    if (child == 0) {
        char end = 0;
        close(lives[1]);
        _exit(::read(lives[0], &end, 1) == 0 ? 0 : 1);
    }
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", child);
    KeptFile file;
    std::string_view text;
    const Status first = reader.read_kept(file, AT_FDCWD, path, text);
    close(lives[0]);
    close(lives[1]);
    (void)waitpid(child, nullptr, 0);
    assert_true(first == Status::ok);
    assert_true(reader.read_kept(file, AT_FDCWD, path, text) == Status::gone);
    assert_int_equal(file.plus_one, 0);
    assert_true(reader.read_kept(file, AT_FDCWD, path, text) == Status::absent);
}

}  // namespace

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main() {
    const CMUnitTest tests[] = {
        IN_TREE(a_file_is_read_as_a_whole),
        IN_TREE(an_absent_file_leaves_the_text_untouched),
        IN_TREE(a_file_that_we_may_not_read_is_denied),
        IN_TREE(a_fifo_does_not_block),
        IN_TREE(a_directory_is_no_file),
        IN_TREE(a_file_of_the_buffers_size_or_more_is_truncated),
        IN_TREE(a_kept_file_stays_open_and_starts_again_at_its_beginning),
        IN_TREE(a_kept_file_is_opened_again_after_a_failure),
        IN_TREE(a_file_of_an_ended_process_is_gone),
    };
    return cmocka_run_group_tests_name("file_reader", tests, nullptr, nullptr);
}
