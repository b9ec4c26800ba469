#include "agent/apps/statsd_intake.h"

#include <string>

#include "tests/support/apps_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t ns_per_s = 1'000'000'000;

AppStore* store;
StatsdIntake intake;

void start(std::string_view nobody_id = {}, std::size_t container_count = 8) {
    store = &store_make(container_count);
    intake = StatsdIntake();
    intake.start(*store, bed_questions(), nobody_id);
}

void take(std::string_view text, bool is_truncated = false) {
    std::string packet(text);
    intake.take(packet, is_truncated);
}

void of_a_container_that_is_known_no_field_is_believed(void**) {
    start();
    intake.begin(SenderPlace::container, "web", ns_per_s);
    take("m:1|c\nm:2|c|c:db\nm:4|c|c:nothing");
    assert_true(store_sum(*store, "web") == 7);
    assert_true(store_sum(*store, "db") == -1);
    assert_int_equal(intake.counts().unknown_container_samples, 0);
}

void a_field_counts_on_a_shared_socket_for_containers_that_exist(void**) {
    start();
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("m:1|c|c:web\nm:2|c|c:ci-web\nm:4|c|c:in-42\nm:8|c|c:ci-x\nm:16|c|c:ci-ci-x");
    assert_true(store_sum(*store, "web") == 3);
    assert_true(store_sum(*store, "db") == 4);
    assert_true(store_sum(*store, "ci-x") == 24);
    take("m:1|c|c:gone\nm:1|c|c:in-43\nm:1|c|c:in-\nm:1|c|c:ci-\nm:1|c|c:../web\nm:1|c");
    assert_int_equal(intake.counts().unknown_container_samples, 5);
    assert_int_equal(intake.counts().unattributed_samples, 1);
    assert_int_equal(store->find("gone"), no_app_container);
}

void what_is_nobody_s_goes_where_the_options_say(void**) {
    start("node");
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("m:1|c\nm:4|c|c:web");
    assert_true(store_sum(*store, "node") == 1);
    assert_true(store_sum(*store, "web") == 4);
    assert_int_equal(intake.counts().unattributed_samples, 0);
    assert_int_equal(intake.counts().samples, 2);
}

void what_names_a_container_that_is_gone_is_nobody_else_s(void**) {
    start("node");
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("m:1|c\nm:2|c|c:gone\nm:4:8|c|c:gone");
    assert_true(store_sum(*store, "node") == 1);
    assert_int_equal(intake.counts().unknown_container_samples, 3);
    assert_int_equal(intake.counts().unattributed_samples, 0);
    assert_int_equal(intake.counts().unheld_samples, 0);
}

void a_sender_that_cannot_be_told_speaks_for_nobody(void**) {
    start("node");
    intake.begin(SenderPlace::unknown, "web", ns_per_s);
    take("m:1|c\nm:2|c|c:web\nnonsense");
    intake.note_dropped(2);
    assert_true(store_sum(*store, "web") == -1);
    assert_int_equal(store->find("node"), no_app_container);
    assert_int_equal(intake.counts().unattributed_samples, 2);
    assert_int_equal(intake.counts().unknown_container_samples, 0);
    assert_int_equal(store->totals()[AppCount::malformed_line], 1);
    assert_int_equal(store->totals()[AppCount::dropped_packet], 2);
}

void a_named_container_without_room_is_nobody_else_s(void**) {
    start("node", 1);
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("m:1|c\nm:2|c|c:web\nm:4|c|c:web");
    assert_true(store_sum(*store, "node") == 1);
    assert_true(store_sum(*store, "web") == -1);
    assert_int_equal(intake.counts().unheld_samples, 2);
    assert_int_equal(intake.counts().unattributed_samples, 0);
}

void a_field_that_changes_within_a_packet_is_looked_at_anew(void**) {
    start();
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("m:1|c|c:web\nm:1|c|c:gone\nm:1|c|c:db\nm:1|c|c:web");
    assert_true(store_sum(*store, "web") == 2);
    assert_true(store_sum(*store, "db") == 1);
}

