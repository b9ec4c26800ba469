// threaded
#include "agent/apps/scrape_targets.h"

#include <string>

#include "tests/unit/agent/apps/scrape_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void samples_come_with_the_figures_of_their_scrape(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "x.gauge", "/ok") == 1);
    assert_true(value_of("c1", "y.value", "/ok") == 2);
    assert_true(value_of("c1", "up", "/ok") == 1);
    assert_true(value_of("c1", "scrape_samples_scraped", "/ok") == 2);
    assert_true(value_of("c1", "scrape_dropped", "/ok") == 0);
    const double duration_s = value_of("c1", "scrape_duration_seconds", "/ok");
    assert_true(duration_s > 0 && duration_s < 5);
    assert_int_equal(store.size(), 6);
    for (const auto& entry : store)
        assert_int_equal(entry.second.group, 1);
}

void a_scrape_replaces_what_the_one_before_it_said(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    static std::string other = "y{a=\"b\"} 5\nnew 3\n";
    odd_server_say(other);
    wait_for_ends(1);
    assert_true(value_of("c1", "x.gauge", "/ok") == -1);
    assert_true(value_of("c1", "y.value", "/ok") == 5);
    assert_true(value_of("c1", "new.value", "/ok") == 3);
    assert_int_equal(odd_server_count(), 2);
}

void the_formats_are_told_apart_by_their_content_type(void**) {
    static const std::string openmetrics = "# TYPE c counter\nc_total 1\nc_created 2\n# EOF\n";
    odd_server_say(openmetrics);
    const ScrapeTargetSpec specs[] = {spec("c1", "/openmetrics"), spec("c1", "/ok")};
    set(specs);
    wait_for_ends(2);
    assert_true(value_of("c1", "c_total.counter", "/openmetrics") == 1);
    assert_true(value_of("c1", "scrape_dropped", "/openmetrics") == 0);
    assert_true(value_of("c1", "c_total.counter", "/ok") == 1);
    static const std::string torn = "c_total 1\n";
    odd_server_say(torn);
    wait_for_ends(2);
    assert_true(value_of("c1", "scrape_dropped", "/openmetrics") == 1);
    assert_true(value_of("c1", "scrape_dropped", "/ok") == 0);
}

void broken_endpoints_are_down_and_harm_no_other(void**) {
    start_with_timeout(500);
    static constexpr const char* paths[] = {"/silent",     "/trickle", "/early",      "/garbage",
                                            "/huge",       "/headers", "/status/500", "/status/302",
                                            "/status/204", "/bare",    "/flood",      "/close"};
    static ScrapeTargetSpec specs[std::size(paths) + 1];
    for (std::size_t i = 0; i < std::size(paths); ++i)
        specs[i] = spec("bad", paths[i]);
    specs[std::size(paths)] = spec("good", "/ok");
    set(specs);
    wait_for_ends(2 * static_cast<int>(std::size(specs)));
    for (const char* path : paths) {
        assert_true(value_of("bad", "up", path) == 0);
        assert_true(value_of("bad", "scrape_samples_scraped", path) == 0);
    }
    assert_true(value_of("bad", "scrape_dropped", "/bare") == 1);
    assert_true(value_of("good", "up", "/ok") == 1);
    assert_true(value_of("good", "x.gauge", "/ok") == 1);
}

void an_endpoint_that_breaks_takes_its_samples_along(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    static const std::string page = "<html>\n<p>Sorry.\n</html>\n";
    odd_server_say(page);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/ok") == 0);
    assert_true(value_of("c1", "scrape_dropped", "/ok") == 3);
    assert_int_equal(store.size(), 4);
    odd_server_say(text);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/ok") == 1);
    assert_true(value_of("c1", "x.gauge", "/ok") == 1);
}

void an_empty_text_is_a_good_one(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/empty")};
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/empty") == 1);
    assert_true(value_of("c1", "scrape_samples_scraped", "/empty") == 0);
}

void a_target_that_goes_takes_its_series_along(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok"), spec("c1", "/chunked")};
    set(specs);
    wait_for_ends(2);
    assert_int_equal(store.size(), 12);
    set({specs, 1});
    assert_int_equal(store.size(), 6);
    assert_true(value_of("c1", "x.gauge", "/ok") == 1);
    set({});
    assert_int_equal(store.size(), 0);
}

