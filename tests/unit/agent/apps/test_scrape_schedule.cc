#include "agent/apps/scrape_schedule.h"

#include <cstdio>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t start_ns = 1'000 * second_ns;
constexpr std::uint64_t interval_ns = 10 * second_ns;

Arena arena;
ScrapeSchedule schedule;
int removal_count;
ScrapeIndex last_removed;

// More than there is room for; target i is "http://127.0.0.1:(1000 + i)/metrics" of container "cI".
constexpr std::size_t spec_count = limits::scrape_target_count_max + 3;
ScrapeTargetSpec specs[spec_count];
char ids[spec_count][8];

void note_removal(void*, ScrapeIndex index) {
    ++removal_count;
    last_removed = index;
}

int setup(void**) {
    static ScrapeSchedule measured;
    static const ScrapeSchedule fresh;
    Arena measuring;
    measured.init(measuring);
    schedule = fresh;
    if (!arena.map(measuring.used_bytes())) return -1;
    schedule.init(arena);
    schedule.set_interval(10);
    removal_count = 0;
    for (std::size_t i = 0; i < spec_count; ++i) {
        snprintf(ids[i], sizeof ids[i], "c%zu", i);
        specs[i] = {ids[i], {"127.0.0.1", static_cast<std::uint16_t>(1000 + i), "/metrics"}};
    }
    return 0;
}

int teardown(void**) {
    arena.unmap();
    return 0;
}

std::uint32_t set(std::span<const ScrapeTargetSpec> wanted,
                  ScrapeSource source = ScrapeSource::discovered, std::uint64_t now_ns = start_ns) {
    return schedule.set(source, wanted, now_ns, {note_removal, nullptr});
}

void targets_are_asked_once_an_interval_at_their_own_moment(void**) {
    assert_int_equal(set({specs, 100}), 0);
    assert_int_equal(schedule.target_count(), 100);
    assert_int_equal(schedule.next_due(start_ns, true), no_scrape_target);
    static std::uint64_t moments[100];
    std::uint64_t now_ns = start_ns;
    for (std::size_t i = 0; i < 100; ++i) {
        now_ns = schedule.due_after_ns(now_ns);
        assert_in_range(now_ns, start_ns, start_ns + interval_ns);
        const ScrapeIndex index = schedule.next_due(now_ns, false);
        assert_true(index < 100);
        assert_int_equal(moments[index], 0);
        moments[index] = now_ns;
        schedule.begin(index);
        schedule.end(index, true, now_ns + second_ns);
    }
    for (ScrapeIndex i = 0; i < 100; ++i) {
        now_ns = schedule.due_after_ns(now_ns);
        const ScrapeIndex index = schedule.next_due(now_ns, false);
        assert_int_equal(now_ns, moments[index] + interval_ns);
        schedule.begin(index);
        schedule.end(index, true, now_ns);
    }
}

void moments_are_spread_over_the_interval(void**) {
    set({specs, 1000});
    int counts[10] = {};
    for (std::uint64_t now_ns = start_ns; (now_ns = schedule.due_after_ns(now_ns)) != 0;)
        ++counts[(now_ns - start_ns - 1) / second_ns];
    for (const int count : counts)
        assert_in_range(count, 60, 140);
}

void what_is_late_comes_in_the_order_of_its_moments(void**) {
    set({specs, 3});
    const std::uint64_t late_ns = start_ns + 2 * interval_ns;
    std::uint64_t now_ns = start_ns;
    for (int i = 0; i < 3; ++i) {
        now_ns = schedule.due_after_ns(now_ns);
        const ScrapeIndex index = schedule.next_due(late_ns, true);
        assert_int_equal(index, schedule.next_due(now_ns, true));
        schedule.begin(index);
    }
    assert_int_equal(schedule.next_due(late_ns, true), no_scrape_target);
    assert_int_equal(schedule.due_after_ns(start_ns), 0);
}

void a_slow_target_skips_the_moments_that_it_missed(void**) {
    set({specs, 1});
    const std::uint64_t moment_ns = schedule.due_after_ns(start_ns);
    schedule.begin(0);
    assert_int_equal(schedule.next_due(moment_ns + interval_ns, true), no_scrape_target);
    schedule.end(0, true, moment_ns + 2 * interval_ns + 1);
    assert_int_equal(schedule.due_after_ns(start_ns), moment_ns + 3 * interval_ns);
}

