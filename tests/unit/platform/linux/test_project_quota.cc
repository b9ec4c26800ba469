#include "platform/linux/project_quota.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/stuck_fuse.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr SpaceAnswer whole = {4096, 1000, 600};

void smaller_size_than_above_is_a_limit(void**) {
    const SpaceUse use = quota_of_answers(whole, {4096, 100, 70}, whole, ProjectOwner::itself);
    assert_true(use.has_limit && use.has_used);
    assert_int_equal(use.limit_bytes, 100 * 4096);
    assert_int_equal(use.used_bytes, 30 * 4096);
}

void it_is_one_where_the_project_may_not_be_asked_for(void**) {
    const SpaceUse use = quota_of_answers(whole, {4096, 100, 70}, whole, ProjectOwner::unknown);
    assert_true(use.has_limit && use.has_used);
}

void size_of_the_file_system_says_nothing(void**) {
    const SpaceUse use = quota_of_answers(whole, whole, whole, ProjectOwner::itself);
    assert_false(use.has_limit || use.has_used);
}

void project_of_the_directory_above_is_not_ones_own(void**) {
    const SpaceUse use = quota_of_answers(whole, {4096, 100, 70}, whole, ProjectOwner::none);
    assert_false(use.has_limit || use.has_used);
}

// Linux 6.13 on: what the file system has left is less than what the quota has.
void space_left_of_the_file_system_says_nothing_of_the_use(void**) {
    const SpaceAnswer nearly_full = {4096, 1000, 40};
    SpaceUse use =
        quota_of_answers(nearly_full, {4096, 100, 40}, nearly_full, ProjectOwner::itself);
    assert_true(use.has_limit && !use.has_used);
    const SpaceAnswer later = {4096, 1000, 50};
    use = quota_of_answers(nearly_full, {4096, 100, 45}, later, ProjectOwner::itself);
    assert_true(use.has_limit && !use.has_used);
    // Older kernels say what the quota has left.
    use = quota_of_answers(nearly_full, {4096, 100, 70}, nearly_full, ProjectOwner::itself);
    assert_true(use.has_limit && use.has_used);
}

void file_system_that_is_resized_meanwhile_says_nothing(void**) {
    const SpaceAnswer larger = {4096, 2000, 1600};
    const SpaceUse use = quota_of_answers(whole, {4096, 1000, 600}, larger, ProjectOwner::unknown);
    assert_false(use.has_limit || use.has_used);
}

void answers_that_make_no_sense_say_nothing(void**) {
    SpaceUse use = quota_of_answers(whole, {4096, 0, 0}, whole, ProjectOwner::itself);
    assert_false(use.has_limit || use.has_used);
    use = quota_of_answers(whole, {4096, 100, 101}, whole, ProjectOwner::itself);
    assert_true(use.has_limit && !use.has_used);
    use = quota_of_answers(whole, {1024, 100, 70}, whole, ProjectOwner::itself);
    assert_false(use.has_limit || use.has_used);
}

void directory_without_a_project_has_no_quota(void**) {
    static Tree tree;
    tree_make(tree);
    const int above = open(tree.path.c_str(), O_PATH | O_DIRECTORY);
    const int directory = openat(above, "proc", O_PATH | O_DIRECTORY);
    SpaceUse use;
    assert_int_equal(project_quota(directory, above, use), Status::absent);
    assert_int_equal(own_file_system(directory, above, use), Status::absent);
    close(directory);
    close(above);
    tree_remove(tree);
}

// A file system of our own
// -------------------------------------------------------------------------

constexpr std::uint32_t project = 42;
constexpr std::uint32_t inherit = 0x00000200;  // FS_XFLAG_PROJINHERIT

Tree disk;

// In the tree's directory.
bool run(const char* command) {
    return chdir(disk.path.c_str()) == 0 && system(command) == 0;
}

bool make_disk(const char* make, const char* mount) {
    return enter_own_mounts() && run("mkdir m && truncate -s 512M image") && run(make) &&
           run(mount);
}

bool set_project(int directory) {
    const int file = openat(directory, ".", O_RDONLY | O_DIRECTORY);
    fsxattr attributes = {};
    bool is_set = ioctl(file, FS_IOC_FSGETXATTR, &attributes) == 0;
    attributes.fsx_projid = project;
    attributes.fsx_xflags |= inherit;
    is_set = is_set && ioctl(file, FS_IOC_FSSETXATTR, &attributes) == 0;
    close(file);
    return is_set;
}

