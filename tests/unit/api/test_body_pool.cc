#include "api/body_pool.h"

#include "platform/limits.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t page = BodyPool::page_bytes;

BodyPool make_pool(Arena& arena, std::size_t pages) {
    arena.unmap();
    assert_true(arena.map(1 << 20));
    BodyPool pool;
    pool.init(arena, pages * page);
    return pool;
}

void body_takes_whole_pages_and_gives_them_back(void**) {
    static Arena arena;
    BodyPool pool = make_pool(arena, 4);
    const std::span<char> run = pool.longest_free();
    assert_int_equal(run.size(), 4 * page);
    pool.take(run, page + 1);
    assert_int_equal(pool.pages_in_use(), 2);
    assert_int_equal(pool.longest_free().size(), 2 * page);
    assert_true(pool.longest_free().data() == run.data() + 2 * page);
    pool.give_back(run.data());
    assert_int_equal(pool.pages_in_use(), 0);
    assert_int_equal(pool.longest_free().size(), 4 * page);
}

void empty_body_takes_a_page(void**) {
    static Arena arena;
    BodyPool pool = make_pool(arena, 2);
    pool.take(pool.longest_free(), 0);
    assert_int_equal(pool.pages_in_use(), 1);
}

void full_pool_has_no_run(void**) {
    static Arena arena;
    BodyPool pool = make_pool(arena, 2);
    pool.take(pool.longest_free(), 2 * page);
    assert_true(pool.longest_free().empty());
}

void longest_hole_is_found_between_bodies(void**) {
    static Arena arena;
    BodyPool pool = make_pool(arena, 10);
    char* bodies[5];
    for (char*& body : bodies) {
        const std::span<char> run = pool.longest_free();
        body = run.data();
        pool.take(run, 2 * page);
    }
    pool.give_back(bodies[0]);
    pool.give_back(bodies[2]);
    pool.give_back(bodies[3]);
    assert_true(pool.longest_free().data() == bodies[2]);
    assert_int_equal(pool.longest_free().size(), 4 * page);
    pool.give_back(bodies[1]);
    assert_true(pool.longest_free().data() == bodies[0]);
    assert_int_equal(pool.longest_free().size(), 8 * page);
    pool.give_back(bodies[4]);
    assert_int_equal(pool.pages_in_use(), 0);
}

void applications_get_room_of_their_own_where_there_are_any(void**) {
    Capacities without;
    Capacities with = without;
    with.app_containers = limits::app_container_count_default;
    with.app_series_per_container = limits::app_series_per_container_default;
    const std::size_t node_bytes = limits::node_sample_count_max * limits::datapoint_bytes_usual;
    assert_int_equal(limits::body_pool_bytes(without),
                     node_bytes * 3 / 2 + without.entries() * (limits::name_bytes_max + 3));
    const std::size_t more = limits::body_pool_bytes(with) - limits::body_pool_bytes(without);
    assert_true(more >= with.app_series_per_container *
                            (limits::app_datapoint_bytes_usual + limits::static_tag_bytes));
    assert_true(more < std::size_t{8} << 20);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(body_takes_whole_pages_and_gives_them_back),
        cmocka_unit_test(empty_body_takes_a_page),
        cmocka_unit_test(full_pool_has_no_run),
        cmocka_unit_test(longest_hole_is_found_between_bodies),
        cmocka_unit_test(applications_get_room_of_their_own_where_there_are_any),
    };
    return cmocka_run_group_tests_name("body_pool", tests, nullptr, nullptr);
}
