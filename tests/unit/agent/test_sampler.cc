// threaded
#include "agent/sampler.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

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

void readings_follow_each_other_in_turn(void**) {
    static Bed bed;
    Arena measuring;
    lay_out(bed, measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    lay_out(bed, bed.arena);
    assert_true(bed.root.open("/") == Status::ok);
    assert_true(bed.loop.open() == Status::ok);
    bed.readers.start(bed.root, {});
    bed.wanted_count = 3;
    bed.sampler.take_first(bed.readers, {take_snapshot, &bed});
    const Snapshot* first = bed.published;
    assert_int_equal(bed.count, 1);
    assert_true(bed.sampler.start(bed.loop, 1));
    bed.loop.run();
    bed.sampler.stop();
    bed.readers.stop();
    assert_int_equal(bed.sequences[0], 1);
    assert_int_equal(bed.sequences[1], 2);
    assert_int_equal(bed.sequences[2], 3);
    assert_ptr_equal(bed.published, first);  // the two change places
    bed.loop.close();
    bed.root.close();
    bed.arena.unmap();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(readings_follow_each_other_in_turn)};
    return cmocka_run_group_tests_name("sampler", tests, nullptr, nullptr);
}
