// All readers of the node, in the order of collectors.list, and the loop over them.
#pragma once

#include <span>

#include "platform/metrics/collector.h"

namespace nma {

std::span<const Collector> host_collectors();

// Runs the readers, each in groups of its own: one that fails takes nothing with it.
class HostSampler {
  public:
    // Memory for the readers' states and kept files. `collectors` must outlive this.
    void init(Arena& arena, std::span<const Collector> collectors);

    // Calls the readers' start functions. Once, after init with a mapped arena.
    void start(const HostContext& context);

    // Calls the readers' stop functions and closes their files.
    void stop();

    // One reading. Reader i writes as source i. The node's part is left open for others.
    void sample(const HostContext& context, SnapshotWriter& writer);

  private:
    struct Slot {
        void* state;
        KeptFile files[limits::files_per_collector_max];
    };

    void sample_one(std::uint16_t source, const HostContext& context, SnapshotWriter& writer);

    std::span<const Collector> collectors_;
    std::span<Slot> slots_;
};

}  // namespace nma
