// What sandboxes and volumes use: the order of the ways to know it, walks over ticks, the mount
// table.
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "cgroups/sandbox.h"
#include "tests/support/sandbox_bed.h"
#include "tests/support/stuck_fuse.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void walk_adds_up_over_ticks(void**) {
    char name[200];
    std::uint64_t bytes = 0;
    for (int i = 0; i < 25; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "some text");
        bytes += blocks_of(name);
    }
    bytes += blocks_of(WORK "/" RUNS "/c1");
    start(8, 10);
    tick("c1");  // 10 entries, the top among them
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    tick("c1");
    char expected[100];
    const auto count = static_cast<unsigned long long>(bytes);
    snprintf(expected, sizeof expected, "disk.used_bytes %llu disk.used_age_secs 0 ", count);
    assert_string_equal(figures_of("c1"), expected);
    bed.now_ns += 3 * second_ns;
    snprintf(expected, sizeof expected, "disk.used_bytes %llu disk.used_age_secs 3000 ", count);
    assert_string_equal(figures_of("c1"), expected);
    bed.now_ns += 3600 * second_ns;
    assert_string_equal(figures_of("c1"), "disk: timeout ");
}

void walks_take_turns(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c3/a", "x");
    start(8, 100);
    tick("c1 c2 c3");
    for (const char* id : {"c1", "c2", "c3"})
        assert_non_null(strstr(figures_of(id), "disk.used_bytes"));
}

void ticks_of_less_than_a_second_have_their_share_of_the_rate(void**) {
    char name[200];
    for (int i = 0; i < 29; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "x");
    }
    start(8, 20);
    tick("c1");
    bed.now_ns += second_ns / 4;  // 5 more, and 5 are left
    tick("c1", 0);
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    bed.now_ns += second_ns / 4;
    tick("c1", 0);
    assert_string_equal(figures_of("c1"), "disk: timeout ");  // the top counts, too
    bed.now_ns += second_ns / 4;
    tick("c1", 0);
    assert_non_null(strstr(figures_of("c1"), "disk.used_bytes"));
}

void container_that_ends_stops_its_walk(void**) {
    char name[200];
    for (int i = 0; i < 25; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "x");
    }
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    start(8, 10);
    tick("c1");
    tick("c2");
    assert_null(bed.sandboxes.find("c1"));
    assert_non_null(strstr(figures_of("c2"), "disk.used_bytes"));
}

void file_system_that_may_be_remote_is_left_alone(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    write_mounts("30 20 0:50 / /var/lib/mesos rw - nfs4 host:/x rw\n");
    start(8, 1000);
    tick("c1");
    assert_null(bed.sandboxes.find("c1"));
    assert_string_equal(figures_of("c1"), "disk: not_available ");
}

void remote_mounts_in_sandboxes_end_their_walks(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    tree_write(bed.tree, WORK "/slaves/S1/frameworks/F2/executors/E/runs/c3/a", "x");
    write_mounts("30 20 0:50 / /" WORK "/" RUNS
                 "/c1/data rw - nfs4 host:/x rw\n"
                 "31 20 0:51 / /" WORK "/slaves/S1/frameworks/F2 rw - fuse.x x rw\n");
    start(8, 1000);
    tick("c1 c2 c3");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
    assert_non_null(strstr(figures_of("c2"), "disk.used_bytes"));
    assert_string_equal(figures_of("c3"), "disk: not_available ");
}

void mount_table_that_cannot_be_read_is_the_reason(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    start(8, 1000);
    tick("c1");
    assert_non_null(strstr(figures_of("c1"), "disk.used_bytes"));
    tree_write(bed.tree, "proc/1/mountinfo", "");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: unreadable ");
    tree_delete(bed.tree, "proc/1/mountinfo");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
}

#define VOLUME WORK "/volumes/roles/a role"

