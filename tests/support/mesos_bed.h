// A bed for what is read of the Mesos agent: its answers, from files and made up, and what became
// of them as text.
#pragma once

#include <string_view>

#include "agent/apps/mesos_state.h"
#include "platform/base/arena.h"

namespace nma::test {

struct MesosBed {
    Arena arena;
    MesosState state;
    MesosStateOptions options;
};

// Room for `capacity` containers, DC/OS's rules for labels, a node at 192.0.2.1. The bed must be
// static.
void mesos_bed_make(MesosBed& bed, std::size_t capacity = 16);
void mesos_bed_remove(MesosBed& bed);

// tests/fixtures/mesos/NAME.json. Static memory, of the last one.
std::string_view mesos_fixture(const char* name);

// Takes an answer in steps of so many bytes.
MesosState::Progress mesos_bed_take(MesosBed& bed, std::string_view text,
                                    std::size_t step_bytes = 1 << 20);

// All containers, a line each: "<id> <task>/<its id> <executor>/<its name>
// <framework>/<its name>/<role>/<principal> key=value;", "-" for what is empty. Static memory.
const char* mesos_dump(const TaskTable& table);

// All targets, a line each: "<container> <host>:<port><path>". Static memory.
const char* mesos_targets(const TaskTable& table);

// A large answer of tasks of a usual size in `memory`: about 5 KB each, with their executors.
std::string_view mesos_make_large(std::size_t task_count, char* memory, std::size_t bytes);

}  // namespace nma::test
