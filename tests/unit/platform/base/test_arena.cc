#include "platform/base/arena.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

struct Thing {
    int number = 7;
};

// The layout that both arenas get.
void lay_out(Arena& arena) {
    (void)arena.take<char>("text", 1);
    (void)arena.take<std::uint64_t>("numbers", 9);
    (void)arena.make<Thing>("thing");
    (void)arena.take<char>("text", 100);
}

void measuring_adds_up_and_gives_nothing(void**) {
    Arena arena;
    assert_true(arena.is_measuring());
    assert_true(arena.take<char>("text", 10).empty());
    assert_null(arena.make<Thing>("thing"));
    assert_true(arena.make_all<Thing>("thing", 3).empty());
    assert_int_equal(arena.used_bytes(), 3 * Arena::alignment_bytes);
}

void a_mapped_arena_of_the_measured_size_holds_the_layout(void**) {
    static Arena measuring;
    static Arena mapped;
    lay_out(measuring);
    assert_true(mapped.map(measuring.used_bytes()));
    lay_out(mapped);
    assert_int_equal(mapped.used_bytes(), measuring.used_bytes());
    mapped.unmap();
    assert_true(mapped.is_measuring());
    assert_int_equal(mapped.used_bytes(), 0);
}

void memory_is_zero_aligned_and_apart(void**) {
    static Arena arena;
    assert_true(arena.map(4096));
    const std::span<char> first = arena.take<char>("text", 65);
    const std::span<std::uint64_t> second = arena.take<std::uint64_t>("numbers", 2);
    for (const char byte : first)
        assert_int_equal(byte, 0);
    std::memset(first.data(), 0xff, first.size());
    assert_true(second[0] == 0 && second[1] == 0);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(first.data()) % Arena::alignment_bytes, 0);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(second.data()) % Arena::alignment_bytes, 0);
    assert_int_equal(arena.make<Thing>("thing")->number, 7);
    const std::span<Thing> things = arena.make_all<Thing>("thing", 3);
    assert_int_equal(things.size(), 3);
    for (const Thing& thing : things)
        assert_int_equal(thing.number, 7);
    arena.unmap();
}

void parts_of_one_name_are_added_up(void**) {
    Arena arena;
    lay_out(arena);
    assert_int_equal(arena.parts().size(), 3);
    assert_string_equal(arena.parts()[0].name, "text");
    assert_int_equal(arena.parts()[0].bytes, 64 + 128);
    assert_int_equal(arena.parts()[1].bytes, 128);
    std::size_t sum = 0;
    for (const Arena::Part& part : arena.parts())
        sum += part.bytes;
    assert_int_equal(sum, arena.used_bytes());
}

void mapping_more_than_there_can_be_fails(void**) {
    Arena arena;
    assert_false(arena.map(std::numeric_limits<std::size_t>::max() / 16 * 15));
    assert_true(arena.is_measuring());
}

// In a process of its own, for a broken promise ends the process.
void taking_more_than_was_mapped_aborts(void**) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
        Arena arena;
        if (arena.map(4096)) (void)arena.take<char>("text", 4097);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(measuring_adds_up_and_gives_nothing),
        cmocka_unit_test(a_mapped_arena_of_the_measured_size_holds_the_layout),
        cmocka_unit_test(memory_is_zero_aligned_and_apart),
        cmocka_unit_test(parts_of_one_name_are_added_up),
        cmocka_unit_test(mapping_more_than_there_can_be_fails),
        cmocka_unit_test(taking_more_than_was_mapped_aborts),
    };
    return cmocka_run_group_tests_name("arena", tests, nullptr, nullptr);
}
