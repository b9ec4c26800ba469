// Open descriptors of all processes of a container: the entries of /proc/PID/fd. Since Linux 6.2
// the directory's size is their number (Documentation/filesystems/proc.rst, "Number of open
// files"), which anybody may ask for; before, they have to be listed, which takes the same user or
// CAP_SYS_PTRACE. The size in a copy of proc means nothing.
#include <errno.h>
#include <sys/stat.h>

#include "cgroups/container_processes.h"

namespace nma {

namespace {

constexpr MetricSpec specs[] = {
    {.name = "container.open_descriptors",
     .help = "Descriptors that its processes have open",
     .about = SubjectKind::container},
};

bool does_kernel_count(const HostRoot& root) {
    struct stat own = {};
    return root.is_live() && fstatat(root.proc(), "self/fd", &own, 0) == 0 && own.st_size > 0;
}

Status ask_kernel(const HostRoot& root, const char* path, std::uint64_t& count) {
    struct stat directory = {};
    if (fstatat(root.proc(), path, &directory, 0) != 0) return status_from_errno(errno);
    count += static_cast<std::uint64_t>(directory.st_size);
    return Status::ok;
}

Status list(const HostContext& host, const char* path, std::uint64_t& count) {
    const Status status = host.dirs.open(host.root.proc(), path);
    if (status != Status::ok) return status;
    DirEntry entry;
    while (host.dirs.next(entry)) {
        if (++count > limits::descriptors_listed_max) {
            host.dirs.close();
            return Status::full;
        }
    }
    return host.dirs.status();
}

// A process that has ended has none.
Status count_all(const ContainerReading& reading, std::uint64_t& count, std::size_t& seen_count) {
    const bool is_counted = does_kernel_count(reading.host.root);
    for (std::size_t i = 0; i < reading.pids.count; ++i) {
        const ProcessPath path = process_path(reading.pids.first[i], "fd");
        const Status status = is_counted ? ask_kernel(reading.host.root, path.text, count)
                                         : list(reading.host, path.text, count);
        if (status == Status::absent || status == Status::gone) continue;
        if (status != Status::ok) return status;
        ++seen_count;
    }
    return Status::ok;
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    Reason reason = reason_not_all(reading);
    std::uint64_t count = 0;
    if (reason == Reason::none) {
        std::size_t seen_count = 0;
        reason = reason_of(count_all(reading, count, seen_count));
        if (reason == Reason::none) reason = reason_unseen_part(reading, seen_count);
    }
    if (reason == Reason::none) {
        writer.add(0, count, writer.container_subject());
    } else {
        writer.add_missing("descriptors", reason);
    }
    return Status::ok;
}

}  // namespace

extern constexpr Controller descriptors_controller = {
    .name = "descriptors", .specs = specs, .run = run};

}  // namespace nma
