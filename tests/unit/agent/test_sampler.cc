// threaded
#include "agent/sampler.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "platform/linux/clock.h"
#include "tests/support/stuck_fuse.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint32_t stop_wait_ms = 60'000;  // under a sanitizer on a busy machine

struct Bed {
    Arena arena;
    HostRoot root;
    Readers readers;
    Sampler sampler;
    EventLoop loop;
    const Snapshot* published = nullptr;
    std::uint64_t sequences[8] = {};
    std::size_t count = 0;
    std::size_t wanted_count = 0;
};

// Reads all of it on the loop's thread, as the server does, while the other one is being filled.
void take_snapshot(void* context, const Snapshot& snapshot) {
    Bed& bed = *static_cast<Bed*>(context);
    std::uint64_t sum = 0;
    for (const Sample& sample : snapshot.samples)
        sum += sample.value;
    if (sum > 0 && bed.count < std::size(bed.sequences)) {
        bed.sequences[bed.count++] = snapshot.sequence;
    }
    bed.published = &snapshot;
    if (bed.count == bed.wanted_count) bed.loop.stop();
}

void lay_out(Bed& bed, Arena& arena) {
    bed.readers.init(arena, {});
    bed.sampler.init(arena, {});
}

void make(Bed& bed, const char* root) {
    Arena measuring;
    lay_out(bed, measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    lay_out(bed, bed.arena);
    assert_true(bed.root.open(root) == Status::ok);
    assert_true(bed.loop.open() == Status::ok);
    bed.readers.start(bed.root, {});
}

void tear_down(Bed& bed) {
    bed.readers.stop();
    bed.loop.close();
    bed.root.close();
    bed.arena.unmap();
}

void readings_follow_each_other_in_turn(void**) {
    static Bed bed;
    make(bed, "/");
    bed.wanted_count = 3;
    bed.sampler.take_first(bed.readers, {take_snapshot, &bed});
    const Snapshot* first = bed.published;
    assert_int_equal(bed.count, 1);
    assert_true(bed.sampler.start(bed.loop, 1));
    bed.loop.run();
    assert_true(bed.sampler.stop(stop_wait_ms));
    assert_int_equal(bed.sequences[0], 1);
    assert_int_equal(bed.sequences[1], 2);
    assert_int_equal(bed.sequences[2], 3);
    assert_ptr_equal(bed.published, first);  // the two change places
    tear_down(bed);
}

void between_the_ticks_of_a_long_interval_all_is_well(void**) {
    static Bed bed;
    make(bed, "/");
    bed.wanted_count = 2;
    assert_true(bed.sampler.start_with_first(bed.readers, {take_snapshot, &bed}, bed.loop, 3600));
    assert_int_equal(bed.count, 0);
    const std::uint64_t start_ns = monotonic_ns();
    assert_true(bed.sampler.is_making_progress(start_ns, second_ns));
    assert_false(bed.sampler.is_making_progress(start_ns + 10 * second_ns, second_ns));
    bed.loop.run();  // until the tick was read
    const std::uint64_t tick_ns = monotonic_ns();
    for (const std::uint64_t later_s : {0U, 10U, 1800U, 3500U})
        assert_true(bed.sampler.is_making_progress(tick_ns + later_s * second_ns, 5 * second_ns));
    assert_false(bed.sampler.is_making_progress(tick_ns + 3610 * second_ns, 5 * second_ns));
    assert_true(bed.sampler.stop(stop_wait_ms));
    assert_true(bed.sampler.is_making_progress(tick_ns + 9999 * second_ns, 5 * second_ns));
    tear_down(bed);
}

// A file system that never answers, in the way of a reading.
test::StuckFuse fuse;

int free_the_stuck(void**) {
    test::stuck_fuse_abort(fuse);
    return 0;
}

void stop_when_stuck(void* context, std::uint32_t) {
    Bed& bed = *static_cast<Bed*>(context);
    if (!bed.sampler.is_making_progress(monotonic_ns(), second_ns)) bed.loop.stop();
}

int ticking_descriptor() {
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    itimerspec times = {};
    times.it_value.tv_nsec = times.it_interval.tv_nsec = 50'000'000;
    timerfd_settime(timer, 0, &times, nullptr);
    return timer;
}

void a_reading_that_is_stuck_is_no_progress_and_does_not_hinder_the_end(void**) {
    static Bed bed;
    static test::Tree tree;
    test::tree_make(tree);
    test::tree_write(tree, "proc/loadavg", "0.1 0.2 0.3 1/2 3\n");
    test::tree_mkdir(tree, "sys/class/thermal");
    FixedText<600> place;
    assert_true(place.assign(tree.path.view()) && place.append("/sys/class/thermal"));
    const bool has_mounts = test::enter_own_mounts();
    make(bed, tree.path.c_str());
    bed.sampler.take_first(bed.readers, {take_snapshot, &bed});
    if (!has_mounts || !test::stuck_fuse_mount(fuse, place.c_str())) {
        tear_down(bed);
        test::tree_remove(tree);
        print_message("SKIP sampler.stuck: no FUSE mount here\n");
        skip();
    }
    const std::size_t count = bed.count;
    assert_true(bed.sampler.start(bed.loop, 3600));
    assert_true(bed.loop.watch(ticking_descriptor(), EPOLLIN, {stop_when_stuck, &bed}) ==
                Status::ok);
    bed.loop.run();
    const std::uint64_t before_ns = monotonic_ns();
    assert_false(bed.sampler.stop(100));
    assert_in_range(monotonic_ns() - before_ns, second_ns / 10, 2 * second_ns);
    test::stuck_fuse_abort(fuse);
    assert_true(bed.sampler.stop(stop_wait_ms));
    assert_int_equal(bed.count, count);  // the broken reading was not shown
    tear_down(bed);
    test::tree_remove(tree);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(readings_follow_each_other_in_turn),
        cmocka_unit_test(between_the_ticks_of_a_long_interval_all_is_well),
        cmocka_unit_test_teardown(
            a_reading_that_is_stuck_is_no_progress_and_does_not_hinder_the_end, free_the_stuck),
    };
    return cmocka_run_group_tests_name("sampler", tests, nullptr, nullptr);
}
