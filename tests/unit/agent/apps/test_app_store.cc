#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/linux/clock.h"
#include "tests/support/app_bed.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace std::string_view_literals;

static AppBed bed;

int make_bed(void**) {
    AppCapacities capacities;
    capacities.containers = 4;
    return bed.make(capacities) ? 0 : -1;
}

int give_back(void**) {
    bed.give_back();
    return 0;
}

void a_counter_is_the_whole_sum_of_its_samples_by_their_rates(void**) {
    bed.send("a:1|c\na:2|c\na:1|c|@0.1\na:-3|c");
    assert_string_equal(bed.shown(), "a=10");
    bed.send("b:1|c|@0.3");
    assert_string_equal(bed.shown("b"), "b=3");
    bed.send("b:1|c|@0.3\nb:1|c|@0.3");
    assert_string_equal(bed.shown("b"), "b=10");
    bed.send("d:0.4|c");
    assert_string_equal(bed.shown("d"), "d=0");
    bed.send("e:-0.4|c");
    assert_string_equal(bed.shown("e"), "e=0");
}

void a_counter_lives_as_long_as_its_container(void**) {
    bed.send("a:5|c");
    bed.wait_s(1000);
    bed.send("a:1|c");
    assert_string_equal(bed.shown(), "a=6");
    bed.store.close(bed.container);
    assert_string_equal(bed.shown(), "none");
    bed.container = bed.store.open("c");
    assert_string_equal(bed.shown(), "none");
    bed.send("a:1|c");
    assert_string_equal(bed.shown(), "a=1");
}

void a_counter_is_exact_up_to_two_to_the_53rd(void**) {
    bed.send("a:9007199254740990|c\na:1|c\na:1|c");
    assert_string_equal(bed.shown(), "a=9.007199255e+15");
    double value = 0;
    const AppSource source = bed.store.source();
    source.each(
        source.self, "c", "a",
        [](void* context, const AppDatapoint& datapoint) {
            *static_cast<double*>(context) = datapoint.value;
        },
        &value);
    assert_true(value == 9007199254740992.0);
}

void hostile_sums_stay_numbers(void**) {
    bed.send("a:1e308|c|@0.001\na:1e308|c\na:1e308|c\nb:-1e308|c\nb:-1e308|c");
    assert_string_equal(bed.shown(), "a=1.797693135e+308 b=-1.797693135e+308");
}

void a_gauge_is_its_last_value_and_signs_change_it(void**) {
    bed.send("a:3|g\na:7.5|g");
    assert_string_equal(bed.shown(), "a=7.5");
    bed.send("a:+1|g\na:-10|g");
    assert_string_equal(bed.shown(), "a=-1.5");
    bed.send("b:-4|g");
    assert_string_equal(bed.shown("b"), "b=-4");
}

void a_gauge_that_is_nan_comes_out_as_nan(void**) {
    bed.send("a:NaN|g");
    double value = 0;
    const AppSource source = bed.store.source();
    assert_true(source.each(
        source.self, "c", "",
        [](void* context, const AppDatapoint& datapoint) {
            *static_cast<double*>(context) = datapoint.value;
        },
        &value));
    assert_true(std::isnan(value));
    bed.send("a:+1|g");
    assert_string_equal(bed.shown(), "a=nan");
    bed.send("a:1|g");
    assert_string_equal(bed.shown(), "a=1");
}

void a_set_counts_distinct_members(void**) {
    bed.send("a:x|s\na:y|s\na:x|s\na:x:y|s\nb:x|s");
    assert_string_equal(bed.shown(), "a=3 b=1");
}

// What the text shows last is within 1 % of `value`.
bool ends_near(const char* shown, double value) {
    return std::fabs(strtod(strrchr(shown, '=') + 1, nullptr) - value) <= 0.01 * value;
}