void a_suspect_is_left_out_until_it_is_well(void**) {
    set({specs, 1});
    schedule.begin(0);
    schedule.end(0, false, start_ns);
    const std::uint64_t later_ns = start_ns + interval_ns;
    assert_true(schedule.is_suspect(0));
    assert_int_equal(schedule.next_due(later_ns, false), no_scrape_target);
    assert_int_equal(schedule.next_due(later_ns, true), 0);
    schedule.begin(0);
    schedule.end(0, true, start_ns);
    assert_int_equal(schedule.next_due(later_ns, false), 0);
}

void a_new_set_keeps_the_indexes_of_what_stays(void**) {
    set({specs, 4});
    set({specs + 1, 3}, ScrapeSource::discovered, start_ns + 5 * second_ns);
    assert_int_equal(removal_count, 1);
    assert_int_equal(last_removed, 0);
    assert_string_equal(schedule.target(1).url.c_str(), "http://127.0.0.1:1001/metrics");
    assert_int_equal(schedule.target_count(), 3);
    set({specs + 1, 4});  // the new one takes the free row
    assert_string_equal(schedule.target(0).container_id.c_str(), "c4");
    assert_string_equal(schedule.target(0).url.c_str(), "http://127.0.0.1:1004/metrics");
    assert_int_equal(removal_count, 1);
}

void a_target_of_two_sources_stays_until_both_drop_it(void**) {
    set({specs, 1});
    set({specs, 1}, ScrapeSource::configured);
    assert_int_equal(schedule.target_count(), 1);
    set({});
    assert_int_equal(removal_count, 0);
    assert_int_equal(schedule.target_count(), 1);
    set({}, ScrapeSource::configured);
    assert_int_equal(removal_count, 1);
    assert_int_equal(schedule.target_count(), 0);
}

void a_busy_target_keeps_its_row_until_it_ends(void**) {
    set({specs, 1});
    schedule.begin(0);
    set({});
    assert_int_equal(removal_count, 1);
    assert_true(schedule.is_removed(0));
    assert_string_equal(schedule.target(0).container_id.c_str(), "c0");
    set({specs + 1, 1});  // not in the same row
    assert_string_equal(schedule.target(1).container_id.c_str(), "c1");
    schedule.end(0, true, start_ns);
    set({specs + 1, 2});
    assert_string_equal(schedule.target(0).container_id.c_str(), "c2");
}

void a_busy_target_that_comes_back_goes_on(void**) {
    set({specs, 1});
    schedule.begin(0);
    set({});
    set({specs, 1});
    assert_false(schedule.is_removed(0));
    schedule.end(0, true, start_ns);
    assert_int_equal(schedule.target_count(), 1);
    assert_int_equal(schedule.next_due(start_ns + interval_ns, false), 0);
}

void what_does_not_fit_or_cannot_be_asked_is_counted(void**) {
    assert_int_equal(set({specs, spec_count}), 3);
    assert_int_equal(schedule.target_count(), limits::scrape_target_count_max);
    static char long_id[limits::name_bytes_max + 1];
    for (char& c : long_id)
        c = 'i';
    const ScrapeTargetSpec bad[] = {{"", {"127.0.0.1", 80, "/"}},
                                    {{long_id, sizeof long_id}, {"127.0.0.1", 80, "/"}},
                                    {"c", {"name", 80, "/"}},
                                    {"c", {"127.0.0.1", 0, "/"}},
                                    {"c", {"127.0.0.1", 80, "metrics"}},
                                    {"c", {"127.0.0.1", 80, "/\n"}}};
    assert_int_equal(set(bad), std::size(bad));
    assert_int_equal(schedule.target_count(), 0);
    assert_int_equal(removal_count, limits::scrape_target_count_max);
    assert_int_equal(set({specs, 2}), 0);
    assert_int_equal(set({specs, 2}), 0);
}

void twins_are_one_target_and_urls_of_different_containers_two(void**) {
    const ScrapeTargetSpec twins[] = {{"a", {"127.0.0.1", 80, "/"}},
                                      {"a", {"127.0.0.1", 80, "/"}},
                                      {"b", {"127.0.0.1", 80, "/"}}};
    assert_int_equal(set(twins), 0);
    assert_int_equal(schedule.target_count(), 2);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(targets_are_asked_once_an_interval_at_their_own_moment,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(moments_are_spread_over_the_interval, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_late_comes_in_the_order_of_its_moments, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_slow_target_skips_the_moments_that_it_missed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_suspect_is_left_out_until_it_is_well, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_set_keeps_the_indexes_of_what_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_target_of_two_sources_stays_until_both_drop_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_busy_target_keeps_its_row_until_it_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_busy_target_that_comes_back_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_or_cannot_be_asked_is_counted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(twins_are_one_target_and_urls_of_different_containers_two,
                                        setup, teardown),
    };
    return cmocka_run_group_tests_name("scrape_schedule", tests, nullptr, nullptr);
}
