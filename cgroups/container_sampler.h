// Finds the containers of this machine in its cgroups, and reads their figures. Every answer
// comes from the kernel's own files, so that no container runtime has to be asked.
#pragma once

#include <cstdint>
#include <span>

#include "cgroups/sandbox.h"
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
    std::uint32_t exited_age_s = limits::exited_age_s_default;
    SandboxOptions sandbox;
    std::size_t reserved_file_count = 0;  // descriptors that others of the process need
    std::uint32_t idle_age_s = limits::idle_age_s_default;  // 0: read all of each at every tick

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

    // Sets all memory aside. Controller i will write as source `first_source` + i of `catalogue`,
    // which must outlive this.
    void init(Arena& arena, const Capacities& capacities, Catalogue catalogue,
              std::uint16_t first_source);

    // Finds the mounts, raises the limit of open files, and logs what there is. Once, after init
    // with a mapped arena. A machine without cgroups is one without containers.
    void start(const HostContext& context, const DiscoveryOptions& options);

    // The first half of a reading: learns what was made and removed, searches when it must, and
    // writes how many containers there are. Call it before writer.end_node().
    void discover(const HostContext& context, SnapshotWriter& writer);

    // The second half: all containers, those that live sorted by id, then those that ended.
    // `previous` is the reading before this one, which is continued where nothing happened; null
    // when there is none. Call it after writer.end_node().
    void sample(const HostContext& context, SnapshotWriter& writer, const Snapshot* previous);

    // Between two readings, when watch_descriptor() is readable or the time is up that the last
    // call gave: keeps a reading of containers that were made since the last one or are ending.
    // Returns for how many milliseconds nothing is to do; -1 when not before the next change.
    int look(const HostContext& context);

    // -1 when changes are not told.
    int watch_descriptor() const;

    // From any thread: a reading that runs, and any after it, ends early, between two containers.
    // What it wrote is not to be shown.
    void ask_to_stop();

    // Closes everything.
    void stop();

  private:
    struct State;
    State* state_ = nullptr;
};

}  // namespace nma
