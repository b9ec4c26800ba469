#include "platform/base/fixed_list.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

struct Thing {
    int number = 7;
    const char* name = "unnamed";
};

using Things = FixedList<Thing, 3>;

void elements_are_added_as_new_until_it_is_full(void**) {
    Things things;
    assert_true(things.empty());
    for (int i = 0; i < 3; ++i) {
        assert_false(things.is_full());
        Thing* thing = things.add();
        assert_int_equal(thing->number, 7);
        thing->number = i;
    }
    assert_true(things.is_full());
    assert_null(things.add());
    assert_int_equal(things.size(), 3);
    assert_int_equal(things[0].number, 0);
    assert_int_equal(things.back().number, 2);
    int sum = 0;
    for (const Thing& thing : things)
        sum += thing.number;
    assert_int_equal(sum, 3);
}

void an_element_stays_where_it_is(void**) {
    Things things;
    const Thing* first = things.add();
    assert_non_null(things.add());
    assert_ptr_equal(first, &things[0]);
}

void what_was_dropped_or_cleared_is_new_when_it_is_added_again(void**) {
    Things things;
    things.add()->number = 1;
    things.add()->number = 2;
    things.drop_last();
    assert_int_equal(things.size(), 1);
    assert_int_equal(things.back().number, 1);
    assert_int_equal(things.add()->number, 7);
    things.clear();
    assert_true(things.empty());
    assert_int_equal(things.add()->number, 7);
}

void a_copy_has_the_same_elements(void**) {
    Things things;
    things.add()->number = 1;
    Things copy = things;
    copy[0].number = 2;
    assert_int_equal(copy.size(), 1);
    assert_int_equal(things[0].number, 1);
}

// Memory that may not be written: who did it would end here.
void places_that_are_not_used_are_not_written(void**) {
    constexpr std::size_t page_bytes = 65536;  // at least
    using Large = FixedList<std::uint64_t, 2 * page_bytes / 8>;
    void* memory =
        mmap(nullptr, 3 * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(static_cast<char*>(memory) + page_bytes, 2 * page_bytes, PROT_NONE),
                     0);
    auto* list = new (memory) Large{};
    *list->add() = 5;
    assert_int_equal(list->back(), 5);
    list->clear();
    assert_int_equal(munmap(memory, 3 * page_bytes), 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_added_as_new_until_it_is_full),
        cmocka_unit_test(an_element_stays_where_it_is),
        cmocka_unit_test(what_was_dropped_or_cleared_is_new_when_it_is_added_again),
        cmocka_unit_test(a_copy_has_the_same_elements),
        cmocka_unit_test(places_that_are_not_used_are_not_written),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
