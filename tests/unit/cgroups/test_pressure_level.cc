// Listening to memory pressure: in small trees, where what was written to event_control shows and
// the test plays the kernel; and in a cgroup of this machine, where that is permitted.
#include "cgroups/pressure_level.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::size_t slot_count = 2;

struct Bed {
    Tree tree;
    Arena arena;
    PressureLevels levels;
    int cgroup = -1;
};
static Bed bed;

void make() {
    bed = Bed{};
    tree_make(bed.tree);
    tree_write(bed.tree, "cgroup/memory.pressure_level", "");
    tree_write(bed.tree, "cgroup/cgroup.event_control", "");
    assert_true(bed.arena.map(1 << 16));
    bed.levels.init(bed.arena, slot_count);
    bed.levels.set_file_budget(100);
    const int root = open(bed.tree.path.c_str(), O_PATH | O_DIRECTORY);
    bed.cgroup = openat(root, "cgroup", O_PATH | O_DIRECTORY);
    close(root);
    assert_true(bed.cgroup >= 0);
}

void take_down() {
    bed.levels.close_all();
    close(bed.cgroup);
    tree_remove(bed.tree);
    bed.arena.unmap();
}

int count_open_files() {
    int count = 0;
    for (int file = 0; file < 256; ++file)
        count += fcntl(file, F_GETFD) >= 0;
    return count;
}

// The eventfds of the last open, from what it wrote.
void find_events(int (&events)[PressureLevels::level_count]) {
    char text[256] = {};
    const int control = openat(bed.cgroup, "cgroup.event_control", O_RDONLY);
    assert_true(read(control, text, sizeof text - 1) > 0);
    close(control);
    int files[PressureLevels::level_count] = {};
    char rest = 'x';
    const int found =
        sscanf(text, "%d %d low,hierarchy%d %d medium,hierarchy%d %d critical,hierarchy%c",
               &events[0], &files[0], &events[1], &files[1], &events[2], &files[2], &rest);
    assert_int_equal(found, 6);
    assert_true(files[0] == files[1] && files[1] == files[2]);
}

void signal_times(int event, std::uint64_t count) {
    assert_true(write(event, &count, sizeof count) == sizeof count);
}

void events_of_each_level_are_counted_from_the_start(void**) {
    make();
    PressureLevels::Slot slot = PressureLevels::no_slot;
    assert_true(bed.levels.open(bed.cgroup, slot) == Status::ok);
    assert_true(slot != PressureLevels::no_slot);
    int events[PressureLevels::level_count] = {};
    find_events(events);
    assert_true(bed.levels.read(slot) == (PressureLevels::Counts{0, 0, 0}));
    signal_times(events[0], 3);
    signal_times(events[2], 1);
    assert_true(bed.levels.read(slot) == (PressureLevels::Counts{3, 0, 1}));
    signal_times(events[0], 1);
    signal_times(events[1], 1);
    assert_true(bed.levels.read(slot) == (PressureLevels::Counts{4, 1, 1}));
    take_down();
}

void descriptors_are_given_back_and_slots_used_again(void**) {
    make();
    const int before = count_open_files();
    PressureLevels::Slot slots[slot_count] = {};
    for (int round = 0; round < 5; ++round) {
        for (PressureLevels::Slot& slot : slots)
            assert_true(bed.levels.open(bed.cgroup, slot) == Status::ok);
        assert_true(slots[0] != slots[1]);
        assert_int_equal(bed.levels.file_count(), 6);
        assert_int_equal(count_open_files(), before + 6);
        bed.levels.close(slots[round % 2]);
        bed.levels.close(slots[(round + 1) % 2]);
        assert_int_equal(count_open_files(), before);
    }
    take_down();
}

void beyond_the_budget_nothing_is_opened(void**) {
    make();
    const int before = count_open_files();
    PressureLevels::Slot slot = PressureLevels::no_slot;
    bed.levels.set_file_budget(2);
    assert_true(bed.levels.open(bed.cgroup, slot) == Status::full);
    bed.levels.set_file_budget(100);
    for (std::size_t i = 0; i < slot_count; ++i)
        assert_true(bed.levels.open(bed.cgroup, slot) == Status::ok);
    PressureLevels::Slot none = PressureLevels::no_slot;
    assert_true(bed.levels.open(bed.cgroup, none) == Status::full);
    assert_true(none == PressureLevels::no_slot);
    bed.levels.close_all();
    assert_int_equal(count_open_files(), before);
    take_down();
}