bool set_limit(int directory, std::uint64_t kilobytes) {
    const int file = openat(directory, ".", O_RDONLY | O_DIRECTORY);
    struct dqblk quota = {};
    quota.dqb_bhardlimit = kilobytes;
    quota.dqb_valid = QIF_BLIMITS;
    const bool is_set = syscall(SYS_quotactl_fd, file, QCMD(Q_SETQUOTA, 2), project, &quota) == 0;
    close(file);
    return is_set;
}

struct Quota {
    Status status;
    SpaceUse use;
};

Quota quota_at(const char* above_path, const char* name) {
    Quota quota = {};
    const int root = open(disk.path.c_str(), O_PATH | O_DIRECTORY);
    const int above = openat(root, above_path, O_PATH | O_DIRECTORY);
    const int directory = openat(above, name, O_PATH | O_DIRECTORY);
    quota.status = project_quota(directory, above, quota.use);
    close(directory);
    close(above);
    close(root);
    return quota;
}

void check_use_of_a_project(const char* name, const char* make, const char* mount) {
    tree_make(disk);
    if (!make_disk(make, mount)) {
        tree_remove(disk);
        print_message("SKIP %s: no such file system with project quota here\n", name);
        skip();
    }
    tree_mkdir(disk, "m/sandbox");
    const int root = open(disk.path.c_str(), O_PATH | O_DIRECTORY);
    const int directory = openat(root, "m/sandbox", O_PATH | O_DIRECTORY);
    close(root);
    const Quota before = quota_at("m", "sandbox");
    const bool is_set = set_project(directory);
    static char text[1024 * 1024];
    tree_write(disk, "m/sandbox/a", {text, sizeof text});
    sync();
    const Quota unlimited = quota_at("m", "sandbox");
    const bool is_limited = set_limit(directory, 8192);
    close(directory);
    tree_mkdir(disk, "m/sandbox/below");
    const Quota limited = quota_at("m", "sandbox");
    const Quota below = quota_at("m/sandbox", "below");
    tree_chmod(disk, "m/sandbox", 0700);
    const bool is_nobody = become_nobody();
    const Quota unprivileged = quota_at("m", "sandbox");
    become_root_again();
    const bool is_unmounted = run("umount m");
    tree_remove(disk);
    assert_true(is_set && is_limited && is_nobody && is_unmounted);
    assert_int_equal(before.status, Status::absent);
    assert_int_equal(unlimited.status, Status::ok);  // by quotactl_fd
    assert_true(unlimited.use.has_used && !unlimited.use.has_limit);
    assert_true(unlimited.use.used_bytes >= sizeof text);
    assert_true(unlimited.use.used_bytes < sizeof text + 64 * 1024);
    assert_int_equal(limited.status, Status::ok);
    assert_int_equal(limited.use.limit_bytes, 8192 * 1024);
    assert_true(limited.use.used_bytes >= sizeof text);
    assert_true(limited.use.used_bytes < sizeof text + 64 * 1024);
    assert_int_equal(below.status, Status::absent);
    assert_int_equal(unprivileged.status, Status::ok);
    assert_int_equal(unprivileged.use.used_bytes, limited.use.used_bytes);
    assert_int_equal(unprivileged.use.limit_bytes, limited.use.limit_bytes);
}

void ext4_tells_the_use_of_a_project(void**) {
    check_use_of_a_project("ext4_tells_the_use_of_a_project",
                           "mkfs.ext4 -q -O quota,project image 2>/dev/null",
                           "mount -t ext4 -o loop,prjquota image m 2>/dev/null");
}

void xfs_tells_the_use_of_a_project(void**) {
    check_use_of_a_project("xfs_tells_the_use_of_a_project", "mkfs.xfs -q image 2>/dev/null",
                           "mount -t xfs -o loop,prjquota image m 2>/dev/null");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(smaller_size_than_above_is_a_limit),
        cmocka_unit_test(it_is_one_where_the_project_may_not_be_asked_for),
        cmocka_unit_test(size_of_the_file_system_says_nothing),
        cmocka_unit_test(project_of_the_directory_above_is_not_ones_own),
        cmocka_unit_test(space_left_of_the_file_system_says_nothing_of_the_use),
        cmocka_unit_test(file_system_that_is_resized_meanwhile_says_nothing),
        cmocka_unit_test(answers_that_make_no_sense_say_nothing),
        cmocka_unit_test(directory_without_a_project_has_no_quota),
        cmocka_unit_test(ext4_tells_the_use_of_a_project),
        cmocka_unit_test(xfs_tells_the_use_of_a_project),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
