#include <cstdio>
#include <cstring>

#include "tests/support/app_bed.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

static AppBed bed;

int give_back(void**) {
    bed.give_back();
    return 0;
}

AppCapacities small() {
    AppCapacities capacities;
    capacities.containers = 8;
    capacities.series = 40;
    capacities.series_per_container = 16;
    capacities.text_bytes = 64 * 60;
    capacities.text_bytes_per_container = 64 * 40;
    capacities.members = 50;
    capacities.members_per_container = 30;
    capacities.sketches = 6;
    capacities.sketches_per_container = 4;
    return capacities;
}

int make_small_bed(void**) {
    return bed.make(small()) ? 0 : -1;
}

void send_number(const char* before, unsigned number, const char* after) {
    char line[300];
    const int size = std::snprintf(line, sizeof line, "%s%u%s", before, number, after);
    bed.send({line, static_cast<std::size_t>(size)});
}

void series_past_the_containers_share_are_lost_counted_and_named(void**) {
    for (unsigned i = 0; i < 16; ++i)
        send_number("a", i, ":1|c");
    bed.send("late:1|c\nlater:1|c\nlate:1|c");
    bed.send("a0:1|c\na15:1|c");
    assert_int_equal(bed.count(AppCount::overflow), 3);
    assert_int_equal(bed.count(AppCount::sample), 21);
    const AppCounts counts = bed.store.counts(bed.container);
    assert_true(counts.worst_metric == "late");
    assert_string_equal(bed.shown("late"), "none");
    assert_string_equal(bed.shown("a0"), "a0=2");
    assert_string_equal(bed.shown("a15"), "a15=2");
}

void one_container_that_overflows_leaves_room_for_others(void**) {
    for (unsigned i = 0; i < 1000; ++i)
        send_number("tags.without.end:1|c|#id:", i, "");
    assert_int_equal(bed.store.use().series, 16);
    assert_true(bed.store.counts(bed.container).worst_metric == "tags.without.end");
    bed.container = bed.store.open("d");
    bed.send("a:1|c");
    assert_string_equal(bed.shown("", "d"), "a=1");
    assert_int_equal(bed.count(AppCount::overflow), 0);
    assert_int_equal(bed.store.totals()[AppCount::overflow], 1000 - 16);
}

void all_containers_together_have_their_limit_too(void**) {
    for (unsigned c = 0; c < 4; ++c) {
        const char id[] = {static_cast<char>('p' + c), '\0'};
        bed.container = bed.store.open(id);
        for (unsigned i = 0; i < 16; ++i)
            send_number("a", i, ":1|c");
    }
    assert_int_equal(bed.store.use().series, 40);
    assert_int_equal(bed.store.totals()[AppCount::overflow], 24);
}

void names_and_tags_have_their_room_by_container_and_in_all(void**) {
    char line[300];
    memset(line, 'n', sizeof line);
    memcpy(line + 241, ":1|c", sizeof ":1|c");
    for (char c = 'a'; c < 'a' + 12; ++c) {
        line[240] = c;
        bed.send({line, 245});
    }
    assert_int_equal(bed.store.use().series, 8);  // 5 pieces of 64 bytes each
    assert_int_equal(bed.count(AppCount::overflow), 4);
    bed.container = bed.store.open("d");
    for (char c = 'a'; c < 'a' + 12; ++c) {
        line[240] = c;
        bed.send({line, 245});
    }
    assert_int_equal(bed.store.use().series, 12);
    assert_int_equal(bed.store.use().text_bytes, 64 * 60);
    assert_int_equal(bed.count(AppCount::overflow), 8);
}

void a_set_with_too_many_members_is_not_shown_for_that_window(void**) {
    for (unsigned i = 0; i < 35; ++i)
        send_number("s:", i, "|s");
    assert_int_equal(bed.count(AppCount::overflow_member), 5);
    assert_true(bed.store.counts(bed.container).worst_metric == "s");
    assert_string_equal(bed.shown(), "none");
    bed.send("s:1|s\ns:2|s");
    assert_int_equal(bed.count(AppCount::overflow_member), 5);
    bed.wait_s(10);
    assert_string_equal(bed.shown(), "none");
    assert_int_equal(bed.store.use().members, 0);
    bed.send("s:1|s\ns:2|s");
    bed.wait_s(10);
    assert_string_equal(bed.shown(), "s=2");
}

void members_in_all_have_their_limit_too(void**) {
    for (unsigned i = 0; i < 30; ++i)
        send_number("s:", i, "|s");
    bed.container = bed.store.open("d");
    for (unsigned i = 0; i < 30; ++i)
        send_number("s:", i, "|s");
    assert_int_equal(bed.store.use().members, 50);
    assert_int_equal(bed.count(AppCount::overflow_member), 10);
    assert_string_equal(bed.shown("", "c"), "s=30");
    assert_string_equal(bed.shown("", "d"), "none");
}

