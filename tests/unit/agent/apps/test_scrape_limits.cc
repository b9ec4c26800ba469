// threaded
#include <cstring>
#include <string>

#include "agent/apps/scrape_targets.h"
#include "platform/linux/clock.h"
#include "tests/support/log_capture.h"
#include "tests/unit/agent/apps/scrape_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void hanging_endpoints_share_two_slots_once_known(void**) {
    start_with_timeout(200);
    static ScrapeTargetSpec specs[20];
    static char ids[20][8];
    for (std::size_t i = 0; i < 20; ++i) {
        snprintf(ids[i], sizeof ids[i], "c%zu", i);
        specs[i] = spec(ids[i], "/silent");
    }
    set(specs);
    wait_for_ends(20);  // each was tried once
    for (int i = 0; i < 500 && odd_server_open_count() > 0; ++i)
        usleep(1000);
    // From here on all are suspects, with 0.2 s each in two slots.
    const int before = odd_server_count();
    const std::uint64_t began_ns = boottime_ns();
    wait_for_ends(10);
    assert_in_range(odd_server_count() - before, 8, 12);
    assert_in_range((boottime_ns() - began_ns) / 1'000'000, 600, 20'000);
}

void slow_endpoints_share_two_slots_once_known(void**) {
    start_with_timeout(10'000);
    static ScrapeTargetSpec specs[8];
    static char ids[8][8];
    for (std::size_t i = 0; i < 8; ++i) {
        snprintf(ids[i], sizeof ids[i], "c%zu", i);
        specs[i] = spec(ids[i], "/slow");
    }
    set(specs);
    wait_for_ends(8);  // each was tried once
    // Two may be over at once, six take three times 1.2 s. In eight slots all would in 2 s.
    const std::uint64_t began_ns = boottime_ns();
    wait_for_ends(8);
    assert_in_range((boottime_ns() - began_ns) / 1'000'000, 3'000, 30'000);
    assert_true(value_of("c1", "up", "/slow") == 1);
    assert_true(value_of("c1", "x.gauge", "/slow") == 1);
}

void samples_beyond_the_limit_are_counted(void**) {
    stop(nullptr);
    ScrapeOptions options = fast();
    options.samples_max = 3;
    assert_int_equal(start_with(options), 0);
    static const std::string many = "a 1\nb 2\nc 3\nd 4\ne 5\nbad\n";
    odd_server_say(many);
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "c.value", "/ok") == 3);
    assert_true(value_of("c1", "d.value", "/ok") == -1);
    assert_true(value_of("c1", "scrape_samples_scraped", "/ok") == 3);
    assert_true(value_of("c1", "scrape_dropped", "/ok") == 3);
    assert_true(value_of("c1", "up", "/ok") == 1);
}

void a_body_beyond_the_limit_is_a_failure(void**) {
    start_with_timeout(10'000);
    text.append(limits::fetch_body_bytes, '\n');
    odd_server_say(text);
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/ok") == 0);
    assert_int_equal(store.size(), 4);
}

void without_room_for_a_container_nothing_is_put(void**) {
    start_with_timeout(200);
    is_full = true;
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok"), spec("c2", "/silent")};
    set(specs);
    wanted_open_count = 4;  // each of them twice
    loop.run();
    assert_int_equal(put_count, 0);
}

void samples_without_room_are_dropped_and_the_figures_say_so(void**) {
    room = 5;
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    assert_true(value_of("c1", "up", "/ok") == 1);
    assert_true(value_of("c1", "x.gauge", "/ok") == 1);
    assert_true(value_of("c1", "y.value", "/ok") == -1);
    assert_true(value_of("c1", "scrape_samples_scraped", "/ok") == 1);
    assert_true(value_of("c1", "scrape_dropped", "/ok") == 1);
    assert_true(value_of("c1", "scrape_duration_seconds", "/ok") > 0);
}

// A failed scrape finds its room in that of the samples before it.
void a_full_container_shows_that_its_endpoint_is_down(void**) {
    const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    set(specs);
    wait_for_ends(1);
    std::erase_if(store, [](const auto& entry) { return entry.second.name != "x.gauge"; });
    room = 1;
    static const std::string page = "<html>\n";
    odd_server_say(page);
    wait_for_ends(1);
    assert_int_equal(store.size(), 1);
    assert_true(value_of("c1", "up", "/ok") == 0);
}

void an_endpoint_that_is_down_is_told_once_with_its_reason(void**) {
    static const ScrapeTargetSpec away[] = {spec("c1", "/status/404")};
    const char* log = capture([] {
        set(away);
        wait_for_ends(3);
    });
    const char* told = strstr(log, "/status/404 of container c1 is down: it answered 404");
    assert_non_null(told);
    assert_null(strstr(strchr(told, '\n'), "is down"));
}

void an_endpoint_that_is_up_again_is_told(void**) {
    static const ScrapeTargetSpec specs[] = {spec("c1", "/ok")};
    static const std::string page = "<html>\n";
    static const std::string text = "x 1\n";
    const char* log = capture([] {
        odd_server_say(page);
        set(specs);
        wait_for_ends(1);
        odd_server_say(text);
        wait_for_ends(2);
    });
    const char* told = strstr(log, "/ok of container c1 is down: its answer has no sample");
    assert_non_null(told);
    assert_non_null(strstr(told, "/ok of container c1 is up again"));
}

const char* log_of_set(ScrapeSource source, std::span<const ScrapeTargetSpec> specs) {
    return capture([=] { targets.set_targets(source, specs); });
}

void how_many_specs_were_refused_is_logged_when_it_changes(void**) {
    const ScrapeTargetSpec bad[] = {{"c", {"name", 80, "/"}}, {"", {"127.0.0.1", 80, "/"}}};
    assert_non_null(strstr(log_of_set(ScrapeSource::configured, bad),
                           "warning: 2 Prometheus endpoints of prometheus.targets are not asked"));
    assert_string_equal(log_of_set(ScrapeSource::configured, bad), "");
    assert_non_null(strstr(log_of_set(ScrapeSource::discovered, {bad, 1}),
                           "warning: 1 Prometheus endpoints of tasks are not asked"));
    assert_string_equal(log_of_set(ScrapeSource::configured, {}), "");
    assert_non_null(strstr(log_of_set(ScrapeSource::configured, {bad, 1}), "warning: 1 "));
}

}  // namespace

int main() {
#define IN_BED(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const CMUnitTest tests[] = {
        IN_BED(hanging_endpoints_share_two_slots_once_known),
        IN_BED(slow_endpoints_share_two_slots_once_known),
        IN_BED(samples_beyond_the_limit_are_counted),
        IN_BED(a_body_beyond_the_limit_is_a_failure),
        IN_BED(without_room_for_a_container_nothing_is_put),
        IN_BED(samples_without_room_are_dropped_and_the_figures_say_so),
        IN_BED(a_full_container_shows_that_its_endpoint_is_down),
        IN_BED(an_endpoint_that_is_down_is_told_once_with_its_reason),
        IN_BED(an_endpoint_that_is_up_again_is_told),
        IN_BED(how_many_specs_were_refused_is_logged_when_it_changes),
    };
    return cmocka_run_group_tests_name("scrape_limits", tests, nullptr, nullptr);
}
