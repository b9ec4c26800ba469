// The disk that a Mesos container uses: of its sandbox, and of each persistent volume that is
// mounted into it. See cgroups/sandbox.h for where the figures come from.
#include "cgroups/controller.h"
#include "cgroups/sandbox.h"

namespace nma {

namespace {

constexpr MetricSpec bytes(const char* name, const char* help, SubjectKind about) {
    return {
        .name = name, .help = help, .unit = Unit::bytes, .view = View::standard, .about = about};
}

constexpr MetricSpec age(const char* help, SubjectKind about) {
    return {.name = "disk.used_age_secs",
            .help = help,
            .unit = Unit::seconds,
            .decimals = 3,
            .about = about};
}

constexpr MetricSpec specs[] = {
    bytes("disk.limit_bytes", "Space that the sandbox may use", SubjectKind::container),
    bytes("disk.used_bytes", "Space that the sandbox uses", SubjectKind::container),
    age("Time since the sandbox was walked through, where disk.used_bytes comes from that",
        SubjectKind::container),
    bytes("disk.limit_bytes", "Space that the volume may use", SubjectKind::container_volume),
    bytes("disk.used_bytes", "Space that the volume uses", SubjectKind::container_volume),
    age("Time since the volume was walked through, where disk.used_bytes comes from that",
        SubjectKind::container_volume),
};
enum Spec : std::uint16_t { limit_bytes, used_bytes, used_age_secs, of_volume };

constexpr std::uint64_t millisecond_ns = 1'000'000;

void add_use(const DiskUse& use, SnapshotWriter& writer, std::uint32_t subject,
             std::uint16_t first) {
    if (use.space.has_limit) writer.add(first + limit_bytes, use.space.limit_bytes, subject);
    if (use.space.has_used) writer.add(first + used_bytes, use.space.used_bytes, subject);
    if (use.is_walked) writer.add(first + used_age_secs, use.age_ns / millisecond_ns, subject);
}

void add_volumes(const Sandboxes& sandboxes, const Sandbox& sandbox, std::uint64_t now_ns,
                 SnapshotWriter& writer) {
    const SandboxVolume* volume = sandboxes.first_volume(sandbox);
    for (; volume != nullptr; volume = sandboxes.next_volume(*volume)) {
        DiskUse use;
        const Status status = sandboxes.measure(volume->place, now_ns, use);
        if (status != Status::ok) {
            writer.add_missing("disk.volumes", reason_of(status));
            continue;
        }
        const std::uint32_t subject = writer.add_subject(
            SubjectKind::container_volume, writer.container_subject(), volume->persistence_id());
        add_use(use, writer, subject, of_volume);
    }
}

// A container that Mesos did not start has no sandbox.
Status run(ContainerReading& reading, SnapshotWriter& writer) {
    if (reading.sandboxes == nullptr) return Status::ok;
    const std::uint64_t now_ns = writer.now().boottime_ns;
    const std::string_view id = reading.container.shown_id();
    const Sandbox* sandbox = reading.sandboxes->find(id);
    if (sandbox == nullptr) {
        writer.add_missing("disk", reason_of(reading.sandboxes->why_missing(id)));
        return Status::ok;
    }
    DiskUse use;
    const Status status = reading.sandboxes->measure(sandbox->place, now_ns, use);
    if (status == Status::ok) {
        add_use(use, writer, writer.container_subject(), limit_bytes);
        if (!use.space.has_used) writer.add_missing("disk.used", Reason::not_available);
    } else {
        writer.add_missing("disk", reason_of(status));
    }
    add_volumes(*reading.sandboxes, *sandbox, now_ns, writer);
    return Status::ok;
}

}  // namespace

extern constexpr Controller disk_controller = {.name = "disk", .specs = specs, .run = run};

}  // namespace nma
