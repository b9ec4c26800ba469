// How many containers there are, and when one ended. Written by the sampler, which knows.
#include "cgroups/life.h"

#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr MetricSpec node_count(const char* name, const char* help) {
    return {.name = name, .help = help};
}

// In the order of LifeFigure.
constexpr MetricSpec specs[] = {
    node_count("containers.running", "Containers that live"),
    node_count("containers.exited",
               "Containers that ended and were still shown at the reading before"),
    node_count("containers.left_out", "Containers that had no room"),
    {.name = "container.exit_time_secs",
     .help = "When the container's end was noticed, since 1970",
     .unit = Unit::seconds,
     .view = View::standard,
     .decimals = 3,
     .about = SubjectKind::container,
     .is_probe = true},
};

Status run_nothing(ContainerReading&, SnapshotWriter&) {
    return Status::ok;
}

}  // namespace

extern constexpr Controller life_controller = {.name = "life", .specs = specs, .run = run_nothing};

}  // namespace nma
