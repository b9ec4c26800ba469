// Block I/O per device, and as the sum over all devices (device "default").
//   v1: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, "8:16 Read 4096" and "Total 4096"
//   v2: Documentation/admin-guide/cgroup-v2.rst, "8:16 rbytes=4096 wbytes=0 rios=1 …"; with the
//       cost model (block/blk-iocost.c) also "cost.usage=1 …", in microseconds. Kernels around 5.15
//       end the line of a device without figures nowhere: "7:1 7:0 8:0 rbytes=4096 …".
// Each version 1 scheduler counts for itself; the tag `policy` says who did. Nothing is written
// before the whole text was understood.
#include <array>
#include <limits>

#include "cgroups/controller.h"
#include "platform/base/text_cursor.h"
#include "platform/base/text_sink.h"

namespace nma {

namespace {

// In the order of the specs of each figure.
enum Operation : std::uint8_t { read, write, sync, async, discard, total };
constexpr std::size_t operation_count = 6;
constexpr std::string_view operation_names[operation_count] = {"Read",  "Write",   "Sync",
                                                               "Async", "Discard", "Total"};

enum Figure : std::uint16_t {
    service_bytes = 0,
    serviced = operation_count,
    service_time = 2 * operation_count,
    wait_time = 3 * operation_count,
    merged = 4 * operation_count,
    queued = 5 * operation_count,
    cost = 6 * operation_count,
};

// What iocost tells of a device stands where others have operations.
enum Cost : std::uint8_t { cost_usage, cost_wait, cost_indebt, cost_indelay };

constexpr MetricSpec spec(const char* name, const char* help, Unit unit, View view,
                          MetricKind kind) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .kind = kind,
            .view = view,
            .decimals = static_cast<std::uint8_t>(unit == Unit::seconds ? 9 : 0),
            .about = SubjectKind::container_device};
}

constexpr MetricSpec cost_spec(const char* name, const char* help) {
    return {.name = name,
            .help = help,
            .unit = Unit::seconds,
            .kind = MetricKind::counter,
            .decimals = 6,
            .about = SubjectKind::container_device};
}

#define NMA_IO_SPECS(name, what, unit, kind)                                               \
    spec(name "_read", what " by reads", unit, View::standard, kind),                      \
        spec(name "_write", what " by writes", unit, View::standard, kind),                \
        spec(name "_sync", what " by synchronous requests", unit, View::standard, kind),   \
        spec(name "_async", what " by asynchronous requests", unit, View::standard, kind), \
        spec(name "_discard", what " by discards", unit, View::full, kind),                \
        spec(name "_total", what " by all requests", unit, View::standard, kind)

constexpr auto counter = MetricKind::counter;
constexpr MetricSpec specs[] = {
    NMA_IO_SPECS("blkio.io_service_bytes", "Bytes transferred", Unit::bytes, counter),
    NMA_IO_SPECS("blkio.io_serviced", "Requests done", Unit::count, counter),
    NMA_IO_SPECS("blkio.io_service_time", "Time taken by the device", Unit::seconds, counter),
    NMA_IO_SPECS("blkio.io_wait_time", "Time spent in the scheduler's queues", Unit::seconds,
                 counter),
    NMA_IO_SPECS("blkio.io_merged", "Requests merged into others", Unit::count, counter),
    NMA_IO_SPECS("blkio.io_queued", "Requests waiting now", Unit::count, MetricKind::gauge),
    cost_spec("blkio.io_cost_usage", "Time of the device that the cost model counts as used"),
    cost_spec("blkio.io_cost_wait", "Time for which requests were held back by the cost model"),
    cost_spec("blkio.io_cost_indebt", "Time for which the cost model had more used than given"),
    cost_spec("blkio.io_cost_indelay", "Time for which tasks were held up to pay that back"),
};
static_assert(std::size(specs) == std::size_t{cost} + cost_indelay + 1);

struct Device {
    DeviceNumber number;
    std::array<std::uint64_t, operation_count> value;
    std::array<bool, operation_count> is_present;
};

