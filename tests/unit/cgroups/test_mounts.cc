#include "cgroups/mounts.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

static CgroupMounts mounts;

constexpr SubsystemSet set(Subsystem subsystem) {
    return static_cast<SubsystemSet>(1U << static_cast<unsigned>(subsystem));
}

void scan(std::string_view text) {
    mounts = CgroupMounts{};
    scan_cgroup_mounts(text, mounts);
}

void hierarchies_of_version_1_may_have_many_subsystems(void**) {
    scan(
        "25 19 0:22 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup "
        "rw,cpuacct,cpu\n"
        "26 19 0:23 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup rw,xattr,name=systemd\n"
        "27 19 0:24 / /sys/fs/cgroup/my\\040blkio rw - cgroup cgroup rw,blkio\n"
        "28 19 0:25 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
        "29 19 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_int_equal(mounts.count, 2);
    assert_string_equal(mounts.items[0].path.c_str(), "sys/fs/cgroup/cpu,cpuacct");
    assert_false(mounts.items[0].is_unified);
    assert_int_equal(mounts.items[0].subsystems, set(Subsystem::cpu) | set(Subsystem::cpuacct));
    assert_string_equal(mounts.items[1].path.c_str(), "sys/fs/cgroup/my blkio");
    assert_int_equal(mounts.items[1].subsystems, set(Subsystem::io));
}

void version_2_has_what_version_1_left(void**) {
    scan("30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    assert_int_equal(mounts.count, 1);
    assert_true(mounts.items[0].is_unified);
    assert_int_equal(mounts.items[0].subsystems, all_subsystems);
    scan(
        "30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
    assert_int_equal(mounts.count, 2);
    assert_int_equal(mounts.items[0].subsystems,
                     all_subsystems & ~(set(Subsystem::cpu) | set(Subsystem::cpuacct)));
    scan(
        "30 23 0:26 / /unified rw - cgroup2 cgroup2 rw\n"
        "31 23 0:27 / /all rw - cgroup cgroup rw,cpu,cpuacct,memory,blkio,pids,hugetlb\n");
    assert_int_equal(mounts.count, 2);
    assert_int_equal(mounts.items[0].subsystems, set(Subsystem::pressure));
    assert_false(mounts.items[1].is_unified);
}

void a_mount_of_the_other_version_hides_what_was_at_its_place(void**) {
    scan(
        "30 23 0:26 / /a rw - cgroup cgroup rw,cpu\n"
        "31 23 0:26 / /a rw - cgroup2 cgroup2 rw\n");
    assert_int_equal(mounts.count, 1);
    assert_true(mounts.items[0].is_unified);
    assert_int_equal(mounts.items[0].subsystems, all_subsystems);
}

void of_two_mounts_the_one_that_shows_all_is_kept(void**) {
    scan(
        "30 23 0:26 /docker/abc /part rw - cgroup cgroup rw,memory\n"
        "31 23 0:26 / /whole rw - cgroup cgroup rw,memory\n"
        "32 23 0:26 / /again rw - cgroup cgroup rw,memory\n");
    assert_int_equal(mounts.count, 1);
    assert_string_equal(mounts.items[0].path.c_str(), "whole");
}

void lines_that_make_no_sense_are_passed_over(void**) {
    scan("");
    assert_int_equal(mounts.count, 0);
    scan("garbage\n - \n - cgroup\n1 2 3 - cgroup cgroup rw,memory\n - cgroup2 cgroup2 rw\n");
    assert_int_equal(mounts.count, 0);
    scan("31 23 0:26 / /torn rw - cgroup cgroup rw,memory");
    assert_int_equal(mounts.count, 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(hierarchies_of_version_1_may_have_many_subsystems),
        cmocka_unit_test(version_2_has_what_version_1_left),
        cmocka_unit_test(a_mount_of_the_other_version_hides_what_was_at_its_place),
        cmocka_unit_test(of_two_mounts_the_one_that_shows_all_is_kept),
        cmocka_unit_test(lines_that_make_no_sense_are_passed_over)};
    return cmocka_run_group_tests_name("cgroups.mounts", tests, nullptr, nullptr);
}
