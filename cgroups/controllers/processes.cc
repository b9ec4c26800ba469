// Processes and threads. Processes are the lines of cgroup.procs of the container's cgroups. For
// threads the pids controller has a figure ready (it counts tasks, and those of cgroups below);
// without it, they are the lines of tasks (version 1) and cgroup.threads (version 2).
#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr MetricSpec specs[] = {
    {.name = "container.processes",
     .help = "Processes in the container",
     .unit = Unit::count,
     .view = View::standard,
     .about = SubjectKind::container},
    {.name = "container.threads",
     .help = "Threads in the container",
     .unit = Unit::count,
     .view = View::standard,
     .about = SubjectKind::container},
    {.name = "container.threads_limit",
     .help = "Threads that the container may have",
     .unit = Unit::count,
     .about = SubjectKind::container},
};
enum Spec : std::uint16_t { processes, threads, threads_limit };

constexpr auto pids_bit = 1U << static_cast<unsigned>(Subsystem::pids);

Status read_one(const ContainerReading& reading, const char* file, CgroupValue& value) {
    for (std::size_t i = 0; i < reading.hierarchies.size(); ++i) {
        if ((reading.hierarchies[i].subsystems & pids_bit) == 0) continue;
        std::string_view text;
        const Status status =
            reading.table.read(reading.host.reader, reading.hierarchies[i].directory,
                               reading.container.places[i], file, text);
        return status == Status::ok ? scan_value(text, value) : status;
    }
    return Status::absent;
}

Status count_threads(const ContainerReading& reading, PidList& list) {
    const Hierarchy& home = reading.hierarchies[reading.container.home];
    const char* file = home.is_unified ? "cgroup.threads" : "tasks";
    const MemberCgroup* member = reading.table.first_member(reading.container);
    for (; member != nullptr; member = reading.table.next_member(*member)) {
        std::string_view text;
        Status status =
            reading.table.read(reading.host.reader, home.directory, member->place, file, text);
        if (status == Status::ok) status = scan_pids(text, list);
        if (status == Status::gone) continue;
        if (status != Status::ok) return status;
    }
    return Status::ok;
}

bool is_failure(Status status) {
    return status != Status::ok && status != Status::absent && status != Status::gone &&
           status != Status::unsupported;
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    const std::uint32_t subject = writer.container_subject();
    if (reading.pids_status == Status::ok) writer.add(processes, reading.pids.count, subject);
    CgroupValue value;
    Status status = read_one(reading, "pids.current", value);
    if (status == Status::ok) {
        writer.add(threads, value.value, subject);
    } else if (!is_failure(status)) {
        PidList list;
        status = count_threads(reading, list);
        if (status == Status::ok) writer.add(threads, list.count, subject);
    }
    if (is_failure(status)) writer.count_skipped();
    status = read_one(reading, "pids.max", value);
    if (status == Status::ok && !value.is_unlimited)
        writer.add(threads_limit, value.value, subject);
    if (is_failure(status)) writer.count_skipped();
    return Status::ok;
}

}  // namespace

extern constexpr Controller processes_controller = {
    .name = "processes", .specs = specs, .run = run};

}  // namespace nma
