#include "platform/metrics/agent_counters.h"

#include <atomic>

namespace nma {

namespace {

// Relaxed: each is a figure of its own, and says nothing about other memory.
constinit std::atomic<std::uint64_t> counts[agent_counter_count];

}  // namespace

void count_agent(AgentCounter counter, std::uint64_t by) {
    counts[static_cast<int>(counter)].fetch_add(by, std::memory_order_relaxed);
}

void set_agent_count(AgentCounter counter, std::uint64_t count) {
    counts[static_cast<int>(counter)].store(count, std::memory_order_relaxed);
}

std::uint64_t agent_count(AgentCounter counter) {
    return counts[static_cast<int>(counter)].load(std::memory_order_relaxed);
}

}  // namespace nma
