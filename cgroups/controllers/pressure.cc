// How long a container's tasks waited for what was scarce: cpu.pressure, memory.pressure,
// io.pressure and irq.pressure (Documentation/admin-guide/cgroup-v2.rst, accounting/psi.rst). Every
// cgroup of version 2 has them since Linux 4.20, whatever controllers it has; irq since 6.1, where
// the kernel accounts interrupt time. Version 1 has none. A kernel without pressure accounting says
// so on opening, and a cgroup may be excepted from it (cgroup.pressure).
#include "platform/metrics/pressure_text.h"

#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr std::uint16_t specs_per_line = 4;

enum Line : std::uint16_t {
    cpu_some,
    cpu_full,
    memory_some,
    memory_full,
    io_some,
    io_full,
    irq_full,
    line_count,
};

constexpr MetricSpec node_specs[] = {
    NMA_PRESSURE_SPECS("cpus.pressure.some", "some task of it waited for a processor"),
    NMA_PRESSURE_SPECS("cpus.pressure.full", "all its tasks that could run waited for a processor"),
    NMA_PRESSURE_SPECS("mem.pressure.some", "some task of it waited for memory"),
    NMA_PRESSURE_SPECS("mem.pressure.full", "all its tasks that could run waited for memory"),
    NMA_PRESSURE_SPECS("blkio.pressure.some", "some task of it waited for a disk"),
    NMA_PRESSURE_SPECS("blkio.pressure.full", "all its tasks that could run waited for a disk"),
    NMA_PRESSURE_SPECS("cpus.irq_pressure.full", "interrupts kept all its tasks from running"),
};
static_assert(std::size(node_specs) == line_count * specs_per_line);

template <std::size_t N>
constexpr std::array<MetricSpec, N> about_containers(const MetricSpec (&of_node)[N]) {
    std::array<MetricSpec, N> specs = {};
    for (std::size_t i = 0; i < N; ++i) {
        specs[i] = of_node[i];
        specs[i].about = SubjectKind::container;
    }
    return specs;
}
constexpr auto specs = about_containers(node_specs);

struct PressureFile {
    const char* name;
    const char* group;
    Line some;  // as full where there is no such line
    Line full;
};
constexpr PressureFile files[] = {
    {"cpu.pressure", "pressure.cpu", cpu_some, cpu_full},
    {"memory.pressure", "pressure.memory", memory_some, memory_full},
    {"io.pressure", "pressure.io", io_some, io_full},
    {"irq.pressure", "pressure.irq", irq_full, irq_full},
};

Status read_one(const ContainerReading& reading, std::size_t hierarchy, const PressureFile& file,
                SnapshotWriter& writer) {
    std::string_view text;
    Status status =
        reading.table.read(reading.host.reader, reading.hierarchies[hierarchy].directory,
                           reading.container.places[hierarchy], file.name, text);
    PressureText pressure;
    if (status == Status::ok) status = scan_pressure(text, pressure);
    if (status != Status::ok) return status;
    const std::uint32_t subject = writer.container_subject();
    if (file.some != file.full)
        add_pressure(pressure.some, writer, subject, file.some * specs_per_line);
    add_pressure(pressure.full, writer, subject, file.full * specs_per_line);
    return Status::ok;
}

void read_all(const ContainerReading& reading, std::size_t hierarchy, SnapshotWriter& writer) {
    for (const PressureFile& file : files) {
        const Status status = read_one(reading, hierarchy, file, writer);
        if (status == Status::ok) continue;
        if (!is_quiet(status)) writer.note(status);
        // Without the first there is none: the others are not asked.
        if (&file == files && is_quiet(status)) {
            writer.add_missing("pressure", reason_of(status));
            return;
        }
        writer.add_missing(file.group, reason_of(status));
    }
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    constexpr auto bit = 1U << static_cast<unsigned>(Subsystem::pressure);
    for (std::size_t i = 0; i < reading.hierarchies.size(); ++i) {
        const bool is_here = (reading.hierarchies[i].subsystems & bit) != 0;
        if (!is_here || !reading.container.places[i].is_known()) continue;
        read_all(reading, i, writer);
        return Status::ok;
    }
    writer.add_missing("pressure", Reason::not_available);
    return Status::ok;
}

}  // namespace

extern constexpr Controller pressure_controller = {.name = "pressure", .specs = specs, .run = run};

}  // namespace nma
