// sys/class/thermal/thermal_zone*/ (Documentation/driver-api/thermal/sysfs-api.rst): temp in
// thousandths of a degree Celsius, below zero in the cold; type is what the firmware calls it. A
// zone may refuse (EAGAIN, EINVAL, ENODATA) while its hardware sleeps.
#include <cstdio>

#include "platform/base/fixed_text.h"
#include "platform/base/text_cursor.h"
#include "platform/linux/name_list.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr const char* directory = "class/thermal";

constexpr MetricSpec specs[] = {
    {.name = "temperature.zone",
     .help = "Temperature of a part of the machine",
     .unit = Unit::celsius,
     .decimals = 3,
     .is_signed = true,
     .about = SubjectKind::thermal_zone},
};

Status read_line(const HostContext& context, const char* zone, const char* file,
                 std::string_view& line) {
    char path[limits::name_bytes_max + 64];
    snprintf(path, sizeof path, "%s/%s/%s", directory, zone, file);
    std::string_view text;
    const Status status = context.reader.read(context.root.sys(), path, text);
    if (status != Status::ok) return status;
    return single_line(text, line) ? Status::ok : Status::malformed;
}

bool add_zone(const HostContext& context, const char* zone, SnapshotWriter& writer) {
    std::string_view line;
    FixedText<64> type;
    std::int64_t millidegrees = 0;
    // A zone without a type is still a zone.
    if (read_line(context, zone, "type", line) == Status::ok) (void)type.assign(trim(line));
    if (read_line(context, zone, "temp", line) != Status::ok ||
        !parse_i64(trim(line), millidegrees)) {
        return false;
    }
    const std::uint32_t subject =
        writer.add_subject(SubjectKind::thermal_zone, node_subject, zone, type.view());
    writer.add(0, static_cast<std::uint64_t>(millidegrees), subject);
    return true;
}

using Zones = NameList<limits::thermal_zone_count_max>;

Status run_thermal(Zones& zones, const HostContext& context, SnapshotWriter& writer) {
    if (context.root.sys() < 0) return Status::absent;
    const Status status =
        zones.fill(context.dirs, context.root.sys(), directory,
                   [](std::string_view name) { return name.starts_with("thermal_zone"); });
    if (zones.overflow_count > 0) writer.count_overflow(zones.overflow_count);
    for (std::size_t i = 0; status == Status::ok && i < zones.count; ++i) {
        if (!add_zone(context, zones.items[i].c_str(), writer)) writer.count_skipped();
    }
    return status;
}

}  // namespace

extern constexpr Collector thermal_collector = {
    .name = "thermal",
    .specs = specs,
    .state_bytes = sizeof(Zones),
    .run = run_with<Zones, run_thermal>,
};

}  // namespace nma
