// threaded
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "platform/limits.h"
#include "platform/linux/clock.h"
#include "platform/linux/mount_table.h"
#include "tests/support/reader_bed.h"
#include "tests/support/stuck_fuse.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector mounts_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

// The mount points that have figures, in order, one a line. Each must have its capacity.
const char* paths_of(const ReaderBed& bed) {
    static char paths[64 * 1024];
    std::size_t size = 0;
    for (const Sample& sample : bed.snapshot.samples) {
        if (strcmp(bed.source.specs[sample.spec].name, "filesystem.capacity.total") != 0) continue;
        const Subject& subject = bed.snapshot.subjects[sample.subject];
        const std::string_view path = bed.snapshot.text(subject.name);
        size += static_cast<std::size_t>(snprintf(paths + size, sizeof paths - size, "%.*s\n",
                                                  static_cast<int>(path.size()), path.data()));
    }
    paths[size] = '\0';
    return paths;
}

// A tree has no file systems of its own: each path is a directory, and the figures are those of the
// disk that the test runs on. Which mounts are chosen is what is looked at here.
void tick_on(ReaderBed& bed, std::string_view table) {
    bed_make(bed, mounts_collector);
    for (const char* directory : {"boot", "data", "mnt/a b", "srv", "home", "hidden", "root2"}) {
        tree_mkdir(bed.tree, directory);
    }
    tree_write(bed.tree, "proc/self/mountinfo", table);
    bed_tick(bed);
}

void real_file_systems_are_shown_once(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "22 28 0:21 / /proc rw - proc proc rw\n"
            "23 28 0:22 / /sys rw - sysfs sysfs rw\n"
            "24 28 0:5 / /dev rw - devtmpfs udev rw\n"
            "28 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n"
            "30 28 0:26 / /run rw - tmpfs tmpfs rw\n"
            "31 28 259:1 / /boot rw - vfat /dev/nvme0n1p1 rw\n"
            "32 28 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
            "33 28 253:0 / /mnt/a\\040b rw - xfs /dev/mapper/a rw\n"
            "34 28 0:70 / /snap rw - squashfs /dev/loop0 ro\n");
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_string_equal(paths_of(bed), "/\n/boot\n/mnt/a b\n");
    bed_remove(bed);
}

void bind_mounts_and_overlays_of_containers_are_left_out(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            "40 28 8:1 /var/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
            "41 28 8:1 /data /data rw - ext4 /dev/sda1 rw\n"
            "42 28 0:50 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw\n"
            "43 28 0:4 net:[1] /run/netns/x rw - nsfs nsfs rw\n"
            "44 28 8:2 /sub /data rw - ext4 /dev/sdb1 rw\n"
            "45 28 8:2 / /srv rw - ext4 /dev/sdb1 rw\n");
    assert_string_equal(paths_of(bed), "/\n/srv\n");
    bed_remove(bed);
}

void last_mount_at_a_place_hides_the_others(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            "40 28 8:2 / /hidden rw - ext4 /dev/sdb1 rw\n"
            "41 28 0:60 / /hidden rw - tmpfs tmpfs rw\n"
            "42 28 8:3 / /srv rw - ext4 /dev/sdc1 rw\n"
            "43 28 8:4 / /srv rw - xfs /dev/sdd1 rw\n");
    assert_string_equal(paths_of(bed), "/\n/srv\n");
    bed_remove(bed);
}

void overlay_is_shown_as_root_only(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "28 1 0:40 / / rw - overlay overlay rw\n"
            "29 28 0:41 / /srv rw - overlay overlay rw\n");
    assert_string_equal(paths_of(bed), "/\n");
    bed_remove(bed);
}

void subvolumes_of_btrfs_are_one_file_system(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "28 1 0:31 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home\n"
            "29 1 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@\n"
            "30 1 0:33 /@ /data rw - btrfs /dev/sdb rw\n");
    assert_string_equal(paths_of(bed), "/\n/data\n");
    bed_remove(bed);
}

// CentOS 7: rootfs below the root, optional fields of that time.
void oldest_kernel_is_understood(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "1 1 0:1 / / rw - rootfs rootfs rw\n"
            "62 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/centos-root rw,attr2\n"
            "38 62 8:1 / /boot rw,relatime shared:28 - xfs /dev/sda1 rw,attr2,inode64\n"
            "35 17 0:34 / /proc/sys/fs/binfmt_misc rw shared:23 - autofs systemd-1 rw\n");
    assert_string_equal(paths_of(bed), "/\n/boot\n");
    bed_remove(bed);
}

void unreachable_mounts_are_counted_and_have_a_reason(void**) {
    static ReaderBed bed;
    tick_on(bed,
            "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            "29 1 8:2 / /nowhere rw - ext4 /dev/sdb1 rw\n"
            "rubbish\n");
    assert_string_equal(paths_of(bed), "/\n");
    assert_int_equal(bed_report(bed).skipped_count, 2);
    assert_string_equal(status_name(bed_report(bed).status), "absent");
    bed_remove(bed);
}

