#include "api/command_bodies.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint64_t ms = 1'000'000;

struct Bed {
    Arena arena;
    CommandBodies bodies;
    Connection holders[limits::command_count_max + 2];
    const Connection* hung_up = nullptr;
};
Bed bed;

int make(void**) {
    bed = {};
    Arena measuring;
    bed.bodies.init(measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    bed.bodies.init(bed.arena);
    return 0;
}

int unmake(void**) {
    bed.arena.unmap();
    return 0;
}

bool take(Connection& holder, std::uint64_t now_ns) {
    return bed.bodies.take(holder, now_ns, [](const Connection& other) { bed.hung_up = &other; });
}

// One after the other, a millisecond apart.
void take_all() {
    for (std::size_t i = 0; i < limits::command_count_max; ++i)
        assert_true(take(bed.holders[i], (1000 + i) * ms));
}

void a_body_takes_pieces_until_it_is_full(void**) {
    static char piece[limits::command_body_bytes_max];
    Connection& holder = bed.holders[0];
    assert_true(take(holder, ms));
    assert_true(holder.body->append("ab") && holder.body->append("c"));
    assert_true(holder.body->text() == "abc");
    assert_false(holder.body->append({piece, sizeof piece - 2}));
    assert_true(holder.body->text() == "abc");
    assert_true(holder.body->append({piece, sizeof piece - 3}));
    CommandBodies::give_back(holder);
    assert_null(holder.body);
    CommandBodies::give_back(holder);
    assert_true(take(holder, ms) && holder.body->text().empty());
}

void when_all_are_taken_a_young_one_stays(void**) {
    take_all();
    Connection& late = bed.holders[limits::command_count_max];
    assert_false(take(late, (1000 + limits::command_undisturbed_ms) * ms - 1));
    assert_null(late.body);
    assert_null(bed.hung_up);
    CommandBodies::give_back(bed.holders[7]);
    assert_true(take(late, 1100 * ms));
    assert_null(bed.hung_up);
}

void the_one_that_is_held_for_longest_goes(void**) {
    take_all();
    Connection& late = bed.holders[limits::command_count_max];
    assert_true(bed.holders[0].body->append("half"));
    assert_true(take(late, (1000 + limits::command_undisturbed_ms) * ms));
    assert_ptr_equal(bed.hung_up, &bed.holders[0]);
    assert_null(bed.holders[0].body);
    assert_true(late.body->text().empty());
    Connection& later = bed.holders[limits::command_count_max + 1];
    assert_true(take(later, 1200 * ms));
    assert_ptr_equal(bed.hung_up, &bed.holders[1]);
    assert_non_null(late.body);
}

void without_memory_there_is_none(void**) {
    CommandBodies none;
    assert_false(none.has_memory());
    assert_false(none.take(bed.holders[0], ms, [](const Connection&) {}));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_takes_pieces_until_it_is_full, make, unmake),
        cmocka_unit_test_setup_teardown(when_all_are_taken_a_young_one_stays, make, unmake),
        cmocka_unit_test_setup_teardown(the_one_that_is_held_for_longest_goes, make, unmake),
        cmocka_unit_test_setup_teardown(without_memory_there_is_none, make, unmake),
    };
    return cmocka_run_group_tests_name("command_bodies", tests, nullptr, nullptr);
}
