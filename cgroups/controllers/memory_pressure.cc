// How often the kernel found it hard to get memory for a container: see cgroups/pressure_level.h.
// Only version 1 has it, and memory.cc says so where version 2 has the memory.
#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr MetricSpec events(const char* name, const char* help) {
    return {.name = name,
            .help = help,
            .kind = MetricKind::counter,
            .view = View::standard,
            .about = SubjectKind::container};
}

// In the order of PressureLevels::Counts.
constexpr MetricSpec specs[] = {
    events("mem.low_pressure_counter", "Times that memory was reclaimed, since the agent listens"),
    events("mem.medium_pressure_counter", "Times that reclaiming was an effort, since then"),
    events("mem.critical_pressure_counter", "Times that memory was about to run out, since then"),
};
static_assert(std::size(specs) == PressureLevels::level_count);

// In the full view alone the reason is told; a container that was just made is not listened to yet.
Status run(ContainerReading& reading, SnapshotWriter& writer) {
    const std::size_t index = hierarchy_of(reading.hierarchies, Subsystem::memory);
    if (index == reading.hierarchies.size() || reading.hierarchies[index].is_unified) {
        return Status::ok;
    }
    if (reading.memory.pressure_slot == PressureLevels::no_slot || reading.levels == nullptr) {
        writer.add_missing("memory.pressure_level", reason_of(reading.memory.pressure_status));
        return Status::ok;
    }
    const PressureLevels::Counts counts = reading.levels->read(reading.memory.pressure_slot);
    // The removal of the cgroup counts once at each level, and is none of its pressure.
    const bool has_critical =
        counts[PressureLevels::level_count - 1] != reading.memory.critical_count;
    if (has_critical && !ContainerTable::is_there(reading.container.places[index])) {
        writer.add_missing("memory.pressure_level", Reason::gone);
        return Status::ok;
    }
    reading.memory.critical_count = counts[PressureLevels::level_count - 1];
    for (std::size_t i = 0; i < counts.size(); ++i)
        writer.add(i, counts[i], writer.container_subject());
    return Status::ok;
}

}  // namespace

extern constexpr Controller memory_pressure_controller = {
    .name = "memory_pressure", .specs = specs, .is_always_read = true, .run = run};

}  // namespace nma