void mounts_below_a_closed_directory_are_denied(void**) {
    static ReaderBed bed;
    bed_make(bed, mounts_collector);
    tree_mkdir(bed.tree, "closed/data");
    tree_chmod(bed.tree, "closed", 0700);
    tree_write(bed.tree, "proc/self/mountinfo",
               "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
               "29 1 8:2 / /closed/data rw - ext4 /dev/sdb1 rw\n"
               "30 1 8:3 / /nowhere rw - ext4 /dev/sdc1 rw\n");
    become_nobody();
    bed_tick(bed);
    become_root_again();
    assert_string_equal(paths_of(bed), "/\n");
    assert_string_equal(status_name(bed_report(bed).status), "denied");
    bed_remove(bed);
}

void links_do_not_lead_out_of_the_tree(void**) {
    if (syscall(SYS_openat2, -1, nullptr, nullptr, 0) < 0 && errno == ENOSYS) {
        print_message("SKIP mounts.links: no openat2 here (Linux 5.6)\n");
        skip();
    }
    static ReaderBed bed;
    bed_make(bed, mounts_collector);
    tree_symlink(bed.tree, "/usr", "out");  // exists outside, not in the tree
    tree_write(bed.tree, "proc/self/mountinfo", "29 1 8:2 / /out rw - ext4 /dev/sdb1 rw\n");
    bed_tick(bed);
    assert_string_equal(paths_of(bed), "");
    bed_remove(bed);
}