void volumes_are_tagged_with_their_ids(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, VOLUME "/id1/a", "x");
    tree_write(bed.tree, VOLUME "/id2/a", "x");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/a\\040role/id1 /" WORK "/" RUNS
                 "/c1/one rw - ext4 x x\n"
                 "31 20 8:1 /" WORK "/volumes/roles/a\\040role/id2 /" WORK "/" RUNS
                 "/c1/d/2 rw - ext4 x x\n"
                 "32 20 8:1 /" WORK "/volumes/roles/a\\040role/id2 /" WORK "/" RUNS
                 "/c1/d/3 rw - ext4 x x\n"
                 "33 20 8:1 /" WORK "/volumes/roles/a\\040role /" WORK "/" RUNS
                 "/c1/e rw - ext4 x x\n"
                 "34 20 8:1 /" WORK "/volumes/roles/a\\040role/id1/sub /" WORK "/" RUNS
                 "/c1/f rw - ext4 x x\n"
                 "35 20 8:2 /" WORK "/volumes/roles/a\\040role/id3 /" WORK "/" RUNS
                 "/c1/g rw - ext4 x x\n"
                 "36 20 8:1 /" WORK "/volumes/roles/a\\040role/id1 /mnt rw - ext4 x x\n");
    start(8, 1000);
    tick("c1");
    const char* figures = figures_of("c1");
    char expected[200];
    for (const char* id : {"id1", "id2"}) {
        const unsigned long long bytes = blocks_of(VOLUME "/id1") + blocks_of(VOLUME "/id1/a");
        snprintf(expected, sizeof expected, "disk.used_bytes{%s} %llu ", id, bytes);
        const char* at = strstr(figures, expected);
        if (at == nullptr && strstr(figures, "disk: not_available") != nullptr) {
            print_message("SKIP volumes_are_tagged_with_their_ids: the kernel marks no mounts\n");
            skip();
        }
        assert_non_null(at);
        assert_null(strstr(at + 1, expected));
    }
    assert_null(strstr(figures, "id3"));
    write_mounts("");
    tick("c1");
    assert_null(strstr(figures_of("c1"), "{"));
}

void volumes_without_room_are_counted(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/r/id1 /" WORK "/" RUNS
                 "/c1/1 rw - ext4 x x\n"
                 "31 20 8:1 /" WORK "/volumes/roles/r/id2 /" WORK "/" RUNS "/c1/2 rw - ext4 x x\n");
    start(1);
    tick("c1");
    assert_int_equal(bed.sandboxes.overflow_count(), 1);
    assert_string_equal(figures_of("c1"), "disk: not_available disk.volumes: gone ");
}

void nested_sandbox_has_its_own_mounts(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/n1");
    tree_mkdir(bed.tree, WORK "/volumes/roles/r/id1");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/r/id1 /" WORK "/" RUNS
                 "/c1/containers/n1/v rw - ext4 x x\n");
    start();
    tick("c1 n1");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
    assert_string_equal(figures_of("n1"), "disk: not_available disk.volumes: not_available ");
}

// Last: it moves the program into mounts of its own.
void sandbox_that_is_a_file_system_has_its_figures(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    static char path[1024];
    snprintf(path, sizeof path, "%s/" WORK "/" RUNS "/c1", bed.tree.path.c_str());
    if (!enter_own_mounts() || mount("none", path, "tmpfs", 0, "size=1m") != 0) {
        print_message(
            "SKIP sandbox_that_is_a_file_system_has_its_figures: no mounts of one's own\n");
        skip();
    }
    static char text[16 * 1024];
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", {text, sizeof text});
    write_mounts("30 20 0:50 / /" WORK "/" RUNS "/c1 rw - tmpfs none rw\n");
    start(8, 1000);
    tick("c1");
    const char* figures = figures_of("c1");
    const bool is_right = strcmp(figures, "disk.limit_bytes 1048576 disk.used_bytes 16384 ") == 0;
    // Part of a file system, as the table has it: statfs would tell of all of it.
    write_mounts("30 20 0:50 /part /" WORK "/" RUNS "/c1 rw - tmpfs none rw\n");
    tick("c1");
    const bool is_part_walked = strstr(figures_of("c1"), "disk.limit_bytes") == nullptr;
    umount2(path, MNT_DETACH);
    if (!is_right) print_error("%s\n", figures);
    assert_true(is_right && is_part_walked);
}

}  // namespace

int main() {
#define CASE(name) cmocka_unit_test_setup_teardown(name, sandbox_bed_set_up, sandbox_bed_tear_down)
    const CMUnitTest tests[] = {
        CASE(walk_adds_up_over_ticks),
        CASE(walks_take_turns),
        CASE(ticks_of_less_than_a_second_have_their_share_of_the_rate),
        CASE(container_that_ends_stops_its_walk),
        CASE(file_system_that_may_be_remote_is_left_alone),
        CASE(remote_mounts_in_sandboxes_end_their_walks),
        CASE(mount_table_that_cannot_be_read_is_the_reason),
        CASE(volumes_are_tagged_with_their_ids),
        CASE(volumes_without_room_are_counted),
        CASE(nested_sandbox_has_its_own_mounts),
        CASE(sandbox_that_is_a_file_system_has_its_figures),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