void a_timer_has_its_seven_parts(void**) {
    for (int i = 1; i <= 10; ++i) {
        char line[32];
        snprintf(line, sizeof line, "a:%d|ms", i);
        bed.send(line);
    }
    const char* const shown = bed.shown();
    const char* const begin =
        "a.count=10 a.sum=55 a.mean=5.5 a.stddev=2.872281323 a.lower=1 "
        "a.upper=10 a.90_percentile=";
    assert_memory_equal(shown, begin, strlen(begin));
    assert_true(ends_near(shown, 9));
}

void one_value_alone_is_shown_exactly(void**) {
    bed.send("a:320|ms");
    assert_string_equal(bed.shown(),
                        "a.count=1 a.sum=320 a.mean=320 a.stddev=0 a.lower=320 "
                        "a.upper=320 a.90_percentile=320");
}

void a_timers_rate_is_a_weight(void**) {
    bed.send("a:10|ms|@0.1\na:20|ms|@0.5");
    assert_string_equal(bed.shown("a.count"), "a.count=12");
    assert_string_equal(bed.shown("a.sum"), "a.sum=140");
    assert_string_equal(bed.shown("a.mean"), "a.mean=11.66666667");
    assert_string_equal(bed.shown("a.lower"), "a.lower=10");
    assert_true(ends_near(bed.shown("a.90_percentile"), 20));
}

void timers_histograms_and_distributions_of_one_name_are_one(void**) {
    bed.send("a:1|ms\na:2|h\na:3|d");
    assert_string_equal(bed.shown("a.count"), "a.count=3");
    assert_int_equal(bed.store.use().series, 1);
}

void percentiles_are_a_setting(void**) {
    bed.give_back();
    AppOptions options;
    options.percentile_count = 3;
    const std::uint8_t percentiles[] = {50, 95, 99};
    memcpy(options.percentiles, percentiles, sizeof percentiles);
    assert_true(bed.make({}, options));
    bed.send("a:5|ms");
    assert_string_equal(bed.shown("a.50_percentile"), "a.50_percentile=5");
    assert_string_equal(bed.shown("a.99_percentile"), "a.99_percentile=5");
    assert_string_equal(bed.shown("a.90_percentile"), "none");
}

void tag_sets_are_series_of_their_own_whatever_their_order(void**) {
    bed.send("a:1|c|#k:1,l:2\na:1|c|#l:2,k:1\na:1|c\na:1|c|#k:1\na,k=1:1|c");
    assert_string_equal(bed.shown(), "a{k=1}{l=2}=2 a=1 a{k=1}=2");
}

void one_name_may_be_of_several_types(void**) {
    bed.send("a:1|c\na:2|g\na:x|s\na:4|ms");
    assert_int_equal(bed.store.use().series, 4);
    bed.send("a:1|c\na:3|g");
    assert_int_equal(bed.store.use().series, 4);
    assert_string_equal(bed.shown("a.count"), "a.count=1");
}

void a_metric_is_selected_by_its_name_and_a_part_of_a_timer_by_its_own(void**) {
    bed.send("a:1|ms|#k:1\na:2|ms|#k:2\nab:1|c\na.count:7|g\na.b:3|g");
    assert_string_equal(bed.shown("a.mean"), "a.mean{k=1}=1 a.mean{k=2}=2");
    assert_string_equal(bed.shown("a.count"), "a.count{k=1}=1 a.count{k=2}=1 a.count=7");
    assert_string_equal(bed.shown("ab"), "ab=1");
    assert_string_equal(bed.shown("a.b"), "a.b=3");
    assert_string_equal(bed.shown("a.c"), "none");
    assert_string_equal(bed.shown("b"), "none");
    assert_non_null(strstr(bed.shown("a"), "a.upper{k=2}=2"));
    assert_null(strstr(bed.shown("a"), "ab="));
    assert_null(strstr(bed.shown("a"), "a.b="));
}

void names_and_tags_of_full_length_come_back_whole(void**) {
    static char packet[2048];
    memset(packet, 'n', 255);
    memset(packet + 262, 't', 1022);
    constexpr std::string_view between = ":1|ms|#";
    memcpy(packet + 255, between.data(), between.size());
    bed.send({packet, 262 + 1022});
    static char part[300];
    memset(part, 'n', 255);
    memcpy(part + 255, ".90_percentile", 15);
    const char* const shown = bed.shown(part);
    assert_int_equal(strlen(shown), 255 + 14 + 1 + 1022 + 1 + 1 + 2);
    assert_memory_equal(shown, part, 255 + 14);
}

