// Traffic of a container's own network namespace: /proc/PID/net/dev of one of its processes
// (proc(5)), summed over its interfaces without lo. A container that shares the host's namespace
// has none. It is read at every tick: what arrives costs the container no time.
//
// Which namespace a process is in, /proc/PID/ns/net tells only to those who may trace it. But the
// file net/dev itself belongs to the namespace: two processes of one namespace have it under the
// same inode, and stat needs no privilege.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <limits>

#include "cgroups/container_processes.h"
#include "cgroups/controller.h"
#include "platform/metrics/net_dev_text.h"

namespace nma {

namespace {

constexpr MetricSpec figure(const char* name, const char* help, Unit unit) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .kind = MetricKind::counter,
            .view = View::standard,
            .about = SubjectKind::container};
}

constexpr MetricSpec specs[] = {
    figure("net.rx_bytes", "Bytes received", Unit::bytes),
    figure("net.rx_packets", "Packets received", Unit::count),
    figure("net.rx_errors", "Packets received with errors", Unit::count),
    figure("net.rx_dropped", "Packets received and dropped", Unit::count),
    figure("net.tx_bytes", "Bytes sent", Unit::bytes),
    figure("net.tx_packets", "Packets sent", Unit::count),
    figure("net.tx_errors", "Packets that could not be sent", Unit::count),
    figure("net.tx_dropped", "Packets dropped before they were sent", Unit::count),
};
constexpr std::size_t traffic_count = std::size(specs);
static_assert(traffic_count == InterfaceCounters::value_count);  // and in the same order
using Totals = std::array<std::uint64_t, traffic_count>;

// A sum over interfaces that leaves 64 bits is as wrong as a number that does.
bool add_interface(const InterfaceCounters& counters, Totals& totals) {
    for (std::size_t i = 0; i < traffic_count; ++i) {
        if (counters.values[i] > std::numeric_limits<std::uint64_t>::max() - totals[i]) {
            return false;
        }
        totals[i] += counters.values[i];
    }
    return true;
}

Status scan(std::string_view text, Totals& totals) {
    totals = {};
    NetDevCursor cursor(text);
    InterfaceCounters counters;
    while (cursor.next(counters)) {
        if (!counters.is_loopback() && !add_interface(counters, totals)) return Status::malformed;
    }
    // A sum without one of its parts would be a lie.
    const bool is_whole = cursor.has_header() && cursor.skipped_count() == 0;
    return is_whole ? Status::ok : Status::malformed;
}

enum class Namespace : std::uint8_t { own, host, unknown };

struct Paths {
    ProcessPath file;
    ProcessPath link;
};

Paths paths_of(std::uint32_t pid) {
    return {process_path(pid, "net/dev"), process_path(pid, "ns/net")};
}

bool read_link(int proc, const char* path, FixedText<64>& target) {
    char memory[64];
    const ssize_t size = readlinkat(proc, path, memory, sizeof memory);
    return size > 0 && target.assign({memory, static_cast<std::size_t>(size)});
}

// Copies of proc have no inodes that mean anything, but they may have the links.
Namespace namespace_by_link(int proc, const Paths& paths, const Paths& host) {
    FixedText<64> ours;
    FixedText<64> theirs;
    if (!read_link(proc, host.link.text, ours) || !read_link(proc, paths.link.text, theirs))
        return Namespace::unknown;
    return ours.view() == theirs.view() ? Namespace::host : Namespace::own;
}

Namespace namespace_of(const HostRoot& root, const Paths& paths) {
    static constexpr std::uint32_t first_process = 1;
    const Paths host = paths_of(first_process);
    if (!root.is_live()) return namespace_by_link(root.proc(), paths, host);
    struct stat ours = {};
    struct stat theirs = {};
    if (fstatat(root.proc(), host.file.text, &ours, 0) != 0 ||
        fstatat(root.proc(), paths.file.text, &theirs, 0) != 0) {
        return Namespace::unknown;
    }
    const bool is_same = ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
    return is_same ? Namespace::host : Namespace::own;
}

Status read_traffic(const HostContext& host, std::uint32_t pid, Totals& totals) {
    std::string_view text;
    const Status status =
        host.reader.read(host.root.proc(), process_path(pid, "net/dev").text, text);
    return status == Status::ok ? scan(text, totals) : status;
}

// The next process is asked when one ended between listing and reading.
void find_process(ContainerReading& reading) {
    ControllerMemory& memory = reading.memory;
    memory.network_pid = 0;
    for (const std::uint32_t pid : reading.pids.first) {
        if (pid == 0) break;
        const Namespace whose = namespace_of(reading.host.root, paths_of(pid));
        if (whose == Namespace::unknown) continue;
        memory.network_reason = Reason::shared_netns;
        if (whose == Namespace::own) memory.network_pid = pid;
        return;
    }
    memory.network_reason = reason_unseen(reading);
}

// While the container rests it has the processes that it had, in the namespaces where they were.
Status run(ContainerReading& reading, SnapshotWriter& writer) {
    const ControllerMemory& memory = reading.memory;
    if (!reading.is_resting) find_process(reading);
    if (memory.network_pid == 0) {
        writer.add_missing("network", memory.network_reason);
        return Status::ok;
    }
    Totals totals;
    const Status status = read_traffic(reading.host, memory.network_pid, totals);
    const bool has_ended = status == Status::absent || status == Status::gone;
    if (status != Status::ok) {
        writer.add_missing("network", has_ended ? Reason::gone : reason_of(status));
        return has_ended ? Status::ok : status;
    }
    for (std::size_t i = 0; i < traffic_count; ++i)
        writer.add(i, totals[i], writer.container_subject());
    return Status::ok;
}

}  // namespace

extern constexpr Controller network_controller = {
    .name = "network", .specs = specs, .is_always_read = true, .run = run};

}  // namespace nma