// The devices of one file.
struct Table {
    std::array<Device, limits::devices_per_container_max> devices;
    std::size_t count = 0;
    std::uint32_t overflow_count = 0;

    // Null when there is no room.
    Device* find_or_add(DeviceNumber number) {
        for (std::size_t i = 0; i < count; ++i) {
            if (devices[i].number == number) return &devices[i];
        }
        if (count == devices.size()) return nullptr;
        devices[count] = Device{number, {}, {}};
        return &devices[count++];
    }
};

// The subjects of this container so far: devices of one policy come in many files.
struct State {
    struct Known {
        DeviceNumber number;
        const char* policy;
        std::uint32_t subject;
    };
    Known known[limits::devices_per_container_max];
    std::uint32_t known_count;
    std::uint32_t sum_subject;
    const char* sum_policy;
};
static_assert(sizeof(State) <= controller_state_bytes_max);

std::uint32_t subject_of(State& state, SnapshotWriter& writer, DeviceNumber number,
                         const char* policy) {
    for (std::uint32_t i = 0; i < state.known_count; ++i) {
        const State::Known& known = state.known[i];
        if (known.number == number && known.policy == policy) return known.subject;
    }
    char memory[32];
    TextSink name(memory);
    name.append_u64(number.major);
    name.append('.');
    name.append_u64(number.minor);
    const std::uint32_t subject = writer.add_subject(
        SubjectKind::container_device, writer.container_subject(), name.view(), policy);
    if (state.known_count < std::size(state.known) && subject != no_subject)
        state.known[state.known_count++] = {number, policy, subject};
    return subject;
}

std::uint32_t sum_subject_of(State& state, SnapshotWriter& writer, const char* policy) {
    if (state.sum_policy == policy) return state.sum_subject;
    state.sum_subject = writer.add_subject(SubjectKind::container_device,
                                           writer.container_subject(), "default", policy);
    state.sum_policy = policy;
    return state.sum_subject;
}

bool add_to(std::uint64_t& sum, std::uint64_t value) {
    if (value > std::numeric_limits<std::uint64_t>::max() - sum) return false;
    sum += value;
    return true;
}

// Nothing for a file without devices, except the kernel's own sum. Devices that had no room are
// missing from our sum, so there is none then.
bool write_table(const Table& table, const Device& kernel_sum, Figure figure, const char* policy,
                 State& state, SnapshotWriter& writer) {
    Device sum = kernel_sum;
    for (std::size_t i = 0; i < table.count; ++i) {
        const Device& device = table.devices[i];
        for (std::size_t op = 0; op < operation_count; ++op) {
            if (!device.is_present[op] || kernel_sum.is_present[op]) continue;
            sum.is_present[op] = table.overflow_count == 0;
            if (!add_to(sum.value[op], device.value[op])) return false;
        }
    }
    const auto write_one = [&](const Device& device, std::uint32_t subject) {
        for (std::size_t op = 0; op < operation_count; ++op) {
            if (device.is_present[op]) writer.add(figure + op, device.value[op], subject);
        }
    };
    for (std::size_t i = 0; i < table.count; ++i)
        write_one(table.devices[i], subject_of(state, writer, table.devices[i].number, policy));
    write_one(sum, sum_subject_of(state, writer, policy));
    if (table.overflow_count > 0) writer.count_overflow(table.overflow_count);
    return true;
}

bool find_operation(std::string_view name, std::size_t& operation) {
    for (std::size_t i = 0; i < operation_count; ++i) {
        if (operation_names[i] == name) {
            operation = i;
            return true;
        }
    }
    return false;
}

// "8:16 Read 4096"
bool scan_device_line(std::string_view line, Table& table) {
    DeviceNumber number;
    std::size_t operation = 0;
    std::uint64_t value = 0;
    if (!parse_device(take_word(line), number)) return false;
    const bool is_known = find_operation(take_word(line), operation);
    if (!take_u64(line, value) || !line.empty()) return false;
    if (!is_known) return true;
    Device* device = table.find_or_add(number);
    if (device == nullptr) {
        ++table.overflow_count;
        return true;
    }
    device->value[operation] = value;
    device->is_present[operation] = true;
    return true;
}

