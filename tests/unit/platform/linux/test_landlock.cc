#include "platform/linux/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/child.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using test::in_child;

constexpr int no_landlock = 77;

test::Tree tree;

int confine() {
    WritableDirectory directories[3];
    directories[0].allows_removal = true;
    directories[1].allows_writing = true;
    const bool fits =
        directories[0].path.assign(tree.path.view()) && directories[0].path.append("/sockets") &&
        directories[1].path.assign(tree.path.view()) && directories[1].path.append("/cgroup") &&
        directories[2].path.assign("/nma/is/not/there");
    int version = 0;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const Status status = restrict_writing(directories, version);
    if (status == Status::absent) return no_landlock;
    return fits && status == Status::ok && version >= 1 && version <= 7 ? 0 : 1;
}

bool is_refused(int result) {
    return result < 0 && errno == EACCES;
}

int open_in(const char* path, int flags) {
    const int root = open(tree.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    return openat(root, path, flags | O_CLOEXEC, 0600);
}

void make_tree() {
    test::tree_make(tree);
    test::tree_write(tree, "plain/file", "text");
    test::tree_write(tree, "sockets/agent.sock", "");
    test::tree_write(tree, "cgroup/deep/cgroup.event_control", "");
}

void files_are_read_but_not_changed(void**) {
    make_tree();
    const auto child = [] {
        if (const int failure = confine(); failure != 0) return failure;
        const int root = open(tree.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        int wrong = 0;
        if (open_in("plain/file", O_RDONLY) < 0) wrong |= 2;
        if (open_in("plain", O_RDONLY | O_DIRECTORY) < 0) wrong |= 2;
        if (!is_refused(open_in("plain/file", O_WRONLY))) wrong |= 4;
        if (!is_refused(open_in("plain/new", O_WRONLY | O_CREAT))) wrong |= 4;
        if (!is_refused(unlinkat(root, "plain/file", 0))) wrong |= 8;
        if (!is_refused(mkdirat(root, "plain/directory", 0700))) wrong |= 16;
        if (!is_refused(symlinkat("a", root, "plain/link"))) wrong |= 16;
        if (!is_refused(execl("/bin/true", "true", nullptr))) wrong |= 32;
        return wrong;
    };
    assert_int_equal(in_child(child), 0);
    test::tree_remove(tree);
}

void given_directories_allow_what_they_are_given_for(void**) {
    make_tree();
    const auto child = [] {
        if (const int failure = confine(); failure != 0) return failure;
        const int root = open(tree.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        int wrong = 0;
        if (open_in("cgroup/deep/cgroup.event_control", O_WRONLY) < 0) wrong |= 2;
        if (!is_refused(unlinkat(root, "cgroup/deep/cgroup.event_control", 0))) wrong |= 4;
        if (!is_refused(open_in("sockets/agent.sock", O_WRONLY))) wrong |= 8;
        if (unlinkat(root, "sockets/agent.sock", 0) != 0) wrong |= 16;
        return wrong;
    };
    assert_int_equal(in_child(child), 0);
    test::tree_remove(tree);
}

bool hides(const char* line) {
    test::Tree table;
    test::tree_make(table);
    test::tree_write(table, "mountinfo", line);
    FixedText<600> path;
    assert_true(path.assign(table.path.view()) && path.append("/mountinfo"));
    const bool is_hiding = does_proc_hide_processes(AT_FDCWD, path.c_str());
    test::tree_remove(table);
    return is_hiding;
}

void hidepid_is_seen_in_the_mount_table(void**) {
    assert_true(hides("21 1 0:20 / /proc rw,relatime - proc proc rw,hidepid=2\n"));
    assert_true(hides("21 1 0:20 / /proc rw - proc proc rw,gid=5,hidepid=invisible\n"));
    assert_true(hides("21 1 0:20 / /proc rw - proc proc rw,hidepid=ptraceable\n"));
    assert_false(hides("21 1 0:20 / /proc rw,relatime - proc proc rw\n"));
    assert_false(hides("21 1 0:20 / /proc rw,relatime - proc proc rw,hidepid=0\n"));
    assert_false(hides("21 1 0:20 / /proc rw,relatime - proc proc rw,hidepid=off\n"));
    assert_false(hides("21 1 0:20 / /x rw - tmpfs hidepid=2 rw,hidepid=2\n"));
    assert_false(hides(""));
    assert_false(does_proc_hide_processes(AT_FDCWD, "/nma/is/not/there"));
}

}  // namespace

int main() {
    make_tree();
    const bool has_none = in_child(confine) == no_landlock;
    test::tree_remove(tree);
    if (has_none) {
        std::puts("SKIP landlock: this kernel has no Landlock");
        return 77;
    }
    const CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_but_not_changed),
        cmocka_unit_test(given_directories_allow_what_they_are_given_for),
        cmocka_unit_test(hidepid_is_seen_in_the_mount_table),
    };
    return cmocka_run_group_tests_name("landlock", tests, nullptr, nullptr);
}
