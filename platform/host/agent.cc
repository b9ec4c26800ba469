// What the agent counted about itself since it was started. Whatever it does not count yet did not
// happen, so that 0 is true.
#include "platform/metrics/agent_counters.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr MetricSpec counter(const char* name, const char* help) {
    return {.name = name, .help = help, .kind = MetricKind::counter};
}

// In the order of AgentCounter.
constexpr MetricSpec specs[] = {
    counter("agent.http.auth_failures", "Requests that were answered 401: no good token"),
    counter("agent.http.auth_denials", "Requests that were answered 403: no permission"),
    counter("agent.http.connections_refused",
            "Connections that were closed because a limit was reached"),
    counter("agent.http.requests_timed_out", "Requests that took their clients too long to send"),
    counter("agent.log.lines_suppressed",
            "Failures that were counted in the log, not written one by one"),
    counter("agent.auth.external_failures",
            "Questions that the external authorizer did not answer as it should"),
    counter("agent.statsd.packets", "Packets that applications sent and the agent read"),
    counter("agent.statsd.samples", "Samples in them, of all metrics"),
    counter("agent.statsd.malformed_lines", "Lines that are no StatsD"),
    counter("agent.statsd.dropped_packets",
            "Packets that the kernel dropped because a socket's buffer was full"),
    counter("agent.statsd.truncated_packets", "Packets of more than 8192 bytes"),
    counter("agent.statsd.skipped", "Events and service checks, which are not kept"),
    counter("agent.statsd.unattributed",
            "Samples that came from no known container, and were not kept"),
    counter("agent.apps.overflows",
            "Of applications: samples, members of sets and percentiles without room"),
    counter("agent.mesos.failures", "Questions that the Mesos agent did not answer as it should"),
};
static_assert(sizeof specs / sizeof specs[0] == agent_counter_count);

Status run_agent(void*, const HostContext&, SnapshotWriter& writer) {
    for (int i = 0; i < agent_counter_count; ++i)
        writer.add(i, agent_count(static_cast<AgentCounter>(i)));
    return Status::ok;
}

}  // namespace

extern constexpr Collector agent_collector = {.name = "agent", .specs = specs, .run = run_agent};

}  // namespace nma
