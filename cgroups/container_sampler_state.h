// The inside of ContainerSampler: what it holds, and how it reads (container_readings.cc).
#pragma once

#include <atomic>

#include "cgroups/change_watch.h"
#include "cgroups/container_names.h"
#include "cgroups/container_reader.h"
#include "cgroups/container_sampler.h"
#include "cgroups/container_table.h"
#include "cgroups/hierarchy.h"
#include "cgroups/sandbox.h"
#include "cgroups/walker.h"
#include "platform/metrics/snapshot.h"

namespace nma {

struct ContainerSampler::State {
    Catalogue catalogue;
    std::uint16_t first_source = 0;
    std::uint16_t life_source = 0;
    std::size_t exited_count_max = 0;
    Hierarchies hierarchies;
    ContainerTable table;
    Walker walker;
    ChangeWatch watch;
    ContainerReader reader;
    ContainerNames names;
    Sandboxes sandboxes;
    PressureLevels levels;
    DiscoveryOptions options;
    Snapshot interim;  // readings between ticks
    SnapshotWriter interim_writer;
    std::uint64_t searched_at_ns = 0;
    std::uint32_t exited_count = 0;
    std::uint32_t lost_reading_count = 0;  // last readings without room, since the last tick
    std::uint32_t removed_count = 0;       // cgroups, since the last search
    bool must_search = true;
    bool has_reported = false;
    std::atomic<bool> is_stopping = false;  // set by another thread

    bool must_stop() const { return is_stopping.load(std::memory_order_relaxed); }
    NamingRules rules() const { return {options.mesos_root.view(), options.services}; }

    bool take_changes(const Walker::Ground& ground, const HostContext& context);
    void take_made(const Walker::Ground& ground, const CgroupChange& change);
    void read_ending(const HostContext& context, std::string_view path);
    void report();

    void listen_to_memory(Container& container);
    void look_for_sandboxes(const HostContext& context, std::uint64_t now_ns);
    ContainerReading reading_of(const HostContext& context, Container& container);
    void sample_living(const HostContext& context, Container& container, std::uint32_t index,
                       SnapshotWriter& writer, const Snapshot* previous);
    bool continue_resting(const HostContext& context, Container& container,
                          const ProbeValues& probe, SnapshotWriter& writer,
                          const Snapshot* previous);
    bool read_in_full(const HostContext& context, Container& container, SnapshotWriter& writer,
                      bool is_replacing);
    void sample_ended(SnapshotWriter& writer, const Snapshot* previous);
    void write_ended(const Container& container, SnapshotWriter& writer, const Snapshot* previous);
    void restart_interim();
    std::uint64_t read_interim(const HostContext& context, std::uint32_t index,
                               std::uint64_t now_ns);
};

}  // namespace nma
