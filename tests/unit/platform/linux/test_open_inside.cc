#include "platform/linux/open_inside.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/forbidden_calls.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

struct Bed {
    Tree tree;
    HostRoot root;
};
Bed bed;

int make(void**) {
    bed = {};
    tree_make(bed.tree);
    tree_write(bed.tree, "var/lib/x/file", "text");
    return bed.root.open(bed.tree.path.c_str()) == Status::ok ? 0 : -1;
}

int remove(void**) {
    bed.root.close();
    tree_remove(bed.tree);
    return 0;
}

int error_of(const char* path) {
    const int file = open_inside(bed.root, path);
    const int failure = file < 0 ? errno : 0;
    if (file >= 0) close(file);
    return failure;
}

void files_and_directories_are_opened(void**) {
    assert_int_equal(error_of("var/lib/x/file"), 0);
    assert_int_equal(error_of("var/lib/x"), 0);
}

void what_is_not_there_is_enoent(void**) {
    assert_int_equal(error_of("var/lib/y/file"), ENOENT);
    assert_int_equal(error_of("var/lib/x/file/z"), ENOTDIR);
}

// With kernels that cannot resolve inside of a root, links on the way are refused instead.
void links_on_the_way_stay_inside_the_root(void**) {
    tree_symlink(bed.tree, "/var/lib", "data");
    tree_symlink(bed.tree, "../../../../../../../../../../etc", "var/out");
    tree_write(bed.tree, "etc/passwd", "");
    const int failure = error_of("data/x/file");
    assert_true(failure == 0 || failure == ELOOP || failure == ENOTDIR);
    const int file = open_inside(bed.root, "var/out/passwd");
    struct stat found = {};
    assert_true(file >= 0 ? fstat(file, &found) == 0 && found.st_size == 0
                          : errno == ELOOP || errno == ENOTDIR);
    if (file >= 0) close(file);
}

void a_link_at_the_end_is_refused(void**) {
    tree_symlink(bed.tree, "file", "var/lib/x/link");
    assert_int_equal(error_of("var/lib/x/link"), ELOOP);
}

void devices_and_fifos_are_refused(void**) {
    FixedText<1024> path;
    assert_true(path.assign(bed.tree.path.view()) && path.append("/var/lib/x/fifo"));
    assert_int_equal(mkfifo(path.c_str(), 0644), 0);
    assert_int_equal(error_of("var/lib/x/fifo"), ENXIO);
}

// As on Linux before 5.6. The number of the first answer that is wrong.
int check_old_kernel() {
    if (!forbid_calls({SYS_openat2}, ENOSYS)) return no_filter_status;
    if (error_of("var/lib/x/file") != 0) return 1;
    if (error_of("var/lib/x") != 0) return 2;
    if (error_of("var/lib/y/file") != ENOENT) return 3;
    if (error_of("var/lib/x/link") != ELOOP) return 4;
    const int on_the_way = error_of("data/x/file");
    if (on_the_way != ELOOP && on_the_way != ENOTDIR) return 5;
    HostRoot own;
    if (own.open("/") != Status::ok || !own.is_own()) return 6;
    return open_inside(own, "proc/self/stat") >= 0 ? 0 : 7;
}

void older_kernels_open_step_by_step(void**) {
    tree_symlink(bed.tree, "/var/lib", "data");
    tree_symlink(bed.tree, "file", "var/lib/x/link");
    const pid_t child = fork();
    if (child == 0) _exit(check_old_kernel());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == no_filter_status) {
        print_message("SKIP older_kernels_open_step_by_step: no seccomp filter\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

void the_machine_itself_may_be_the_root(void**) {
    HostRoot own;
    assert_int_equal(own.open("/"), Status::ok);
    const int file = open_inside(own, "proc/self/stat");
    if (file >= 0) close(file);
    own.close();
    assert_true(file >= 0 || errno == ELOOP);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_and_directories_are_opened, make, remove),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_enoent, make, remove),
        cmocka_unit_test_setup_teardown(links_on_the_way_stay_inside_the_root, make, remove),
        cmocka_unit_test_setup_teardown(a_link_at_the_end_is_refused, make, remove),
        cmocka_unit_test_setup_teardown(devices_and_fifos_are_refused, make, remove),
        cmocka_unit_test_setup_teardown(older_kernels_open_step_by_step, make, remove),
        cmocka_unit_test(the_machine_itself_may_be_the_root),
    };
    return cmocka_run_group_tests_name("open_inside", tests, nullptr, nullptr);
}
