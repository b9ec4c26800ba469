// When a container was started. Cgroups do not tell: the times of their directories are those at
// which the kernel last made the inode. So it is when the oldest of the processes was started
// that the container had when it was first read: /proc/PID/stat.
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "cgroups/container_processes.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::uint8_t decimals = 2;
constexpr std::uint64_t per_second = 100;
constexpr std::uint64_t ns_per_part = 1'000'000'000 / per_second;
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

constexpr MetricSpec specs[] = {
    {.name = "container.start_time_secs",
     .help = "When the oldest of its first processes was started, since 1970",
     .unit = Unit::seconds,
     .decimals = decimals,
     .about = SubjectKind::container},
};

// From the kernel's own clocks; of a copied proc, from its stat, which knows whole seconds only.
Status read_boot_time(const HostContext& host, std::uint64_t& boot_time) {
    if (host.root.is_live()) {
        boot_time = boot_realtime_ns() / ns_per_part;
        return Status::ok;
    }
    static constexpr FieldKey keys[] = {{"btime", per_second}};
    std::string_view text;
    FieldValues found;
    Status status = host.reader.read(host.root.proc(), "stat", text);
    if (status == Status::ok) status = scan_fields(text, keys, found);
    if (status == Status::ok && !found.is_present[0]) status = Status::absent;
    if (status == Status::ok) boot_time = found.value[0];
    return status;
}

// What ended meanwhile is not asked. `oldest` stays the largest number when all have.
Status find_oldest(const ContainerReading& reading, std::uint64_t& oldest,
                   std::size_t& seen_count) {
    static const auto ticks_per_s = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    for (std::size_t i = 0; i < reading.pids.count; ++i) {
        const ProcessPath path = process_path(reading.pids.first[i], "stat");
        std::string_view text;
        std::uint64_t ticks = 0;
        Status status = reading.host.reader.read(reading.host.root.proc(), path.text, text);
        if (status == Status::ok) status = scan_start_ticks(text, ticks);
        if (status == Status::absent || status == Status::gone) continue;
        if (status != Status::ok) return status;
        if (ticks > largest / per_second) return Status::malformed;
        ++seen_count;
        oldest = std::min(oldest, ticks * per_second / ticks_per_s);
    }
    return Status::ok;
}

// Looked up once: what is started later is not the container's start.
Status look_up(const ContainerReading& reading, Reason& reason) {
    std::uint64_t oldest = largest;
    std::uint64_t boot_time = 0;
    reason = reason_not_all(reading);
    if (reason != Reason::none) return Status::ok;
    std::size_t seen_count = 0;
    Status status = find_oldest(reading, oldest, seen_count);
    if (status == Status::ok) reason = reason_unseen_part(reading, seen_count);
    if (reason != Reason::none) return status;
    if (status == Status::ok) status = read_boot_time(reading.host, boot_time);
    if (status == Status::ok && boot_time > largest - oldest) status = Status::malformed;
    if (status == Status::ok) reading.memory.start_time = boot_time + oldest;
    reason = reason_of(status);
    return status == Status::absent ? Status::ok : status;
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    Reason reason = Reason::none;
    Status status = Status::ok;
    if (reading.memory.start_time == 0) status = look_up(reading, reason);
    if (reason == Reason::none) {
        writer.add(0, reading.memory.start_time, writer.container_subject());
    } else {
        writer.add_missing("start_time", reason);
    }
    return status;
}

}  // namespace

extern constexpr Controller start_time_controller = {
    .name = "start_time", .specs = specs, .run = run};

}  // namespace nma