void what_cannot_be_listened_to_costs_nothing(void**) {
    make();
    const int before = count_open_files();
    PressureLevels::Slot slot = PressureLevels::no_slot;
    tree_chmod(bed.tree, "cgroup/cgroup.event_control", 0444);
    if (become_nobody()) {
        const Status status = bed.levels.open(bed.cgroup, slot);
        become_root_again();
        assert_true(status == Status::denied);
    }
    tree_delete(bed.tree, "cgroup/cgroup.event_control");
    assert_true(bed.levels.open(bed.cgroup, slot) == Status::absent);
    tree_delete(bed.tree, "cgroup/memory.pressure_level");
    assert_true(bed.levels.open(bed.cgroup, slot) == Status::absent);
    assert_true(slot == PressureLevels::no_slot);
    assert_int_equal(bed.levels.file_count(), 0);
    assert_int_equal(count_open_files(), before);
    take_down();
}

bool write_number(int cgroup, const char* file, long long number) {
    char text[32];
    const int size = snprintf(text, sizeof text, "%lld", number);
    const int target = openat(cgroup, file, O_WRONLY);
    const bool is_written = target >= 0 && write(target, text, static_cast<size_t>(size)) == size;
    if (target >= 0) close(target);
    return is_written;
}

// Fills more page cache than the cgroup may have, so that some has to be reclaimed.
void press(int cgroup, const char* path) {
    if (!write_number(cgroup, "cgroup.procs", getpid())) _exit(1);
    static char block[1 << 16];
    const int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 1024 && file >= 0; ++i) {
        if (write(file, block, sizeof block) < 0) break;
        if (i % 64 == 63) fdatasync(file);
    }
    unlink(path);
    _exit(0);
}

void the_kernel_tells_of_pressure(void**) {
    char path[128];
    snprintf(path, sizeof path, "/sys/fs/cgroup/memory/nma-test-pressure-%d", getpid());
    if (mkdir(path, 0755) != 0) {
        print_message("SKIP the_kernel_tells_of_pressure: cannot make %s: %s\n", path,
                      strerror(errno));
        skip();
    }
    make();
    const int cgroup = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    PressureLevels::Slot slot = PressureLevels::no_slot;
    const Status status = bed.levels.open(cgroup, slot);
    PressureLevels::Counts counts = {};
    if (status == Status::ok && write_number(cgroup, "memory.limit_in_bytes", 8 << 20)) {
        char file[600];
        snprintf(file, sizeof file, "%s/pages", bed.tree.path.c_str());
        const pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            press(cgroup, file);
        }
        waitpid(child, nullptr, 0);
        for (int i = 0; i < 50 && counts[0] == 0; ++i) {
            usleep(20'000);
            counts = bed.levels.read(slot);
        }
    }
    close(cgroup);
    for (int i = 0; i < 50 && rmdir(path) != 0 && errno == EBUSY; ++i)
        usleep(20'000);
    take_down();
    if (status == Status::absent || status == Status::denied) {
        print_message("SKIP the_kernel_tells_of_pressure: no events: %s\n", status_name(status));
        skip();
    }
    assert_true(status == Status::ok);
    assert_true(counts[0] > 0);
    assert_true(counts[0] >= counts[1] && counts[1] >= counts[2]);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(events_of_each_level_are_counted_from_the_start),
        cmocka_unit_test(descriptors_are_given_back_and_slots_used_again),
        cmocka_unit_test(beyond_the_budget_nothing_is_opened),
        cmocka_unit_test(what_cannot_be_listened_to_costs_nothing),
        cmocka_unit_test(the_kernel_tells_of_pressure),
    };
    return cmocka_run_group_tests_name("cgroups.pressure_level", tests, nullptr, nullptr);
}