void remove_all_once() {
    on_put = nullptr;
    set({});
}

void a_target_that_goes_in_the_midst_of_its_text_leaves_nothing(void**) {
    text.clear();
    while (text.size() < 4 * limits::scrape_slice_bytes)
        text.append("m{i=\"").append(std::to_string(text.size())).append("\"} 1\n");
    odd_server_say(text);
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    on_put = remove_all_once;
    wait_for_ends(2);  // when it goes, and when its scrape ends
    assert_int_equal(store.size(), 0);
    assert_in_range(put_count, 1, limits::scrape_slice_bytes / 10);  // what was left of the slice
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/ok") == 1);
}

void a_removed_target_opens_no_container(void**) {
    start_with_timeout(200);
    const ScrapeTargetSpec specs[] = {spec("c1", "/silent"), spec("c2", "/ok")};
    set(specs);
    wait_for_ends(1);
    containers.clear();
    store.clear();
    set({});
    static ScrapeTargetSpec other[1];
    other[0] = spec("c3", "/ok");
    set(other);
    wait_for_ends(1);
    assert_int_equal(containers.size(), 1);
    assert_string_equal(containers[0].c_str(), "c3");
}

bool has_seen_figures;
double seen_samples;

void look_at_the_figures() {
    if (value_of("c1", "m.value", "/ok") == -1) return;
    on_put = nullptr;
    has_seen_figures = value_of("c1", "up", "/ok") == 1;
    seen_samples = value_of("c1", "scrape_samples_scraped", "/ok");
}

void while_a_text_is_read_the_figures_are_those_of_the_one_before(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    static const std::string other = "m 1\nn 1\no 1\n";
    odd_server_say(other);
    on_put = look_at_the_figures;
    wait_for_ends(1);
    assert_true(has_seen_figures);
    assert_true(seen_samples == 2);
    assert_true(value_of("c1", "scrape_samples_scraped", "/ok") == 3);
}

int turn_count;

void note_turn(void*) {
    ++turn_count;
}

int note_start(void*) {
    return -1;
}

void a_large_text_is_parsed_in_many_turns_of_the_loop(void**) {
    start_with_timeout(10'000);
    text.clear();
    while (text.size() < limits::fetch_body_bytes - 100)
        text.append("m{i=\"").append(std::to_string(text.size())).append("\"} 1\n");
    odd_server_say(text);
    assert_int_equal(loop.add_hook({note_start, note_turn, nullptr}), Status::ok);
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    turn_count = 0;
    wait_for_ends(1);
    assert_true(turn_count >= static_cast<int>(text.size() / (limits::scrape_slice_bytes + 64)));
    assert_true(value_of("c1", "scrape_samples_scraped", "/ok") ==
                limits::scrape_sample_count_default);
    assert_true(value_of("c1", "up", "/ok") == 1);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples_come_with_the_figures_of_their_scrape, start, stop),
        cmocka_unit_test_setup_teardown(a_scrape_replaces_what_the_one_before_it_said, start, stop),
        cmocka_unit_test_setup_teardown(the_formats_are_told_apart_by_their_content_type, start,
                                        stop),
        cmocka_unit_test_setup_teardown(broken_endpoints_are_down_and_harm_no_other, start, stop),
        cmocka_unit_test_setup_teardown(an_endpoint_that_breaks_takes_its_samples_along, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_empty_text_is_a_good_one, start, stop),
        cmocka_unit_test_setup_teardown(a_target_that_goes_takes_its_series_along, start, stop),
        cmocka_unit_test_setup_teardown(a_target_that_goes_in_the_midst_of_its_text_leaves_nothing,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_removed_target_opens_no_container, start, stop),
        cmocka_unit_test_setup_teardown(
            while_a_text_is_read_the_figures_are_those_of_the_one_before, start, stop),
        cmocka_unit_test_setup_teardown(a_large_text_is_parsed_in_many_turns_of_the_loop, start,
                                        stop),
    };
    return cmocka_run_group_tests_name("scrape_targets", tests, nullptr, nullptr);
}
