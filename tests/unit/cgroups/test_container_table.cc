#include "cgroups/container_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t container_count = 40;
constexpr Instants now = {1'000, 2'000};

static Arena arena;
static ContainerTable table;

int make_table(void**) {
    if (!arena.map(std::size_t{64} << 20)) return -1;
    Capacities capacities;
    capacities.containers = container_count;
    capacities.exited = 10;
    table = ContainerTable{};
    table.init(arena, capacities);
    table.set_file_budget(8);
    table.begin_search();
    return 0;
}

int give_back(void**) {
    table.clear();
    arena.unmap();
    return 0;
}

std::string_view name_of(std::uint32_t number) {
    static char name[16];
    std::snprintf(name, sizeof name, "c%u", number);
    return name;
}

void what_was_added_is_found_until_it_ends(void**) {
    const std::uint32_t index = table.add("a", 0, 7, now);
    assert_int_equal(table.find("a"), index);
    assert_int_equal(table[index].inode, 7);
    table.end(index, 99);
    assert_int_equal(table.find("a"), no_container);
    assert_int_equal(table.living_count(), 0);
    assert_int_equal(table.ended_count(), 1);
    assert_int_equal(table[index].ended_at_ns, 99);
    table.forget_ended();
    assert_int_equal(table.ended_count(), 0);
}

void an_id_may_live_again_while_its_old_bearer_is_not_forgotten(void**) {
    table.end(table.add("a", 0, 7, now), 99);
    const std::uint32_t index = table.add("a", 0, 8, now);
    assert_int_equal(table.find("a"), index);
    table.forget_ended();
    assert_int_equal(table[table.find("a")].inode, 8);
    assert_int_equal(table.all().size(), 1);
}

// A simple generator: the order is the same in every run.
void any_order_of_adding_and_ending_leaves_all_others_findable(void**) {
    bool lives[container_count] = {};
    std::uint32_t seed = 1;
    for (int step = 0; step < 20'000; ++step) {
        seed = seed * 1664525 + 1013904223;
        const std::uint32_t number = (seed >> 16) % container_count;
        if (lives[number]) {
            table.end(table.find(name_of(number)), 1);
        } else {
            assert_int_not_equal(table.add(name_of(number), 0, number, now), no_container);
        }
        lives[number] = !lives[number];
        if (step % 7 == 0 || table.ended_count() == 10) table.forget_ended();
        if (step % 50 != 0) continue;
        for (std::uint32_t i = 0; i < container_count; ++i) {
            const std::uint32_t index = table.find(name_of(i));
            assert_int_equal(index != no_container, lives[i]);
            if (lives[i]) assert_int_equal(table[index].inode, i);
        }
    }
}

void those_without_room_are_counted_and_the_first_are_named(void**) {
    for (std::uint32_t i = 0; i < container_count; ++i)
        assert_int_not_equal(table.add(name_of(i), 0, i, now), no_container);
    assert_int_equal(table.add("late", 0, 1, now), no_container);
    assert_int_equal(table.add("later", 0, 1, now), no_container);
    assert_int_equal(table.overflow_count(), 2);
    assert_string_equal(table.overflow_names(), "late, later");
    for (int i = 0; i < 100; ++i)
        assert_int_equal(table.add("one of very many", 0, 1, now), no_container);
    assert_true(strlen(table.overflow_names()) < 512);
    table.begin_search();
    assert_int_equal(table.overflow_count(), 0);
}

void what_a_search_does_not_find_has_ended(void**) {
    table.add("a", 0, 1, now);
    const std::uint32_t found = table.add("b", 0, 2, now);
    table.begin_search();
    table[found].seen_by = table.search_number();
    table.end_search(now, false);
    assert_int_equal(table.find("a"), no_container);
    assert_int_equal(table.find("b"), found);
}

void ids_come_sorted_and_without_those_that_ended(void**) {
    for (const char* id : {"c", "a", "b"})
        table.add(id, 0, 1, now);
    table.end(table.find("b"), 1);
    const std::span<const std::uint32_t> order = table.sorted();
    assert_int_equal(order.size(), 2);
    assert_string_equal(table[order[0]].id.c_str(), "a");
    assert_string_equal(table[order[1]].id.c_str(), "c");
}

int open_here() {
    return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void descriptors_are_counted_closed_with_their_container_and_never_over_budget(void**) {
    const std::uint32_t index = table.add("a", 0, 1, now);
    table.keep(index, 0, open_here(), "x/a", 1, true);
    table.keep(index, 0, open_here(), "x/a/leaf", 2, false);
    table.keep(index, 1, open_here(), "x/a", 3, true);
    assert_int_equal(table.file_count(), 3);
    for (std::uint64_t inode = 10; inode < 20; ++inode)
        table.keep(index, 0, open_here(), "x/a/more", inode, false);
    assert_int_equal(table.file_count(), 8);
    assert_false(table[index].has_lost_members);  // those over budget are known by path
    table.begin_search();
    assert_int_equal(table.file_count(), 2);  // its own places stay open
    table.end(index, 1);
    assert_int_equal(table.file_count(), 0);
}

void members_without_room_are_told(void**) {
    const std::uint32_t index = table.add("a", 0, 1, now);
    const std::size_t room = 50 * limits::cgroups_per_container;
    for (std::size_t i = 0; i <= room; ++i)
        table.keep(index, 0, open_here(), "a", i + 1, i == 0);
    assert_true(table[index].has_lost_members);
    assert_int_equal(table.member_overflow_count(), 1);
}

}  // namespace

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, make_table, give_back)

int main() {
    const CMUnitTest tests[] = {
        WITH_TABLE(what_was_added_is_found_until_it_ends),
        WITH_TABLE(an_id_may_live_again_while_its_old_bearer_is_not_forgotten),
        WITH_TABLE(any_order_of_adding_and_ending_leaves_all_others_findable),
        WITH_TABLE(those_without_room_are_counted_and_the_first_are_named),
        WITH_TABLE(what_a_search_does_not_find_has_ended),
        WITH_TABLE(ids_come_sorted_and_without_those_that_ended),
        WITH_TABLE(descriptors_are_counted_closed_with_their_container_and_never_over_budget),
        WITH_TABLE(members_without_room_are_told),
    };
    return cmocka_run_group_tests_name("container_table", tests, nullptr, nullptr);
}