void containers_are_told_apart(void**) {
    const AppContainer other = bed.store.open("d");
    const AppContainer first = bed.container;
    bed.send("a:1|c");
    bed.container = other;
    bed.send("a:5|c\nb:1|c");
    assert_string_equal(bed.shown("", "c"), "a=1");
    assert_string_equal(bed.shown("", "d"), "a=5 b=1");
    assert_string_equal(bed.shown("", "e"), "none");
    assert_int_equal(bed.store.open("c"), first);
    assert_int_equal(bed.store.find("d"), other);
    assert_int_equal(bed.store.find("e"), no_app_container);
}

void containers_are_listed_while_they_have_datapoints(void**) {
    const AppSource source = bed.store.source();
    std::string_view id;
    assert_false(source.container_at(source.self, 0, id));
    bed.send("a:1|g");
    const AppContainer first = bed.container;
    bed.container = bed.store.open("d");
    bed.send("a:1|c");
    assert_true(source.container_at(source.self, 0, id) && id == "c");
    assert_true(source.container_at(source.self, 1, id) && id == "d");
    assert_false(source.container_at(source.self, 2, id));
    bed.wait_s(120);
    assert_true(source.container_at(source.self, 0, id) && id == "d");
    assert_false(source.container_at(source.self, 1, id));
    bed.container = first;
    bed.send("a:1|g");
    assert_true(source.container_at(source.self, 1, id) && id == "c");
    bed.store.close(bed.store.find("d"));
    assert_true(source.container_at(source.self, 0, id) && id == "c");
}

void there_is_room_for_so_many_containers_and_what_is_no_id_is_refused(void**) {
    assert_int_equal(bed.store.open(""), no_app_container);
    char long_id[256];
    memset(long_id, 'i', sizeof long_id);
    assert_int_equal(bed.store.open({long_id, 256}), no_app_container);
    assert_int_not_equal(bed.store.open({long_id, 255}), no_app_container);
    assert_int_not_equal(bed.store.open("2"), no_app_container);
    assert_int_not_equal(bed.store.open("3"), no_app_container);
    assert_int_equal(bed.store.open("4"), no_app_container);
    bed.store.close(bed.store.find("2"));
    assert_int_not_equal(bed.store.open("4"), no_app_container);
}

void what_comes_for_a_closed_container_does_nothing(void**) {
    bed.store.close(bed.container);
    bed.store.close(bed.container);
    bed.send("a:1|c");
    bed.put("a", "", 1, 1);
    bed.store.end_group(bed.container, 1, bed.now_ns);
    bed.store.close(no_app_container);
    assert_int_equal(bed.store.use().series, 0);
    assert_int_equal(bed.count(AppCount::sample), 0);
}

void counts_are_the_containers_and_the_totals_outlive_it(void**) {
    bed.send("a:1|c\nbad\n_e{1,1}:a|b\n_sc|a|0\na:1:2|ms");
    bed.store.note(bed.container, AppCount::dropped_packet, 17);
    bed.store.note(no_app_container, AppCount::dropped_packet, 3);
    assert_int_equal(bed.count(AppCount::sample), 3);
    assert_int_equal(bed.count(AppCount::malformed_line), 1);
    assert_int_equal(bed.count(AppCount::skipped_event), 1);
    assert_int_equal(bed.count(AppCount::skipped_service_check), 1);
    assert_int_equal(bed.count(AppCount::dropped_packet), 17);
    assert_true(bed.store.counts(bed.container).worst_metric.empty());
    bed.store.close(bed.container);
    assert_int_equal(bed.count(AppCount::sample), 0);
    assert_int_equal(bed.store.totals()[AppCount::sample], 3);
    assert_int_equal(bed.store.totals()[AppCount::dropped_packet], 20);
    bed.container = bed.store.open("c");
    assert_int_equal(bed.count(AppCount::dropped_packet), 0);
    assert_string_equal(app_count_name(AppCount::dropped_packet), "dropped_packets");
}