void timers_past_the_limit_have_all_but_percentiles(void**) {
    for (unsigned i = 0; i < 6; ++i)
        send_number("t", i, ":3|ms");
    assert_int_equal(bed.count(AppCount::overflow_sketch), 2);
    assert_string_equal(bed.shown("t3.90_percentile"), "t3.90_percentile=3");
    assert_string_equal(bed.shown("t5.90_percentile"), "none");
    assert_string_equal(bed.shown("t5"),
                        "t5.count=1 t5.sum=3 t5.mean=3 t5.stddev=0 t5.lower=3 "
                        "t5.upper=3");
    bed.send("t5:4|ms");
    assert_int_equal(bed.count(AppCount::overflow_sketch), 2);
    // Those that go make room for those that stay, from their next window on.
    for (int i = 0; i < 13; ++i) {
        bed.send("t5:3|ms\nt4:3|ms");
        bed.wait_s(10);
    }
    assert_string_equal(bed.shown("t5.90_percentile"), "t5.90_percentile=3");
    assert_int_equal(bed.store.use().sketches, 2);
}

void what_is_too_long_to_be_scraped_is_lost_and_counted(void**) {
    static char text[2000];
    memset(text, 'x', sizeof text);
    assert_false(bed.store.put(bed.container, {text, 256}, "", 1, 1, bed.now_ns));
    assert_false(bed.store.put(bed.container, "a", {text, 1025}, 1, 1, bed.now_ns));
    assert_int_equal(bed.count(AppCount::overflow), 2);
    assert_string_equal(bed.shown(), "none");
    assert_true(bed.store.put(bed.container, "a", "", 1, 1, bed.now_ns));
    assert_false(bed.store.put(no_app_container, "a", "", 1, 1, bed.now_ns));
}

// All kinds come and go in any order; at the end all the room is there again, and of use.
void room_is_there_again_for_ever_whatever_came_and_went(void**) {
    static const char* const kinds[] = {":1|g", ":2|ms|@0.5", ":3|c", ":m|s", ":77|h|#a:b,c:d"};
    std::uint32_t seed = 1;
    for (unsigned step = 0; step < 60'000; ++step) {
        seed = seed * 1664525 + 1013904223;
        const char id[] = {static_cast<char>('p' + (seed >> 8) % 5), '\0'};
        bed.container = bed.store.open(id);
        if ((seed >> 16) % 97 == 0) {
            bed.store.close(bed.container);
        } else {
            const char* const kind = kinds[(seed >> 20) % 5];
            const bool is_long = (seed >> 12) % 8 == 0;
            send_number(
                is_long ? "a.very.long.name.that.needs.more.than.one.piece.of.the.slab." : "n",
                (seed >> 24) % 40, kind);
            if ((seed >> 12) % 5 == 1) send_number("s:", step, "|s");
            if ((seed >> 12) % 5 == 2) bed.put("p", "", 1, 1);
        }
        if (step % 3 == 0) bed.wait_s(1);
        bed.store.end_group(bed.container, 1, bed.now_ns - second_ns);
    }
    for (const char* id : {"c", "p", "q", "r", "s", "t"})
        bed.store.close(bed.store.find(id));
    const AppUse use = bed.store.use();
    assert_int_equal(use.containers + use.series + use.text_bytes + use.members + use.sketches, 0);
    bed.container = bed.store.open("c");
    for (unsigned i = 0; i < 16; ++i)
        send_number("t", i, ":1|ms");
    assert_int_equal(bed.count(AppCount::overflow), 0);
    assert_int_equal(bed.store.use().sketches, 4);
    assert_string_equal(bed.shown("t15.count"), "t15.count=1");
}

void the_default_is_laid_out_the_same_when_measured_and_when_mapped(void**) {
    bed.give_back();
    assert_true(bed.make({}));
    Arena measuring;
    AppStore store;
    store.init(measuring, {});
    assert_int_equal(measuring.used_bytes(), bed.arena.used_bytes());
    assert_true(measuring.used_bytes() < std::size_t{32} << 20);
}

}  // namespace

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_small_bed, give_back)

int main() {
    const CMUnitTest tests[] = {
        TEST(series_past_the_containers_share_are_lost_counted_and_named),
        TEST(one_container_that_overflows_leaves_room_for_others),
        TEST(all_containers_together_have_their_limit_too),
        TEST(names_and_tags_have_their_room_by_container_and_in_all),
        TEST(a_set_with_too_many_members_is_not_shown_for_that_window),
        TEST(members_in_all_have_their_limit_too),
        TEST(timers_past_the_limit_have_all_but_percentiles),
        TEST(what_is_too_long_to_be_scraped_is_lost_and_counted),
        TEST(room_is_there_again_for_ever_whatever_came_and_went),
        TEST(the_default_is_laid_out_the_same_when_measured_and_when_mapped),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
