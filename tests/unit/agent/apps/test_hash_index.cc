#include "agent/apps/hash_index.h"

#include <iterator>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint32_t count_max = 100;

static Arena arena;
static HashIndex table;
static std::uint64_t hash_of_place[count_max];

int make_table(void**) {
    table = HashIndex{};
    if (!arena.map(1 << 16)) return -1;
    table.init(arena, "test", count_max);
    return 0;
}

int give_back(void**) {
    arena.unmap();
    return 0;
}

std::uint32_t find(std::uint64_t hash) {
    return table.find(hash, [&](std::uint32_t place) { return hash_of_place[place] == hash; });
}

// Hashes are few, so that rows of neighbours are long, and some are at the end of the table.
void any_order_of_inserting_and_erasing_leaves_all_others_findable(void**) {
    bool is_in[count_max] = {};
    for (std::uint32_t i = 0; i < count_max; ++i)
        hash_of_place[i] = (i % 9) * 251 + (std::uint64_t{i} << 32);
    std::uint32_t seed = 1;
    for (int step = 0; step < 30'000; ++step) {
        seed = seed * 1664525 + 1013904223;
        const std::uint32_t place = (seed >> 16) % count_max;
        if (is_in[place]) {
            table.erase(hash_of_place[place], place);
        } else {
            table.insert(hash_of_place[place], place);
        }
        is_in[place] = !is_in[place];
        if (step % 10 != 0) continue;
        for (std::uint32_t i = 0; i < count_max; ++i)
            assert_int_equal(find(hash_of_place[i]), is_in[i] ? i : HashIndex::none);
    }
}

void a_table_that_was_emptied_is_as_good_as_new(void**) {
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t i = 0; i < count_max; ++i) {
            hash_of_place[i] = i * 7919;
            table.insert(hash_of_place[i], i);
        }
        assert_int_equal(table.size(), count_max);
        for (std::uint32_t i = 0; i < count_max; ++i)
            table.erase(hash_of_place[i], i);
        assert_int_equal(table.size(), 0);
        assert_int_equal(find(7919), HashIndex::none);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            any_order_of_inserting_and_erasing_leaves_all_others_findable, make_table, give_back),
        cmocka_unit_test_setup_teardown(a_table_that_was_emptied_is_as_good_as_new, make_table,
                                        give_back),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
