// /proc/pressure/{cpu,memory,io,irq}: how long tasks waited for what was scarce. Kernels
// before 4.20 have none of them, and a kernel without pressure accounting says so on reading. irq
// came with Linux 6.1 and needs a kernel that accounts interrupt time.
#include "platform/metrics/collector.h"
#include "platform/metrics/pressure_text.h"

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

constexpr MetricSpec specs[] = {
    NMA_PRESSURE_SPECS("pressure.cpu.some", "some task waited for a processor"),
    NMA_PRESSURE_SPECS("pressure.cpu.full", "all tasks that could run waited for a processor"),
    NMA_PRESSURE_SPECS("pressure.memory.some", "some task waited for memory"),
    NMA_PRESSURE_SPECS("pressure.memory.full", "all tasks that could run waited for memory"),
    NMA_PRESSURE_SPECS("pressure.io.some", "some task waited for a disk"),
    NMA_PRESSURE_SPECS("pressure.io.full", "all tasks that could run waited for a disk"),
    NMA_PRESSURE_SPECS("pressure.irq.full", "interrupts kept all tasks from running"),
};
static_assert(std::size(specs) == line_count * specs_per_line);

template <Line some, Line full>
Status scan_two_lines(std::string_view text, SnapshotWriter& writer) {
    PressureText pressure;
    const Status status = scan_pressure(text, pressure);
    if (status != Status::ok) return status;
    add_pressure(pressure.some, writer, node_subject, some * specs_per_line);
    add_pressure(pressure.full, writer, node_subject, full * specs_per_line);
    return Status::ok;
}

Status scan_irq(std::string_view text, SnapshotWriter& writer) {
    PressureText pressure;
    const Status status = scan_pressure(text, pressure);
    if (status != Status::ok) return status;
    add_pressure(pressure.full, writer, node_subject, irq_full * specs_per_line);
    return Status::ok;
}

constexpr HostFile files[] = {
    {Below::proc, "pressure/cpu", scan_only<scan_two_lines<cpu_some, cpu_full>>},
    {Below::proc, "pressure/memory", scan_only<scan_two_lines<memory_some, memory_full>>},
    {Below::proc, "pressure/io", scan_only<scan_two_lines<io_some, io_full>>},
    {.below = Below::proc,
     .path = "pressure/irq",
     .scan = scan_only<scan_irq>,
     .is_optional = true,
     .group = "pressure.irq"},
};

}  // namespace

extern constexpr Collector pressure_collector = {
    .name = "pressure", .specs = specs, .files = files};

}  // namespace nma
