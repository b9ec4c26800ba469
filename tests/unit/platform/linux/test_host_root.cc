#include "platform/linux/host_root.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;
HostRoot root;

int make_tree(void**) {
    tree_make(tree);
    return 0;
}

int remove_tree(void**) {
    root.close();
    tree_remove(tree);
    return 0;
}

void a_fixture_is_neither_our_own_nor_live(void**) {
    tree_write(tree, "proc/loadavg", "x\n");
    assert_true(root.open(tree.path.c_str()) == Status::ok);
    assert_true(root.root() >= 0 && root.proc() >= 0 && root.sys() >= 0);
    assert_false(root.is_own());
    assert_false(root.is_live());
    assert_string_equal(root.mountinfo_path(), "self/mountinfo");
    assert_string_equal(root.net_path(), "net");
    const int file = openat(root.proc(), "loadavg", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    close(file);
}

void process_1_is_asked_where_another_host_has_it(void**) {
    tree_write(tree, "proc/1/mountinfo", "x\n");
    tree_write(tree, "proc/1/net/dev", "x\n");
    assert_true(root.open(tree.path.c_str()) == Status::ok);
    assert_string_equal(root.mountinfo_path(), "1/mountinfo");
    assert_string_equal(root.net_path(), "1/net");
}

void process_1_that_we_may_not_read_is_not_asked(void**) {
    tree_write(tree, "proc/1/mountinfo", "x\n");
    tree_chmod(tree, "proc/1/mountinfo", 0);
    become_nobody();
    const Status status = root.open(tree.path.c_str());
    become_root_again();
    assert_true(status == Status::ok);
    assert_string_equal(root.mountinfo_path(), "self/mountinfo");
}

void a_tree_without_sys_is_accepted(void**) {
    tree_delete(tree, "sys");
    assert_true(root.open(tree.path.c_str()) == Status::ok);
    assert_true(root.proc() >= 0);
    assert_int_equal(root.sys(), -1);
}

void a_tree_without_proc_is_no_host(void**) {
    tree_delete(tree, "proc");
    assert_true(root.open(tree.path.c_str()) == Status::absent);
    root.close();
    tree_write(tree, "proc", "a file\n");
    assert_true(root.open(tree.path.c_str()) == Status::absent);
}

void a_directory_that_is_not_there_is_absent(void**) {
    assert_true(root.open("/no/such/directory") == Status::absent);
}

void our_own_root_is_known_by_any_name(void**) {
    assert_true(root.open("/") == Status::ok);
    assert_true(root.is_own());
    assert_true(root.is_live());
    assert_string_equal(root.mountinfo_path(), "self/mountinfo");
    root.close();
    tree_symlink(tree, "/", "slash");
    FixedText<600> path;
    assert_true(path.assign(tree.path.view()) && path.append("/slash"));
    assert_true(root.open(path.c_str()) == Status::ok);
    assert_true(root.is_own());
}

dev_t device_of(int directory, const char* path) {
    struct stat info = {};
    return fstatat(directory, path, &info, 0) == 0 ? info.st_dev : 0;
}

// As a service manager does it: standard input first, then the sandbox.
bool enter_sandbox(const char* input) {
    const int directory = open(input, O_RDONLY | O_CLOEXEC);
    return directory >= 0 && dup2(directory, STDIN_FILENO) == STDIN_FILENO &&
           unshare(CLONE_NEWNS) == 0 &&
           mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("hidden", "/home", "tmpfs", 0, nullptr) == 0;
}

void the_host_is_seen_through_standard_input_when_that_is_its_root(void**) {
    if (geteuid() != 0) SKIP_BECAUSE("takes root");
    const auto child = [] {
        const dev_t before = device_of(AT_FDCWD, "/home");
        if (!enter_sandbox("/")) return 64;
        if (root.open("/") != Status::ok || !root.is_own() || !root.is_live()) return 1;
        if (!root.is_outside()) return 2;
        if (std::string_view(root.mountinfo_path()) != "1/mountinfo") return 4;
        if (device_of(root.root(), "home") != before) return 8;
        return device_of(AT_FDCWD, "/home") != before ? 0 : 16;
    };
    const int status = in_child(child);
    if (status == 64) SKIP_BECAUSE("this process may not mount");
    assert_int_equal(status, 0);
}

void no_other_standard_input_counts(void**) {
    if (geteuid() != 0) SKIP_BECAUSE("takes root");
    for (const auto child : {+[] { return enter_sandbox("/etc") ? 0 : 64; },
                             +[] { return enter_sandbox("/dev/null") ? 0 : 64; }}) {
        static int (*enter)() = nullptr;
        enter = child;
        const int status = in_child([] {
            if (enter() != 0) return 64;
            if (root.open("/") != Status::ok || root.is_outside()) return 1;
            const bool is_sandbox = device_of(root.root(), "home") == device_of(AT_FDCWD, "/home");
            return is_sandbox && std::string_view(root.mountinfo_path()) == "self/mountinfo" ? 0
                                                                                             : 2;
        });
        if (status == 64) SKIP_BECAUSE("this process may not mount");
        assert_int_equal(status, 0);
    }
}

void closing_leaves_nothing_open(void**) {
    const int before = dup(STDERR_FILENO);
    close(before);
    assert_true(root.open(tree.path.c_str()) == Status::ok);
    root.close();
    assert_int_equal(root.root(), -1);
    assert_int_equal(root.proc(), -1);
    root.close();
    const int after = dup(STDERR_FILENO);
    close(after);
    assert_int_equal(before, after);
}

}  // namespace

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main() {
    const CMUnitTest tests[] = {
        IN_TREE(a_fixture_is_neither_our_own_nor_live),
        IN_TREE(process_1_is_asked_where_another_host_has_it),
        IN_TREE(process_1_that_we_may_not_read_is_not_asked),
        IN_TREE(a_tree_without_sys_is_accepted),
        IN_TREE(a_tree_without_proc_is_no_host),
        IN_TREE(a_directory_that_is_not_there_is_absent),
        IN_TREE(our_own_root_is_known_by_any_name),
        IN_TREE(the_host_is_seen_through_standard_input_when_that_is_its_root),
        IN_TREE(no_other_standard_input_counts),
        IN_TREE(closing_leaves_nothing_open),
    };
    return cmocka_run_group_tests_name("host_root", tests, nullptr, nullptr);
}
