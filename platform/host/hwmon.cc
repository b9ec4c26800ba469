// sys/class/hwmon/hwmon*/ (Documentation/hwmon/sysfs-interface.rst): name is the chip's, and
// temp1_input, temp2_input … are in thousandths of a degree Celsius, with a temp1_label where the
// driver knows what is measured. Kernels before 3.15 may have them all in hwmon*/device/. Several
// chips may have one name, so the tag is "hwmon0:coretemp".
#include <cstdio>

#include "platform/base/text_cursor.h"
#include "platform/linux/name_list.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr const char* directory = "class/hwmon";

constexpr MetricSpec specs[] = {
    {.name = "temperature.sensor",
     .help = "Temperature at a sensor",
     .unit = Unit::celsius,
     .decimals = 3,
     .is_signed = true,
     .about = SubjectKind::sensor},
};

using Name = NameList<1>::Name;
using Path = FixedText<256>;

using Names = NameList<limits::sensors_per_chip_max>;

struct State {
    Names chips;
    Names inputs;
};

Status list_chips(State& state, const HostContext& context, SnapshotWriter& writer) {
    const Status status =
        state.chips.fill(context.dirs, context.root.sys(), directory,
                         [](std::string_view name) { return name.starts_with("hwmon"); });
    if (state.chips.overflow_count > 0) writer.count_overflow(state.chips.overflow_count);
    return status;
}

Status list_inputs(State& state, const HostContext& context, const Path& chip,
                   SnapshotWriter& writer) {
    const auto is_input = [](std::string_view name) {
        return name.starts_with("temp") && name.ends_with("_input");
    };
    const Status status =
        state.inputs.fill(context.dirs, context.root.sys(), chip.c_str(), is_input);
    if (state.inputs.overflow_count > 0) writer.count_overflow(state.inputs.overflow_count);
    return status;
}

bool read_line(const HostContext& context, const Path& chip, std::string_view file,
               std::string_view& line) {
    Path path = chip;
    std::string_view text;
    return path.append("/") && path.append(file) &&
           context.reader.read(context.root.sys(), path.c_str(), text) == Status::ok &&
           single_line(text, line);
}

bool add_input(const HostContext& context, const Path& chip, const Name& chip_name,
               const Name& input, SnapshotWriter& writer) {
    Name sensor;
    Name label_file;
    std::string_view line;
    std::int64_t millidegrees = 0;
    const std::string_view stem = input.view().substr(0, input.size() - 6);  // without "_input"
    const bool fits = sensor.assign(stem) && label_file.assign(stem) && label_file.append("_label");
    if (fits && read_line(context, chip, label_file.view(), line)) (void)sensor.assign(trim(line));
    if (!read_line(context, chip, input.view(), line) || !parse_i64(trim(line), millidegrees)) {
        return false;
    }
    const std::uint32_t subject =
        writer.add_subject(SubjectKind::sensor, node_subject, chip_name.view(), sensor.view());
    writer.add(0, static_cast<std::uint64_t>(millidegrees), subject);
    return true;
}

void add_inputs(State& state, const HostContext& context, const Path& chip, const Name& hwmon,
                SnapshotWriter& writer) {
    std::string_view line;
    Name name = hwmon;
    if (read_line(context, chip, "name", line)) {
        // A name that is too long is left away: hwmon0 alone still tells chips apart.
        const std::size_t before = name.size();
        if (!name.append(":") || !name.append(trim(line))) name.resize_down(before);
    }
    for (std::size_t i = 0; i < state.inputs.count; ++i) {
        if (!add_input(context, chip, name, state.inputs.items[i], writer)) writer.count_skipped();
    }
}

void add_chip(State& state, const HostContext& context, const Name& hwmon, SnapshotWriter& writer) {
    Path chip;
    bool fits = chip.assign(directory) && chip.append("/") && chip.append(hwmon.view());
    Status status = list_inputs(state, context, chip, writer);
    if (fits && status == Status::ok && state.inputs.count == 0) {
        fits = chip.append("/device");
        status = list_inputs(state, context, chip, writer);
        if (status == Status::absent) return;
    }
    if (!fits || status != Status::ok) return writer.count_skipped();
    add_inputs(state, context, chip, hwmon, writer);
}

Status run_hwmon(State& state, const HostContext& context, SnapshotWriter& writer) {
    if (context.root.sys() < 0) return Status::absent;
    const Status status = list_chips(state, context, writer);
    for (std::size_t i = 0; status == Status::ok && i < state.chips.count; ++i) {
        add_chip(state, context, state.chips.items[i], writer);
    }
    return status;
}

}  // namespace

extern constexpr Collector hwmon_collector = {
    .name = "hwmon",
    .specs = specs,
    .state_bytes = sizeof(State),
    .run = run_with<State, run_hwmon>,
};

}  // namespace nma
