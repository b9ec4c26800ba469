// What the agent counts about itself, for as long as the process lives. Any thread may count and
// ask; a count is never locked, and never lost.
#pragma once

#include <cstdint>

namespace nma {

enum class AgentCounter : std::uint8_t {
    auth_failures,        // requests without a good token: 401
    auth_denials,         // requests of somebody who may not: 403
    connections_refused,  // over a limit, or closed to make room
    requests_timed_out,
    logs_suppressed,               // lines about failures that were not written one by one
    external_authorizer_failures,  // questions that it did not answer, or not with a known word
    // Of what applications sent, in all; see agent/apps/app_counts.h.
    statsd_packets,
    statsd_samples,
    statsd_malformed_lines,
    statsd_dropped_packets,
    statsd_truncated_packets,
    statsd_skipped,       // events and service checks
    statsd_unattributed,  // samples that are no known container's
    app_overflows,   // samples, members of sets and percentiles without room; scraped ones, too
    mesos_failures,  // questions to the Mesos agent without a good answer
    last = mesos_failures,
};

inline constexpr int agent_counter_count = static_cast<int>(AgentCounter::last) + 1;

void count_agent(AgentCounter counter, std::uint64_t by = 1);

// For those that somebody else counts already. One thread alone may set a counter.
void set_agent_count(AgentCounter counter, std::uint64_t count);

std::uint64_t agent_count(AgentCounter counter);

}  // namespace nma
