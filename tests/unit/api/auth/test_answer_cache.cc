#include "api/auth/answer_cache.h"

#include <cstdio>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using State = AnswerCache::State;

constexpr Permission agent = Permission::agent;

Arena arena;
AnswerCache cache;

int make_cache(void**) {
    cache = AnswerCache{};
    if (!arena.map(std::size_t{1} << 20)) return -1;
    cache.init(arena);
    return 0;
}

int remove_cache(void**) {
    arena.unmap();
    return 0;
}

void a_question_is_found_until_it_is_answered_however_late(void**) {
    assert_null(cache.find("al", agent, 0));
    const AnswerCache::Entry* added = cache.add("al", agent, 100);
    assert_ptr_equal(cache.find("al", agent, 1000), added);
    assert_true(added->state == State::waiting);
    assert_int_equal(cache.unanswered_count(), 1);
}

void an_answer_is_found_until_its_time_is_over(void**) {
    AnswerCache::Entry& entry = *cache.add("al", agent, 100);
    cache.answer(entry, true, 200);
    assert_ptr_equal(cache.find("al", agent, 199), &entry);
    assert_true(entry.is_allowed && entry.state == State::known);
    assert_null(cache.find("al", agent, 200));
    assert_int_equal(cache.unanswered_count(), 0);
}

void a_new_question_does_not_find_the_old_answer(void**) {
    cache.answer(*cache.add("al", agent, 100), true, 200);
    const AnswerCache::Entry* again = cache.add("al", agent, 300);
    assert_ptr_equal(cache.find("al", agent, 250), again);
    assert_false(again->is_allowed);
}

void uid_and_permission_are_compared_in_full(void**) {
    cache.answer(*cache.add("al", agent, 100), true, 200);
    assert_null(cache.find("al", Permission::system_metrics, 100));
    assert_null(cache.find("a", agent, 100));
    assert_null(cache.find("all", agent, 100));
    assert_null(cache.find("", agent, 100));
}

void the_answer_that_is_over_first_makes_room(void**) {
    char uid[16];
    for (std::size_t i = 0; i < limits::authorizer_answer_count_max; ++i) {
        snprintf(uid, sizeof uid, "u%zu", i);
        cache.answer(*cache.add(uid, agent, 100), true, i == 7 ? 200 : 300 + i);
    }
    assert_non_null(cache.add("new", agent, 100));
    assert_null(cache.find("u7", agent, 100));
    assert_non_null(cache.find("u0", agent, 100));
    assert_non_null(cache.find("new", agent, 100));
}

void a_question_is_never_pushed_out(void**) {
    char uid[16];
    for (std::size_t i = 0; i < limits::authorizer_answer_count_max; ++i) {
        snprintf(uid, sizeof uid, "u%zu", i);
        assert_non_null(cache.add(uid, agent, 100 + i));
    }
    assert_null(cache.add("new", agent, 100));
    AnswerCache::Entry* first = cache.first(State::waiting);
    assert_true(first->uid.view() == "u0");
    first->state = State::asking;
    assert_true(cache.first(State::waiting)->uid.view() == "u1");
    assert_null(cache.add("new", agent, 100));
    cache.clear();
    assert_int_equal(cache.unanswered_count(), 0);
    assert_null(cache.first(State::asking));
    assert_non_null(cache.add("new", agent, 100));
}

void too_long_a_uid_takes_no_room(void**) {
    char uid[limits::authorizer_uid_bytes_max + 1] = {};
    assert_null(cache.add({uid, sizeof uid}, agent, 100));
    assert_int_equal(cache.unanswered_count(), 0);
    assert_null(cache.first(State::waiting));
}

}  // namespace

#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, make_cache, remove_cache)

int main() {
    const CMUnitTest tests[] = {
        WITH_CACHE(a_question_is_found_until_it_is_answered_however_late),
        WITH_CACHE(an_answer_is_found_until_its_time_is_over),
        WITH_CACHE(a_new_question_does_not_find_the_old_answer),
        WITH_CACHE(uid_and_permission_are_compared_in_full),
        WITH_CACHE(the_answer_that_is_over_first_makes_room),
        WITH_CACHE(a_question_is_never_pushed_out),
        WITH_CACHE(too_long_a_uid_takes_no_room),
    };
    return cmocka_run_group_tests_name("answer_cache", tests, nullptr, nullptr);
}
