// Finds the containers of this machine in its cgroups, and reads their figures. Every answer
// comes from the kernel's own files, so that no container runtime has to be asked.
#pragma once

#include <cstdint>
#include <span>

#include "platform/base/arena.h"
#include "platform/base/check.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/metric.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

struct DiscoveryOptions {
    bool services = false;                // systemd's services count as containers, too
    FixedText<256> mesos_root = mesos();  // the Mesos agent's flag cgroups_root

  private:
    static FixedText<256> mesos() {
        FixedText<256> name;
        NMA_CHECK(name.assign("mesos"));
        return name;
    }
};

class ContainerSampler {
  public:
    // The controllers' constants, in the order of controllers.list.
    static std::span<const MetricSource> sources();

    // Sets all memory aside. Controller i will write as source `first_source` + i.
    void init(Arena& arena, const Capacities& capacities, std::uint16_t first_source);

    // Finds the mounts, raises the limit of open files, and logs what there is. Once, after init
    // with a mapped arena. A machine without cgroups is one without containers.
    void start(const HostContext& context, const DiscoveryOptions& options);

    // One reading of all containers, sorted by id. Looks for new ones first, when the kernel
    // says that something changed. Call it after writer.end_node().
    void sample(const HostContext& context, SnapshotWriter& writer);

    // Closes everything.
    void stop();

  private:
    struct State;
    State* state_ = nullptr;
};

}  // namespace nma