// The last line is the sum over all devices and operations that count: "Total 4096".
Status scan_v1(State& state, std::string_view text, SnapshotWriter& writer, Figure figure,
               const char* policy) {
    Table table;
    Device sum = {};
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        std::string_view rest = line;
        if (take_word(rest) == "Total") {
            if (!take_u64(rest, sum.value[total]) || !rest.empty()) return Status::malformed;
            sum.is_present[total] = true;
        } else if (!scan_device_line(line, table)) {
            return Status::malformed;
        }
    }
    if (lines.is_torn() || (!text.empty() && !sum.is_present[total])) return Status::malformed;
    if (text.empty()) return Status::ok;
    return write_table(table, sum, figure, policy, state, writer) ? Status::ok : Status::malformed;
}

constexpr const char io_policy[] = "io";

// The tables that one io.stat fills, in the order in which they are written.
enum Part : std::uint8_t { of_bytes, of_requests, of_cost };
constexpr std::size_t part_count = 3;
constexpr Figure figure_of_part[part_count] = {service_bytes, serviced, cost};

struct Key {
    std::string_view name;
    Part part;
    std::uint8_t place;  // an Operation, or a Cost
};
constexpr Key keys[] = {{"rbytes", of_bytes, read},
                        {"wbytes", of_bytes, write},
                        {"rios", of_requests, read},
                        {"wios", of_requests, write},
                        {"dbytes", of_bytes, discard},
                        {"dios", of_requests, discard},
                        {"cost.usage", of_cost, cost_usage},
                        {"cost.wait", of_cost, cost_wait},
                        {"cost.indebt", of_cost, cost_indebt},
                        {"cost.indelay", of_cost, cost_indelay}};

const Key* find_key(std::string_view name) {
    for (const Key& key : keys) {
        if (key.name == name) return &key;
    }
    return nullptr;
}

bool add_total(Device& device) {
    device.value[total] = 0;
    for (const Operation operation : {read, write, discard}) {
        if (!device.is_present[operation]) continue;
        device.is_present[total] = true;
        if (!add_to(device.value[total], device.value[operation])) return false;
    }
    return true;
}

// False when one of its sums leaves 64 bits.
bool keep_device(DeviceNumber number, Device (&figures)[part_count], Table (&tables)[part_count]) {
    for (std::size_t part = 0; part < part_count; ++part) {
        Device& found = figures[part];
        if (part != of_cost && !add_total(found)) return false;
        const bool is_any =
            part == of_cost ? found.is_present[cost_usage] : found.is_present[total];
        if (!is_any) continue;
        Device* device = tables[part].find_or_add(number);
        found.number = number;
        if (device == nullptr) {
            ++tables[part].overflow_count;
        } else {
            *device = found;
        }
    }
    return true;
}

// Figures belong to the device before them. Values of unknown keys need not be numbers.
bool scan_line_v2(std::string_view line, Table (&tables)[part_count]) {
    DeviceNumber number;
    if (!parse_device(take_word(line), number)) return false;
    Device figures[part_count] = {};
    while (!line.empty()) {
        const std::string_view word = take_word(line);
        if (word.empty()) break;
        const std::size_t equals = word.find('=');
        if (equals == word.npos) {
            if (!keep_device(number, figures, tables) || !parse_device(word, number)) return false;
            for (Device& device : figures)
                device = Device{};
            continue;
        }
        const Key* key = find_key(word.substr(0, equals));
        if (key == nullptr) continue;
        Device& device = figures[key->part];
        if (!parse_u64(word.substr(equals + 1), device.value[key->place])) return false;
        device.is_present[key->place] = true;
    }
    return keep_device(number, figures, tables);
}