void values_of_one_line_and_of_several_kinds_find_their_series(void**) {
    start();
    intake.begin(SenderPlace::container, "web", ns_per_s);
    take("m:1:2:4|c\nn:8|c\nm:16|g:32|c:+64|g:128|c\nm:256|c|#a:b\nm:512|c");
    // A counter and a gauge m, a counter n, and one of m with a tag.
    assert_true(store_sum(*store, "web") == 1023);
    assert_int_equal(store->use().series, 4);
    assert_int_equal(store->last_ns(store->find("web")), ns_per_s);
    // The same buffer, with another text.
    std::string packet = "x:1|c";
    intake.take(packet, false);
    packet = "y:1|c";
    intake.take(packet, false);
    assert_int_equal(store->use().series, 6);
    assert_true(store_sum(*store, "web") == 1025);
    store->close(store->find("web"));
    packet = "y:1|c";
    intake.begin(SenderPlace::container, "web", 2 * ns_per_s);
    intake.take(packet, false);
    assert_true(store_sum(*store, "web") == 1);
    assert_int_equal(store->last_ns(store->find("web")), 2 * ns_per_s);
    assert_int_equal(store->last_ns(no_app_container), 0);
}

void values_of_a_line_without_room_are_all_counted(void**) {
    start();
    intake.begin(SenderPlace::container, "web", ns_per_s);
    for (std::size_t i = 0; i < limits::app_series_per_container_default; ++i)
        take("m" + std::to_string(i) + ":1|c");
    take("late:1:2:3|c\nlate:1|c:1|g:1|c");
    assert_int_equal(store_count(*store, "web", AppCount::overflow), 6);
    assert_true(store->counts(store->find("web")).worst_metric == "late");
}

void the_last_line_of_a_truncated_packet_is_lost(void**) {
    start();
    intake.begin(SenderPlace::container, "web", ns_per_s);
    take("m:1|c\nm:2|c\nm:100000|c", true);
    assert_true(store_sum(*store, "web") == 3);
    take("m:100000|c", true);
    assert_true(store_sum(*store, "web") == 3);
    assert_int_equal(store_count(*store, "web", AppCount::truncated_packet), 2);
}

void bad_lines_events_and_drops_are_counted_with_their_container(void**) {
    start();
    intake.begin(SenderPlace::container, "web", ns_per_s);
    take("nonsense\nm:1|c\n_e{1,1}:a|b\n");
    intake.note_dropped(5);
    assert_int_equal(store_count(*store, "web", AppCount::malformed_line), 1);
    assert_int_equal(store_count(*store, "web", AppCount::skipped_event), 1);
    assert_int_equal(store_count(*store, "web", AppCount::dropped_packet), 5);
    intake.begin(SenderPlace::outside, {}, ns_per_s);
    take("nonsense\n");
    assert_int_equal(store->totals()[AppCount::malformed_line], 2);
}

void a_full_store_takes_no_more_containers_and_that_is_counted(void**) {
    start({}, 1);
    intake.begin(SenderPlace::container, "web", ns_per_s);
    take("m:1|c");
    intake.begin(SenderPlace::container, "db", ns_per_s);
    take("m:1|c\nm:1|c");
    assert_int_equal(intake.counts().unheld_samples, 2);
    assert_true(store_sum(*store, "web") == 1);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(of_a_container_that_is_known_no_field_is_believed),
        cmocka_unit_test(a_field_counts_on_a_shared_socket_for_containers_that_exist),
        cmocka_unit_test(what_is_nobody_s_goes_where_the_options_say),
        cmocka_unit_test(what_names_a_container_that_is_gone_is_nobody_else_s),
        cmocka_unit_test(a_sender_that_cannot_be_told_speaks_for_nobody),
        cmocka_unit_test(a_named_container_without_room_is_nobody_else_s),
        cmocka_unit_test(a_field_that_changes_within_a_packet_is_looked_at_anew),
        cmocka_unit_test(values_of_one_line_and_of_several_kinds_find_their_series),
        cmocka_unit_test(values_of_a_line_without_room_are_all_counted),
        cmocka_unit_test(the_last_line_of_a_truncated_packet_is_lost),
        cmocka_unit_test(bad_lines_events_and_drops_are_counted_with_their_container),
        cmocka_unit_test(a_full_store_takes_no_more_containers_and_that_is_counted),
    };
    return cmocka_run_group_tests_name("statsd_intake", tests, nullptr, nullptr);
}
