#include "api/command_bodies.h"

#include <string>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

Arena arena;
CommandBodies bodies;

int set_up(void**) {
    bodies = CommandBodies{};
    if (bodies.has_memory() || !arena.map(std::size_t{1} << 20)) return -1;
    bodies.init(arena);
    return bodies.has_memory() ? 0 : -1;
}

int tear_down(void**) {
    arena.unmap();
    return 0;
}

void body_holds_its_pieces_up_to_the_limit(void**) {
    CommandBody* body = bodies.take();
    assert_non_null(body);
    assert_true(body->append("{\"container"));
    assert_true(body->append(""));
    assert_true(body->append("_id\"}"));
    assert_true(body->text() == "{\"container_id\"}");
    const std::string rest(limits::command_body_bytes_max - body->text().size(), 'x');
    assert_false(body->append(rest + "y"));
    assert_true(body->text() == "{\"container_id\"}");
    assert_true(body->append(rest));
    assert_int_equal(body->text().size(), limits::command_body_bytes_max);
    assert_false(body->append("z"));
    CommandBodies::give_back(*body);
}

void taken_ones_are_different_and_come_back_empty(void**) {
    CommandBody* taken[limits::command_count_max];
    for (CommandBody*& body : taken) {
        body = bodies.take();
        assert_non_null(body);
        assert_true(body->text().empty());
        assert_true(body->append("a"));
    }
    for (std::size_t i = 1; i < limits::command_count_max; ++i)
        assert_ptr_not_equal(taken[0], taken[i]);
    assert_null(bodies.take());
    CommandBodies::give_back(*taken[7]);
    CommandBody* again = bodies.take();
    assert_ptr_equal(again, taken[7]);
    assert_true(again->text().empty());
    assert_null(bodies.take());
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(body_holds_its_pieces_up_to_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(taken_ones_are_different_and_come_back_empty, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("command_bodies", tests, nullptr, nullptr);
}
