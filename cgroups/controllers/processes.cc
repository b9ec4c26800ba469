// Processes and threads. Processes are the lines of cgroup.procs of the container's cgroups. For
// threads the pids controller has a figure ready (it counts tasks, and those of cgroups below);
// without it, they are the lines of tasks (version 1) and cgroup.threads (version 2). Its other
// files: pids.max, pids.events ("max 3", since Linux 4.7), pids.peak (since 6.1)
// (Documentation/admin-guide/cgroup-v2.rst, "PID").
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
     .about = SubjectKind::container,
     .is_probe = true},
    {.name = "container.threads_limit",
     .help = "Threads that the container may have",
     .unit = Unit::count,
     .about = SubjectKind::container},
    {.name = "container.threads_limit_hits",
     .help = "Threads that could not be made because of the limit",
     .kind = MetricKind::counter,
     .about = SubjectKind::container},
    {.name = "container.threads_peak",
     .help = "Most threads in the container so far",
     .about = SubjectKind::container},
};
enum Spec : std::uint16_t { processes, threads, threads_limit, threads_limit_hits, threads_peak };

constexpr auto pids_bit = 1U << static_cast<unsigned>(Subsystem::pids);

constexpr FieldKey event_keys[] = {{"max", 1}};

Status scan_events(std::string_view text, CgroupValue& value) {
    FieldValues found;
    const Status status = scan_fields(text, event_keys, found);
    if (status != Status::ok) return status;
    if (!found.is_present[0]) return Status::malformed;
    value.value = found.value[0];
    return Status::ok;
}

Status read_one(const ContainerReading& reading, const char* file, CgroupValue& value,
                Status (*scan)(std::string_view, CgroupValue&) = scan_value) {
    for (std::size_t i = 0; i < reading.hierarchies.size(); ++i) {
        if ((reading.hierarchies[i].subsystems & pids_bit) == 0) continue;
        std::string_view text;
        const Status status =
            reading.table.read(reading.host.reader, reading.hierarchies[i].directory,
                               reading.container.places[i], file, text);
        return status == Status::ok ? scan(text, value) : status;
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
    return status != Status::ok && !is_quiet(status);
}

// What the pids controller has besides the number of threads.
struct PidsFile {
    const char* name;
    Spec spec;
    Status (*scan)(std::string_view, CgroupValue&);
    const char* group;
    Reason absent_means;
};
constexpr PidsFile pids_files[] = {
    {"pids.max", threads_limit, scan_value, "pids.max", Reason::not_available},
    {"pids.events", threads_limit_hits, scan_events, "pids.events", Reason::kernel_too_old},
    {"pids.peak", threads_peak, scan_value, "pids.peak", Reason::kernel_too_old},
};

void add_pids_files(const ContainerReading& reading, SnapshotWriter& writer) {
    for (const PidsFile& file : pids_files) {
        CgroupValue value;
        const Status status = read_one(reading, file.name, value, file.scan);
        if (status == Status::ok && !value.is_unlimited)
            writer.add(file.spec, value.value, writer.container_subject());
        if (status == Status::ok) continue;
        const bool is_absent = status == Status::absent;
        writer.add_missing(file.group, is_absent ? file.absent_means : reason_of(status));
        if (is_failure(status)) writer.count_skipped();
    }
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    const std::uint32_t subject = writer.container_subject();
    if (reading.pids_status == Status::ok) {
        writer.add(processes, reading.pids.count, subject);
    } else {
        writer.add_missing("processes.count", reason_of(reading.pids_status));
    }
    CgroupValue value;
    Status status = read_one(reading, "pids.current", value);
    const bool has_controller = status != Status::absent;
    if (status == Status::ok) {
        writer.add(threads, value.value, subject);
    } else if (!is_failure(status)) {
        PidList list;
        status = count_threads(reading, list);
        if (status == Status::ok) writer.add(threads, list.count, subject);
    }
    if (status != Status::ok) writer.add_missing("processes.threads", reason_of(status));
    if (is_failure(status)) writer.count_skipped();
    if (has_controller) {
        add_pids_files(reading, writer);
    } else {
        writer.add_missing("pids", Reason::controller_disabled);
    }
    return Status::ok;
}

}  // namespace

extern constexpr Controller processes_controller = {
    .name = "processes", .specs = specs, .run = run};

}  // namespace nma