// The text after the last newline: devices without figures, each with a space after it.
bool is_only_devices(std::string_view text) {
    if (!text.ends_with(' ')) return false;
    DeviceNumber number;
    for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
        if (!parse_device(word, number)) return false;
    }
    return true;
}

Status scan_v2(State& state, std::string_view text, SnapshotWriter& writer) {
    Table tables[part_count];
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        if (!scan_line_v2(line, tables)) return Status::malformed;
    }
    if (lines.is_torn() && !is_only_devices(text.substr(text.rfind('\n') + 1)))
        return Status::malformed;
    for (std::size_t part = 0; part < part_count; ++part) {
        const Device no_sum = {};
        if (!write_table(tables[part], no_sum, figure_of_part[part], io_policy, state, writer))
            return Status::malformed;
    }
    return Status::ok;
}

constexpr const char throttling[] = "throttling";
constexpr const char cfq[] = "cfq";
constexpr const char cfq_recursive[] = "cfq_recursive";
constexpr const char bfq_recursive[] = "bfq_recursive";

template <Figure figure, const char* policy>
Status scan_file(void* state, std::string_view text, SnapshotWriter& writer) {
    return scan_v1(*static_cast<State*>(state), text, writer, figure, policy);
}

constexpr auto v1 = CgroupVersion::v1;
constexpr auto io = Subsystem::io;

// Says nothing, but is in every cgroup of version 1: without it there is no blkio for this
// container.
Status scan_nothing(std::string_view, SnapshotWriter&) {
    return Status::ok;
}

// Linux 4.17 added throttling figures that take in the cgroups below. Linux 5.0 took cfq away.
constexpr ControllerFile files[] = {
    {io, v1, "notify_on_release", scan_only<scan_nothing>},
    {io, v1, "blkio.throttle.io_service_bytes_recursive", scan_file<service_bytes, throttling>},
    {io, v1, "blkio.throttle.io_service_bytes", scan_file<service_bytes, throttling>, true},
    {io, v1, "blkio.throttle.io_serviced_recursive", scan_file<serviced, throttling>},
    {io, v1, "blkio.throttle.io_serviced", scan_file<serviced, throttling>, true},
    {io, v1, "blkio.io_service_bytes", scan_file<service_bytes, cfq>},
    {io, v1, "blkio.io_serviced", scan_file<serviced, cfq>},
    {io, v1, "blkio.io_service_time", scan_file<service_time, cfq>},
    {io, v1, "blkio.io_wait_time", scan_file<wait_time, cfq>},
    {io, v1, "blkio.io_merged", scan_file<merged, cfq>},
    {io, v1, "blkio.io_queued", scan_file<queued, cfq>},
    {io, v1, "blkio.io_service_bytes_recursive", scan_file<service_bytes, cfq_recursive>},
    {io, v1, "blkio.io_serviced_recursive", scan_file<serviced, cfq_recursive>},
    {io, v1, "blkio.io_service_time_recursive", scan_file<service_time, cfq_recursive>},
    {io, v1, "blkio.io_wait_time_recursive", scan_file<wait_time, cfq_recursive>},
    {io, v1, "blkio.io_merged_recursive", scan_file<merged, cfq_recursive>},
    {io, v1, "blkio.io_queued_recursive", scan_file<queued, cfq_recursive>},
    {io, v1, "blkio.bfq.io_service_bytes_recursive", scan_file<service_bytes, bfq_recursive>},
    {io, v1, "blkio.bfq.io_serviced_recursive", scan_file<serviced, bfq_recursive>},
    {io, CgroupVersion::v2, "io.stat", scan_with<State, scan_v2>},
};

// Version 2 counts neither times nor what its schedulers do.
constexpr const char* v1_groups[] = {"io.time", "io.merged", "io.queued"};

}  // namespace

extern constexpr Controller io_controller = {.name = "io",
                                             .specs = specs,
                                             .files = files,
                                             .state_bytes = sizeof(State),
                                             .v1_groups = v1_groups};

}  // namespace nma