void table_that_is_absent_or_denied_says_so(void**) {
    static ReaderBed bed;
    bed_make(bed, mounts_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "absent");
    tree_write(bed.tree, "proc/self/mountinfo", "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    tree_chmod(bed.tree, "proc/self/mountinfo", 0);
    become_nobody();
    bed_tick(bed);
    become_root_again();
    assert_string_equal(status_name(bed_report(bed).status), "denied");
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void every_prefix_shows_whole_lines_only(void**) {
    constexpr std::string_view table =
        "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "31 28 8:2 / /boot rw - vfat /dev/sda2 rw\n";
    static ReaderBed bed;
    tick_on(bed, "");
    for (std::size_t size = 0; size < table.size(); ++size) {
        tree_write(bed.tree, "proc/self/mountinfo", table.substr(0, size));
        bed_tick(bed);
        const char* expected = size > table.find('\n') ? "/\n" : "";
        assert_string_equal(paths_of(bed), expected);
    }
    bed_remove(bed);
}

void more_mounts_than_fit_are_counted(void**) {
    static ReaderBed bed;
    static char table[64 * 1024];
    std::size_t size = 0;
    constexpr std::size_t count = limits::mount_count_max + 5;
    for (std::size_t i = 0; i < count; ++i) {
        size += static_cast<std::size_t>(snprintf(table + size, sizeof table - size,
                                                  "%zu 1 8:%zu / /m%zu rw - ext4 /dev/x rw\n", i, i,
                                                  i));
    }
    tick_on(bed, {table, size});
    assert_int_equal(bed_report(bed).overflow_count, 5);
    assert_string_equal(status_name(bed_report(bed).status), "full");
    bed_remove(bed);
}

std::size_t thread_count() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

bool has_root(const ReaderBed& bed) {
    return strstr(bed_dump(bed), "filesystem.capacity.total{path=/} ") != nullptr;
}

// In a chroot the root is no mount, and some machines have it in memory.
bool root_is_storage(ReaderBed& bed) {
    std::string_view text;
    assert_true(bed.reader.read(bed.root.proc(), "self/mountinfo", text) == Status::ok);
    MountCursor mounts(text);
    MountLine mount;
    bool is_storage = false;
    while (mounts.next(mount)) {
        if (mount.mount_point != "/") continue;
        is_storage = mount.type != "rootfs" && mount.type != "tmpfs" && mount.type != "ramfs" &&
                     mount.type != "squashfs";
    }
    return is_storage;
}

StuckFuse fuse;

int end_fuse(void**) {
    stuck_fuse_abort(fuse);
    return 0;
}

// Last, for the process stays in its own mount namespace.
void stuck_mount_costs_only_itself(void**) {
    static ReaderBed bed;
    static Tree place;
    tree_make(place);
    if (!enter_own_mounts() || !stuck_fuse_mount(fuse, place.path.c_str())) {
        printf("SKIP mounts.hang: no FUSE mount here: %s\n", strerror(errno));
        tree_remove(place);
        skip();
    }
    bed_make_live(bed, mounts_collector);
    bed_tick(bed);
    const bool is_root_shown = root_is_storage(bed);
    const std::size_t threads = thread_count();
    const std::uint64_t start_ns = boottime_ns();
    for (int i = 0; i < 50; ++i) {
        bed_tick(bed);
        assert_int_equal(has_root(bed), is_root_shown);
        assert_string_equal(status_name(bed_report(bed).status), "timeout");
        assert_null(strstr(bed_dump(bed), place.path.c_str()));
    }
    const std::uint64_t took_ns = boottime_ns() - start_ns;
    assert_int_equal(thread_count(), threads);
    // 50 ticks that each waited for the stuck one would take a second.
    printf("# 50 readings beside a stuck mount: %llu us\n",
           static_cast<unsigned long long>(took_ns / 1000));
    assert_true(took_ns < 500'000'000);
    stuck_fuse_abort(fuse);
    // A machine may have others that cannot be seen.
    for (int i = 0; i < 100 && bed_report(bed).status == Status::timeout; ++i) {
        usleep(10'000);
        bed_tick(bed);
    }
    assert_string_not_equal(status_name(bed_report(bed).status), "timeout");
    assert_int_equal(has_root(bed), is_root_shown);
    bed_remove(bed);
    tree_remove(place);
}

// A server far away: each answer comes after the reading that wanted it, and shows in the next.
void slow_mount_shows_what_it_said_since_the_last_reading(void**) {
    static ReaderBed bed;
    static Tree place;
    constexpr long answer_us = 60'000;
    fuse.answer_us = answer_us;
    tree_make(place);
    if (!enter_own_mounts() || !stuck_fuse_mount(fuse, place.path.c_str())) {
        printf("SKIP mounts.slow: no FUSE mount here: %s\n", strerror(errno));
        tree_remove(place);
        skip();
    }
    char line[640];
    snprintf(line, sizeof line, "filesystem.capacity.total{path=%s} 4194304\n", place.path.c_str());
    bed_make_live(bed, mounts_collector);
    bed_tick(bed);  // the first reading waits for it
    assert_non_null(strstr(bed_dump(bed), line));
    bed_tick(bed);
    for (int i = 0; i < 5; ++i) {
        usleep(4 * answer_us);
        bed_tick(bed);
        assert_non_null(strstr(bed_dump(bed), line));
        assert_string_not_equal(status_name(bed_report(bed).status), "timeout");
    }
    // Its server ends, while somebody has it open: it stays mounted, and answers with an error.
    const int user = open(place.path.c_str(), O_PATH | O_CLOEXEC);
    umount2(place.path.c_str(), MNT_FORCE);
    for (int i = 0; i < 100 && bed_report(bed).status != Status::io_error; ++i) {
        usleep(10'000);
        bed_tick(bed);
    }
    assert_string_equal(status_name(bed_report(bed).status), "io_error");
    assert_null(strstr(bed_dump(bed), place.path.c_str()));
    close(user);
    bed_remove(bed);
    stuck_fuse_abort(fuse);
    tree_remove(place);
}

void live_machine_agrees(void**) {
    static ReaderBed bed;
    bed_make_live(bed, mounts_collector);
    bed_tick(bed);
    if (!root_is_storage(bed)) {
        printf("SKIP mounts.live: / is no mount of storage here (a chroot, or in memory)\n");
        bed_remove(bed);
        skip();
    }
    struct statvfs root = {};
    assert_int_equal(statvfs("/", &root), 0);
    char line[128];
    snprintf(line, sizeof line, "filesystem.capacity.total{path=/} %llu\n",
             static_cast<unsigned long long>(root.f_blocks * root.f_frsize));
    assert_non_null(strstr(bed_dump(bed), line));
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(real_file_systems_are_shown_once),
        cmocka_unit_test(bind_mounts_and_overlays_of_containers_are_left_out),
        cmocka_unit_test(last_mount_at_a_place_hides_the_others),
        cmocka_unit_test(overlay_is_shown_as_root_only),
        cmocka_unit_test(subvolumes_of_btrfs_are_one_file_system),
        cmocka_unit_test(oldest_kernel_is_understood),
        cmocka_unit_test(unreachable_mounts_are_counted_and_have_a_reason),
        cmocka_unit_test(mounts_below_a_closed_directory_are_denied),
        cmocka_unit_test(links_do_not_lead_out_of_the_tree),
        cmocka_unit_test(table_that_is_absent_or_denied_says_so),
        cmocka_unit_test(every_prefix_shows_whole_lines_only),
        cmocka_unit_test(more_mounts_than_fit_are_counted),
        cmocka_unit_test(live_machine_agrees),
        cmocka_unit_test_teardown(stuck_mount_costs_only_itself, end_fuse),
        cmocka_unit_test_teardown(slow_mount_shows_what_it_said_since_the_last_reading, end_fuse),
    };
    return cmocka_run_group_tests_name("mounts", tests, nullptr, nullptr);
}
