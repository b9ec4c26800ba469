#include "cgroups/sandbox_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "platform/linux/clock.h"
#include "tests/support/stuck_fuse.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t never_ns = ~std::uint64_t{0};

bool has_own_mounts;
Tree tree;
Arena arena;
SandboxWalk walk;

int set_up(void**) {
    tree_make(tree);
    tree_mkdir(tree, "top");
    return 0;
}

// For many files: the disk would take minutes. Where that is not permitted, it does.
int set_up_in_memory(void**) {
    tree_make(tree);
    (void)mount("none", tree.path.c_str(), "tmpfs", 0, "nr_inodes=600000");
    tree_mkdir(tree, "top");
    return 0;
}

int tear_down(void**) {
    walk.stop();
    (void)umount2(tree.path.c_str(), MNT_DETACH);
    tree_remove(tree);
    return 0;
}

int open_top() {
    FixedText<600> path = {};
    assert_true(path.assign(tree.path.view()) && path.append("/top"));
    return open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

const char* path_of(const char* below) {
    static char path[700];
    snprintf(path, sizeof path, "%s/%s", tree.path.c_str(), below);
    return path;
}

Status walk_all(std::size_t entries = 1'000'000) {
    const Status status = walk.start(open_top(), false);
    return status == Status::ok ? walk.step(entries, never_ns) : status;
}

// As the C library counts: no links with a second name may be in the tree.
std::uint64_t counted_bytes;
int count_one(const char*, const struct stat* found, int, struct FTW*) {
    counted_bytes += static_cast<std::uint64_t>(found->st_blocks) * 512;
    return 0;
}
std::uint64_t bytes_by_nftw() {
    counted_bytes = 0;
    assert_int_equal(nftw(path_of("top"), count_one, 16, FTW_PHYS | FTW_MOUNT), 0);
    return counted_bytes;
}

std::size_t open_file_count() {
    DIR* files = opendir("/proc/self/fd");
    std::size_t count = 0;
    while (readdir(files) != nullptr)
        ++count;
    closedir(files);
    return count;
}

void write_kilobytes(const char* file, std::size_t count) {
    static char text[64 * 1024];
    tree_write(tree, file, {text, count * 1024});
}

void sum_is_that_of_all_entries(void**) {
    write_kilobytes("top/a", 40);
    write_kilobytes("top/d/b", 20);
    write_kilobytes("top/d/e/c", 1);
    tree_mkdir(tree, "top/empty");
    assert_int_equal(walk_all(), Status::ok);
    assert_int_equal(walk.used_bytes(), bytes_by_nftw());
    assert_true(walk.used_bytes() >= 61 * 1024);
    assert_false(walk.is_running());
}

void empty_directory_has_its_own_blocks(void**) {
    assert_int_equal(walk_all(), Status::ok);
    assert_int_equal(walk.used_bytes(), bytes_by_nftw());
}

void ten_thousand_files_take_many_short_steps(void**) {
    char name[64];
    for (int i = 0; i < 10'000; ++i) {
        snprintf(name, sizeof name, "top/d%d/s%d/f%d", i % 10, i % 100, i);
        tree_write(tree, name, "x");
    }
    const std::size_t files_before = open_file_count();
    assert_int_equal(walk.start(open_top(), false), Status::ok);
    std::size_t entries = 0;
    std::uint32_t steps = 0;
    Status status = Status::timeout;
    while (status == Status::timeout) {
        std::size_t budget = 500;
        const std::uint64_t before_ns = boottime_ns();
        status = walk.step(budget, never_ns);
        assert_true(boottime_ns() - before_ns < 2'000'000'000);
        entries += 500 - budget;
        ++steps;
    }
    assert_int_equal(status, Status::ok);
    assert_int_equal(entries, 10'000 + 10 + 100);
    assert_true(steps == 21 || steps == 22);
    assert_int_equal(walk.used_bytes(), bytes_by_nftw());
    assert_int_equal(open_file_count(), files_before);
}

void time_that_is_over_ends_a_step(void**) {
    write_kilobytes("top/a", 1);
    assert_int_equal(walk.start(open_top(), false), Status::ok);
    std::size_t budget = 10;
    assert_int_equal(walk.step(budget, boottime_ns()), Status::timeout);
    assert_int_equal(budget, 10);
    assert_int_equal(walk.step(budget, never_ns), Status::ok);
}

void links_are_not_followed_and_nothing_is_opened(void**) {
    write_kilobytes("outside/much", 60);
    tree_symlink(tree, "../outside", "top/link");
    tree_symlink(tree, "/", "top/root");
    tree_symlink(tree, "loop", "top/loop");
    assert_int_equal(mkfifo(path_of("top/fifo"), 0600), 0);
    assert_int_equal(walk_all(), Status::ok);
    assert_int_equal(walk.used_bytes(), bytes_by_nftw());
    assert_true(walk.used_bytes() < 60 * 1024);
}

void file_with_several_names_counts_once(void**) {
    write_kilobytes("top/a", 60);
    assert_int_equal(walk_all(), Status::ok);
    const std::uint64_t once = walk.used_bytes();
    tree_mkdir(tree, "outside");
    static char from[700];
    snprintf(from, sizeof from, "%s/top/a", tree.path.c_str());
    assert_int_equal(link(from, path_of("top/b")), 0);
    assert_int_equal(link(from, path_of("top/c")), 0);
    assert_int_equal(link(from, path_of("outside/d")), 0);
    assert_int_equal(walk_all(), Status::ok);
    assert_int_equal(walk.used_bytes(), once);
}

void directory_that_becomes_a_link_is_not_entered(void**) {
    write_kilobytes("outside/much", 60);
    tree_mkdir(tree, "top/a");
    tree_mkdir(tree, "top/b");
    assert_int_equal(walk.start(open_top(), false), Status::ok);
    std::size_t budget = 2;  // both are listed, none was entered
    assert_int_equal(walk.step(budget, never_ns), Status::timeout);
    for (const char* name : {"top/a", "top/b"}) {
        tree_delete(tree, name);
        tree_symlink(tree, "../outside", name);
    }
    budget = 100;
    assert_int_equal(walk.step(budget, never_ns), Status::ok);
    assert_true(walk.used_bytes() < 60 * 1024);
}

void tree_that_goes_away_ends_the_walk(void**) {
    char name[64];
    for (int i = 0; i < 200; ++i) {
        snprintf(name, sizeof name, "top/d%d/f", i);
        tree_write(tree, name, "x");
    }
    assert_int_equal(walk.start(open_top(), false), Status::ok);
    std::size_t budget = 203;
    assert_int_equal(walk.step(budget, never_ns), Status::timeout);
    tree_delete(tree, "top");
    budget = 1000;
    assert_int_equal(walk.step(budget, never_ns), Status::ok);
}

void what_may_not_be_read_is_denied(void**) {
    write_kilobytes("top/secret/a", 1);
    tree_chmod(tree, "top/secret", 0700);
    if (!become_nobody()) skip();
    const Status status = walk_all();
    become_root_again();
    assert_int_equal(status, Status::denied);
    assert_false(walk.is_running());
}

void tree_that_is_too_deep_has_no_figure(void**) {
    FixedText<600> name = {};
    assert_true(name.assign("top"));
    for (std::size_t i = 0; i < limits::walk_depth_max - 1; ++i)
        assert_true(name.append("/d"));
    tree_mkdir(tree, name.c_str());
    assert_int_equal(walk_all(), Status::ok);
    assert_true(name.append("/d"));
    tree_mkdir(tree, name.c_str());
    assert_int_equal(walk_all(), Status::full);
}

void too_many_directories_in_one_have_no_figure(void**) {
    char name[64];
    for (std::size_t i = 0; i <= limits::walk_pending_count_max; ++i) {
        snprintf(name, sizeof name, "top/%zu", i);
        tree_mkdir(tree, name);
        if (i + 1 == limits::walk_pending_count_max) assert_int_equal(walk_all(), Status::ok);
    }
    assert_int_equal(walk_all(), Status::full);
    tree_delete(tree, "top/0");
    assert_int_equal(walk_all(), Status::ok);
}

void too_many_names_have_no_figure(void**) {
    char name[300];
    for (std::size_t i = 0; i <= limits::walk_pending_bytes / 250; ++i) {
        snprintf(name, sizeof name, "top/%0250zu", i);
        tree_mkdir(tree, name);
    }
    assert_int_equal(walk_all(), Status::full);
}

void too_many_linked_files_have_no_figure(void**) {
    static char from[700];
    char name[64];
    tree_mkdir(tree, "outside");
    for (std::size_t i = 0; i <= limits::walk_linked_count_max; ++i) {
        snprintf(name, sizeof name, "top/%zu", i);
        tree_write(tree, name, "");
        snprintf(from, sizeof from, "%s/top/%zu", tree.path.c_str(), i);
        snprintf(name, sizeof name, "outside/%zu", i);
        assert_int_equal(link(from, path_of(name)), 0);
        if (i + 1 == limits::walk_linked_count_max) assert_int_equal(walk_all(), Status::ok);
    }
    assert_int_equal(walk_all(), Status::full);
}

void other_mounts_are_passed_over(void**) {
    if (!has_own_mounts) {
        print_message("SKIP other_mounts_are_passed_over: no mount namespace of one's own\n");
        skip();
    }
    write_kilobytes("outside/much", 60);
    tree_mkdir(tree, "top/bind");
    tree_mkdir(tree, "top/other");
    assert_int_equal(walk_all(), Status::ok);
    const std::uint64_t before = walk.used_bytes();
    static char outside[700];
    snprintf(outside, sizeof outside, "%s/outside", tree.path.c_str());
    assert_int_equal(mount(outside, path_of("top/bind"), nullptr, MS_BIND, nullptr), 0);
    assert_int_equal(mount("none", path_of("top/other"), "tmpfs", 0, nullptr), 0);
    write_kilobytes("top/other/much", 60);
    std::size_t budget = 100;
    assert_int_equal(walk.start(open_top(), true), Status::ok);
    const Status status = walk.step(budget, never_ns);
    umount2(path_of("top/bind"), MNT_DETACH);
    umount2(path_of("top/other"), MNT_DETACH);
    if (status == Status::unsupported) {
        print_message("SKIP other_mounts_are_passed_over: the kernel does not mark mounts\n");
        skip();
    }
    assert_int_equal(status, Status::ok);
    assert_true(walk.used_bytes() <= before && walk.used_bytes() + 16 * 1024 > before);
}

void too_many_entries_have_no_figure(void**) {
    if (!has_own_mounts) {  // a disk's file has fewer names
        print_message("SKIP too_many_entries_have_no_figure: no mounts of one's own\n");
        skip();
    }
    static char from[700];
    char name[64];
    tree_write(tree, "top/0", "");
    snprintf(from, sizeof from, "%s/top/0", tree.path.c_str());
    bool is_made = true;
    for (std::size_t i = 1; i < limits::walk_entry_count_max && is_made; ++i) {
        snprintf(name, sizeof name, "top/%zu", i);
        is_made = link(from, path_of(name)) == 0;
    }
    const Status most = walk_all();
    tree_write(tree, "top/more", "");
    const Status more = walk_all();
    assert_true(is_made);
    assert_int_equal(most, Status::ok);
    assert_int_equal(more, Status::full);
}

}  // namespace

int main() {
    has_own_mounts = enter_own_mounts();
    walk.init(arena);
    arena = Arena{};
    if (!arena.map(std::size_t{4} << 20U)) return 1;
    walk.init(arena);
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sum_is_that_of_all_entries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_directory_has_its_own_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ten_thousand_files_take_many_short_steps, set_up_in_memory,
                                        tear_down),
        cmocka_unit_test_setup_teardown(time_that_is_over_ends_a_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_are_not_followed_and_nothing_is_opened, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(file_with_several_names_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(directory_that_becomes_a_link_is_not_entered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tree_that_goes_away_ends_the_walk, set_up_in_memory,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_may_not_be_read_is_denied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tree_that_is_too_deep_has_no_figure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_directories_in_one_have_no_figure,
                                        set_up_in_memory, tear_down),
        cmocka_unit_test_setup_teardown(too_many_names_have_no_figure, set_up_in_memory, tear_down),
        cmocka_unit_test_setup_teardown(too_many_linked_files_have_no_figure, set_up_in_memory,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_mounts_are_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_entries_have_no_figure, set_up_in_memory,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
