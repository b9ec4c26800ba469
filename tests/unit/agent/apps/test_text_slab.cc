#include "agent/apps/text_slab.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t piece_count = 64;

static Arena arena;
static TextSlab slab;
static char letters[2000];

int make_slab(void**) {
    slab = TextSlab{};
    for (std::size_t i = 0; i < sizeof letters; ++i)
        letters[i] = static_cast<char>('a' + i % 23);
    if (!arena.map(1 << 16)) return -1;
    slab.init(arena, "test", piece_count * 64);
    return 0;
}

int give_back(void**) {
    arena.unmap();
    return 0;
}

std::string_view text_of(std::size_t first, std::size_t size) {
    return {letters + first, size};
}

void a_pair_of_any_size_comes_back_as_it_was(void**) {
    for (std::size_t size = 0; size < 250; ++size) {
        const std::string_view a = text_of(3, size / 3);
        const std::string_view b = text_of(11, size - size / 3);
        const std::uint32_t first = slab.store(a, b);
        assert_int_not_equal(first, TextSlab::none);
        assert_true(slab.equals(first, a, b));
        char copy[250];
        slab.copy(first, copy, size);
        assert_memory_equal(copy, a.data(), a.size());
        assert_memory_equal(copy + a.size(), b.data(), b.size());
        assert_int_equal(slab.used_bytes(), TextSlab::bytes_for(size));
        slab.release(first, size);
        assert_int_equal(slab.used_bytes(), 0);
    }
}

void a_pair_that_differs_in_any_byte_is_not_equal(void**) {
    char text[200];
    memcpy(text, letters, sizeof text);
    const std::uint32_t first = slab.store({letters, 70}, {letters + 70, 130});
    for (char& c : text) {
        ++c;
        assert_false(slab.equals(first, {text, 70}, {text + 70, 130}));
        --c;
    }
    assert_true(slab.equals(first, {text, 70}, {text + 70, 130}));
}

void what_has_no_room_changes_nothing(void**) {
    const std::uint32_t first = slab.store(text_of(0, 60 * (piece_count - 1)).substr(0, 1900), "");
    assert_int_not_equal(first, TextSlab::none);
    const std::size_t left = piece_count * 64 - slab.used_bytes();
    const std::size_t pieces_left = left / 64;
    assert_int_equal(slab.store(text_of(0, pieces_left * 60 - 10), text_of(0, 11)), TextSlab::none);
    const std::uint32_t second = slab.store(text_of(0, pieces_left * 60 - 10), text_of(0, 10));
    assert_int_not_equal(second, TextSlab::none);
    assert_int_equal(slab.store("a", ""), TextSlab::none);
    slab.release(first, 1900);
    assert_int_not_equal(slab.store("a", ""), TextSlab::none);
}

// Sizes and order are mixed, and the last round finds as much room as the first.
void room_that_was_given_back_is_room_for_ever(void**) {
    struct Held {
        std::uint32_t first;
        std::size_t begin;
        std::size_t size;
    };
    Held held[16] = {};
    std::uint32_t seed = 1;
    for (int step = 0; step < 200'000; ++step) {
        seed = seed * 1664525 + 1013904223;
        Held& one = held[(seed >> 24) % 16];
        if (one.size > 0) {
            const std::string_view text = text_of(one.begin, one.size);
            assert_true(
                slab.equals(one.first, text.substr(0, one.size / 2), text.substr(one.size / 2)));
            slab.release(one.first, one.size);
        }
        // 16 of 4 pieces each are all that there are.
        one = {0, (seed >> 4) % 1000, 1 + (seed >> 8) % 240};
        const std::string_view text = text_of(one.begin, one.size);
        one.first = slab.store(text.substr(0, one.size / 2), text.substr(one.size / 2));
        assert_int_not_equal(one.first, TextSlab::none);
    }
    for (const Held& one : held)
        if (one.size > 0) slab.release(one.first, one.size);
    assert_int_equal(slab.used_bytes(), 0);
    assert_int_not_equal(slab.store(text_of(0, 2000), text_of(0, 1840)), TextSlab::none);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pair_of_any_size_comes_back_as_it_was, make_slab,
                                        give_back),
        cmocka_unit_test_setup_teardown(a_pair_that_differs_in_any_byte_is_not_equal, make_slab,
                                        give_back),
        cmocka_unit_test_setup_teardown(what_has_no_room_changes_nothing, make_slab, give_back),
        cmocka_unit_test_setup_teardown(room_that_was_given_back_is_room_for_ever, make_slab,
                                        give_back),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
