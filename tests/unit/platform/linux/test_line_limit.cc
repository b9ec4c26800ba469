// threaded
#include "platform/linux/line_limit.h"

#include <pthread.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t start_ns = 5 * second_ns;

int take_many(LineLimit& limit, std::uint64_t now_ns, int count) {
    int taken = 0;
    for (int i = 0; i < count; ++i)
        taken += limit.take(now_ns) ? 1 : 0;
    return taken;
}

void sixty_lines_have_room_at_once(void**) {
    LineLimit limit;
    assert_int_equal(take_many(limit, start_ns, 200), 60);
    assert_int_equal(limit.take_left_out(), 140);
    assert_int_equal(limit.take_left_out(), 0);
}

void each_second_makes_room_for_one(void**) {
    LineLimit limit;
    take_many(limit, start_ns, 60);
    assert_int_equal(take_many(limit, start_ns + second_ns - 1, 3), 0);
    assert_int_equal(take_many(limit, start_ns + second_ns, 3), 1);
    assert_int_equal(take_many(limit, start_ns + 11 * second_ns, 30), 10);
}

void the_room_does_not_grow_with_silence(void**) {
    LineLimit limit;
    take_many(limit, start_ns, 60);
    assert_int_equal(take_many(limit, start_ns + 100'000 * second_ns, 100), 60);
}

LineLimit shared;
int taken[4];

void* take_from_shared(void* count) {
    *static_cast<int*>(count) = take_many(shared, start_ns, 1000);
    return nullptr;
}

void threads_share_the_room(void**) {
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i)
        assert_int_equal(pthread_create(&threads[i], nullptr, take_from_shared, &taken[i]), 0);
    int sum = 0;
    for (int i = 0; i < 4; ++i) {
        pthread_join(threads[i], nullptr);
        sum += taken[i];
    }
    assert_int_equal(sum, 60);
    assert_int_equal(shared.take_left_out(), 3940);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(sixty_lines_have_room_at_once),
        cmocka_unit_test(each_second_makes_room_for_one),
        cmocka_unit_test(the_room_does_not_grow_with_silence),
        cmocka_unit_test(threads_share_the_room),
    };
    return cmocka_run_group_tests_name("line_limit", tests, nullptr, nullptr);
}