void a_datapoint_is_dated_by_its_last_sample(void**) {
    bed.now_ns = boottime_ns();
    bed.send("a:1|g");
    std::uint64_t read_at_ns = 0;
    const AppSource source = bed.store.source();
    source.each(
        source.self, "c", "a",
        [](void* context, const AppDatapoint& datapoint) {
            *static_cast<std::uint64_t*>(context) = datapoint.read_at_ns;
        },
        &read_at_ns);
    const std::uint64_t wall_ns = read_instants().realtime_ns;
    assert_true(read_at_ns <= wall_ns + 100'000'000 && read_at_ns + 10 * second_ns > wall_ns);
}

void scraped_values_replace_each_other_and_go_when_their_target_has_them_no_more(void**) {
    bed.put("x.gauge", "url\0u\0"sv, 1, 1);
    bed.put("y.gauge", "url\0u\0"sv, 2, 1);
    bed.put("z.gauge", "url\0v\0"sv, 3, 2);
    bed.put("x.gauge", "url\0u\0"sv, 4, 1);
    assert_string_equal(bed.shown(), "x.gauge{url=u}=4 y.gauge{url=u}=2 z.gauge{url=v}=3");
    bed.wait_s(10);
    const std::uint64_t began_ns = bed.now_ns;
    bed.put("x.gauge", "url\0u\0"sv, 5, 1);
    bed.store.end_group(bed.container, 1, began_ns);
    assert_string_equal(bed.shown(), "x.gauge{url=u}=5 z.gauge{url=v}=3");
    bed.wait_s(119);
    assert_string_equal(bed.shown(), "x.gauge{url=u}=5");
    bed.wait_s(1);
    assert_string_equal(bed.shown(), "none");
}

void a_scraped_value_is_not_that_of_a_sample_of_the_same_name(void**) {
    bed.send("x:1|g");
    bed.put("x", "", 2, 1);
    assert_string_equal(bed.shown(), "x=1 x=2");
    bed.put("x", "", INFINITY, 1);
    assert_string_equal(bed.shown(), "x=1 x=inf");
}

}  // namespace

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bed, give_back)

int main() {
    const CMUnitTest tests[] = {
        TEST(a_counter_is_the_whole_sum_of_its_samples_by_their_rates),
        TEST(a_counter_lives_as_long_as_its_container),
        TEST(a_counter_is_exact_up_to_two_to_the_53rd),
        TEST(hostile_sums_stay_numbers),
        TEST(a_gauge_is_its_last_value_and_signs_change_it),
        TEST(a_gauge_that_is_nan_comes_out_as_nan),
        TEST(a_set_counts_distinct_members),
        TEST(a_timer_has_its_seven_parts),
        TEST(one_value_alone_is_shown_exactly),
        TEST(a_timers_rate_is_a_weight),
        TEST(timers_histograms_and_distributions_of_one_name_are_one),
        TEST(percentiles_are_a_setting),
        TEST(tag_sets_are_series_of_their_own_whatever_their_order),
        TEST(one_name_may_be_of_several_types),
        TEST(a_metric_is_selected_by_its_name_and_a_part_of_a_timer_by_its_own),
        TEST(names_and_tags_of_full_length_come_back_whole),
        TEST(containers_are_told_apart),
        TEST(containers_are_listed_while_they_have_datapoints),
        TEST(there_is_room_for_so_many_containers_and_what_is_no_id_is_refused),
        TEST(what_comes_for_a_closed_container_does_nothing),
        TEST(counts_are_the_containers_and_the_totals_outlive_it),
        TEST(a_datapoint_is_dated_by_its_last_sample),
        TEST(scraped_values_replace_each_other_and_go_when_their_target_has_them_no_more),
        TEST(a_scraped_value_is_not_that_of_a_sample_of_the_same_name),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
