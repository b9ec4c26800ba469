// A reader of container figures: one constant record in one file of controllers/, no header, one
// line in controllers.list.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "cgroups/cgroup_file.h"
#include "cgroups/container_table.h"
#include "cgroups/hierarchy.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"
#include "platform/metrics/metric.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

class Sandboxes;

enum class CgroupVersion : std::uint8_t { v1, v2 };

// Of each container one is read per tick. A file that is not there is no failure: its controller
// is not enabled, or the kernel is older.
struct ControllerFile {
    Subsystem subsystem;
    CgroupVersion version;
    const char* name;
    Scan scan;  // as a node reader's; `state` is zero before a container's first file
    bool is_fallback = false;  // read only where the file before it is absent
    // What it means that it is not there while others of its controller are. none: nothing is
    // missing, or another file tells.
    Reason absent_means = Reason::none;
    const char* group = nullptr;  // what is missing without it; null: the controller's name
};

// The container at hand.
struct ContainerReading {
    const HostContext& host;
    const ContainerTable& table;
    std::span<const Hierarchy> hierarchies;
    const Container& container;
    const PidList& pids;  // of cgroup.procs
    Status pids_status;   // ok when pids holds all of them
    ControllerMemory& memory;
    bool is_resting = false;           // what its processes may change has not changed
    Sandboxes* sandboxes = nullptr;    // of Mesos; null: nobody looks for them
    PressureLevels* levels = nullptr;  // null: nobody listens
};

struct Controller {
    const char* name;
    std::span<const MetricSpec> specs;
    // The first file of each subsystem and version is always there when the kernel's controller is
    // in use: without it, all of the subsystem's figures are `controller_disabled`.
    std::span<const ControllerFile> files = {};
    std::size_t state_bytes = 0;

    // Groups that only version 1 has: `not_in_cgroup_v2` where version 2 has the subsystem of the
    // first file.
    std::span<const char* const> v1_groups = {};

    // After the files: figures that need more than one of them. In a group of its own. May be null.
    Status (*finish)(void* state, SnapshotWriter& writer) = nullptr;

    // Read at every tick, even of an idle container, for its files move without it.
    bool is_always_read = false;

    // Instead of files, for what is not in a file of one cgroup. Says itself, by
    // writer.add_missing, what it could not find and why.
    Status (*run)(ContainerReading& reading, SnapshotWriter& writer) = nullptr;
};

inline constexpr std::size_t controller_state_bytes_max = 4096;

std::span<const Controller> container_controllers();

template <class State, Status (*Function)(State&, SnapshotWriter&)>
Status finish_with(void* state, SnapshotWriter& writer) {
    return Function(*static_cast<State*>(state), writer);
}

// Not having a file, or losing it with its cgroup, is no failure.
constexpr bool is_quiet(Status status) {
    return status == Status::absent || status == Status::gone || status == Status::unsupported;
}

// The spec of a figure that probe.cc looks up at every tick.
constexpr MetricSpec probed(MetricSpec spec) {
    spec.is_probe = true;
    return spec;
}

// Keys whose specs follow each other from `first_spec` on.
inline Status scan_container_fields(std::string_view text, std::span<const FieldKey> keys,
                                    SnapshotWriter& writer, std::uint16_t first_spec) {
    FieldValues found;
    const Status status = scan_fields(text, keys, found);
    if (status == Status::ok)
        add_fields(found, keys.size(), writer, writer.container_subject(), first_spec);
    return status;
}

}  // namespace nma
