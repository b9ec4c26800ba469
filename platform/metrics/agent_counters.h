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
};

inline constexpr int agent_counter_count = 6;

void count_agent(AgentCounter counter, std::uint64_t by = 1);
std::uint64_t agent_count(AgentCounter counter);

}  // namespace nma
