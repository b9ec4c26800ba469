// When a container was started. Cgroups do not tell: the times of their directories are those at
// which the kernel last made the inode. So it is when the oldest process that lives in the
// container was started: /proc/PID/stat.
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
     .help = "When the oldest of its living processes was started, since 1970",
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
    static constexpr FieldRow rows[] = {{"btime", per_second, specs[0]}};
    std::string_view text;
    FieldValues found;
    Status status = host.reader.read(host.root.proc(), "stat", text);
    if (status == Status::ok) status = scan_fields(text, rows, found);
    if (status == Status::ok && !found.is_present[0]) status = Status::absent;
    if (status == Status::ok) boot_time = found.value[0];
    return status;
}

// What ended meanwhile is not asked. `oldest` stays the largest number when all have.
Status find_oldest(const ContainerReading& reading, std::uint64_t& oldest) {
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
        oldest = std::min(oldest, ticks * per_second / ticks_per_s);
    }
    return Status::ok;
}

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    Reason reason = reason_not_all(reading);
    std::uint64_t oldest = largest;
    std::uint64_t boot_time = 0;
    Status status = Status::ok;
    if (reason == Reason::none) {
        status = find_oldest(reading, oldest);
        if (status == Status::ok) status = read_boot_time(reading.host, boot_time);
        reason = reason_of(status);
    }
    if (reason == Reason::none && oldest == largest) reason = reason_unseen(reading);
    if (reason == Reason::none && boot_time > largest - oldest) status = Status::malformed;
    if (status == Status::malformed) reason = Reason::unreadable;
    if (reason == Reason::none) {
        writer.add(0, boot_time + oldest, writer.container_subject());
    } else {
        writer.add_missing("start_time", reason);
    }
    return status == Status::absent ? Status::ok : status;
}

}  // namespace

extern constexpr Controller start_time_controller = {
    .name = "start_time", .specs = specs, .run = run};

}  // namespace nma
