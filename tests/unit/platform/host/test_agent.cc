// threaded
#include <pthread.h>

#include "platform/metrics/agent_counters.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector agent_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

ReaderBed bed;

// First, while nothing was counted in this process.
void each_counter_is_its_own_figure_and_begins_at_zero(void**) {
    bed_make(bed, agent_collector);
    bed_tick(bed);
    assert_string_equal(bed_dump(bed),
                        "agent.http.auth_failures 0\nagent.http.auth_denials 0\n"
                        "agent.http.connections_refused 0\nagent.http.requests_timed_out 0\n"
                        "agent.log.lines_suppressed 0\nagent.auth.external_failures 0\n"
                        "agent.statsd.packets 0\nagent.statsd.samples 0\n"
                        "agent.statsd.malformed_lines 0\nagent.statsd.dropped_packets 0\n"
                        "agent.statsd.truncated_packets 0\nagent.statsd.skipped 0\n"
                        "agent.statsd.unattributed 0\nagent.apps.overflows 0\n"
                        "agent.mesos.failures 0\n");
    std::uint64_t by = 0;
    for (const AgentCounter counter :
         {AgentCounter::auth_failures, AgentCounter::auth_denials,
          AgentCounter::connections_refused, AgentCounter::requests_timed_out,
          AgentCounter::logs_suppressed, AgentCounter::external_authorizer_failures})
        count_agent(counter, ++by);
    for (const AgentCounter counter :
         {AgentCounter::statsd_packets, AgentCounter::statsd_samples,
          AgentCounter::statsd_malformed_lines, AgentCounter::statsd_dropped_packets,
          AgentCounter::statsd_truncated_packets, AgentCounter::statsd_skipped,
          AgentCounter::statsd_unattributed, AgentCounter::app_overflows,
          AgentCounter::mesos_failures})
        set_agent_count(counter, ++by);
    bed_tick(bed);
    assert_string_equal(bed_dump(bed),
                        "agent.http.auth_failures 1\nagent.http.auth_denials 2\n"
                        "agent.http.connections_refused 3\nagent.http.requests_timed_out 4\n"
                        "agent.log.lines_suppressed 5\nagent.auth.external_failures 6\n"
                        "agent.statsd.packets 7\nagent.statsd.samples 8\n"
                        "agent.statsd.malformed_lines 9\nagent.statsd.dropped_packets 10\n"
                        "agent.statsd.truncated_packets 11\nagent.statsd.skipped 12\n"
                        "agent.statsd.unattributed 13\nagent.apps.overflows 14\n"
                        "agent.mesos.failures 15\n");
    bed_remove(bed);
}

void only_the_full_view_has_them(void**) {
    for (const MetricSpec& spec : agent_collector.specs) {
        assert_true(spec.view == View::full);
        assert_true(spec.kind == MetricKind::counter && spec.unit == Unit::count);
    }
}

void* count_many(void*) {
    for (int i = 0; i < 10'000; ++i)
        count_agent(AgentCounter::auth_failures);
    return nullptr;
}

void nothing_that_two_threads_count_is_lost(void**) {
    const std::uint64_t before = agent_count(AgentCounter::auth_failures);
    pthread_t other;
    assert_int_equal(pthread_create(&other, nullptr, count_many, nullptr), 0);
    count_many(nullptr);
    pthread_join(other, nullptr);
    assert_int_equal(agent_count(AgentCounter::auth_failures), before + 20'000);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_counter_is_its_own_figure_and_begins_at_zero),
        cmocka_unit_test(only_the_full_view_has_them),
        cmocka_unit_test(nothing_that_two_threads_count_is_lost),
    };
    return cmocka_run_group_tests_name("agent", tests, nullptr, nullptr);
}
