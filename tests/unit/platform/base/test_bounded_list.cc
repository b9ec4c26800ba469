#include "platform/base/bounded_list.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

int memory[3];

void a_list_without_memory_takes_nothing(void**) {
    BoundedList<int> list;
    assert_int_equal(list.capacity(), 0);
    assert_false(list.push(1));
    assert_true(list.append({}));
    assert_true(list.empty());
}

void push_stops_at_the_capacity(void**) {
    BoundedList<int> list(memory);
    for (int i = 0; i < 3; ++i)
        assert_true(list.push(i));
    assert_false(list.push(3));
    assert_int_equal(list.size(), 3);
    assert_int_equal(list[2], 2);
}

void append_takes_all_or_none(void**) {
    BoundedList<int> list(memory);
    constexpr int two[] = {1, 2};
    assert_true(list.append(two));
    assert_false(list.append(two));
    assert_int_equal(list.size(), 2);
    assert_true(list.push(3));
    int sum = 0;
    for (const int element : list)
        sum += element;
    assert_int_equal(sum, 6);
}

void cutting_back_makes_room_again(void**) {
    BoundedList<int> list(memory);
    constexpr int three[] = {1, 2, 3};
    assert_true(list.append(three));
    list.resize_down(1);
    assert_int_equal(list.size(), 1);
    assert_true(list.push(9));
    assert_int_equal(list[1], 9);
    list.clear();
    assert_true(list.empty());
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_list_without_memory_takes_nothing),
        cmocka_unit_test(push_stops_at_the_capacity),
        cmocka_unit_test(append_takes_all_or_none),
        cmocka_unit_test(cutting_back_makes_room_again),
    };
    return cmocka_run_group_tests_name("bounded_list", tests, nullptr, nullptr);
}
