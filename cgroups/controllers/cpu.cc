// CPU time, limits and throttling.
//   v1: cpuacct.stat in ticks of 1/100 s, cpuacct.usage in nanoseconds, cpu.stat, cpu.shares,
//       cpu.cfs_quota_us, cpu.cfs_period_us, cpu.cfs_burst_us
//       (Documentation/admin-guide/cgroup-v1/cpuacct.rst, scheduler/sched-bwc.rst)
//   v2: cpu.stat in microseconds, cpu.max, cpu.max.burst, cpu.weight (admin-guide/cgroup-v2.rst,
//       "CPU"). Every cgroup has cpu.stat; the others only where the controller is enabled.
// A limit is in processors: what the quota allows, else what the weight stands for. Mesos gives
// 1024 shares (v1) or a weight of 100 (v2) for a processor, which are the kernel's defaults, too.
#include <unistd.h>

#include <limits>

#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr std::uint8_t limit_decimals = 6;
constexpr std::uint64_t micro = 1'000'000;
constexpr std::uint64_t ns_per_us = 1000;
constexpr std::uint64_t shares_of_cpu = 1024;
constexpr std::uint64_t weight_of_cpu = 100;

enum Spec : std::uint16_t {
    user_time,
    system_time,
    nr_periods,
    nr_throttled,
    throttled_time,
    nr_bursts,
    burst_time,
    usage_time,
    limit,
    soft_limit,
    quota,
    period,
    burst_limit,
    shares,
    weight,
};

constexpr MetricSpec seconds_spec(const char* name, const char* help, std::uint8_t decimals,
                                  View view = View::standard) {
    return {.name = name,
            .help = help,
            .unit = Unit::seconds,
            .kind = MetricKind::counter,
            .view = view,
            .decimals = decimals,
            .about = SubjectKind::container};
}
constexpr MetricSpec setting_spec(const char* name, const char* help, Unit unit,
                                  std::uint8_t decimals) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .decimals = decimals,
            .about = SubjectKind::container};
}
constexpr MetricSpec count_spec(const char* name, const char* help, View view = View::standard) {
    return {.name = name,
            .help = help,
            .kind = MetricKind::counter,
            .view = view,
            .about = SubjectKind::container};
}

constexpr MetricSpec specs[] = {
    probed(seconds_spec("cpus.user_time_secs", "CPU time in user mode", 6)),
    probed(seconds_spec("cpus.system_time_secs", "CPU time in the kernel", 6)),
    count_spec("cpus.nr_periods", "Periods of the quota in which the container ran"),
    count_spec("cpus.nr_throttled", "Periods in which the container used up its quota"),
    seconds_spec("cpus.throttled_time_secs", "Time for which it had to wait for the next period",
                 9),
    count_spec("cpus.nr_bursts", "Periods in which it used quota saved earlier", View::full),
    seconds_spec("cpus.burst_time_secs", "CPU time beyond the quota, saved earlier", 9, View::full),
    probed(seconds_spec("cpus.usage_time_secs", "CPU time in all", 6, View::full)),
    {.name = "cpus.limit",
     .help = "Processors that the container may use",
     .unit = Unit::count,
     .view = View::standard,
     .decimals = limit_decimals,
     .about = SubjectKind::container},
    {.name = "cpus.soft_limit",
     .help = "Processors that its weight stands for when all are busy",
     .unit = Unit::count,
     .view = View::standard,
     .decimals = limit_decimals,
     .about = SubjectKind::container},
    setting_spec("cpus.quota_secs", "CPU time that the container may use in each period",
                 Unit::seconds, 6),
    setting_spec("cpus.period_secs", "Length of a period of the quota", Unit::seconds, 6),
    setting_spec("cpus.burst_limit_secs", "Unused quota that it may save for later", Unit::seconds,
                 6),
    setting_spec("cpus.shares", "Its weight as cgroup version 1 counts it", Unit::count, 0),
    setting_spec("cpus.weight", "Its weight as cgroup version 2 counts it", Unit::count, 0),
};
static_assert(std::size(specs) == weight + 1U);

struct State {
    std::uint64_t quota_us;
    std::uint64_t period_us;
    std::uint64_t soft_limit;  // in millionths
    bool has_quota;
    bool has_period;
    bool has_soft_limit;
    bool is_quota_unknown;  // there is a quota file, but it made no sense
};

// value × multiplier / divisor without losing the upper bits. False when it does not fit.
bool scale(std::uint64_t value, std::uint64_t multiplier, std::uint64_t divisor,
           std::uint64_t& result) {
    const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t whole = value / divisor;
    const std::uint64_t rest = value % divisor;
    if (whole > largest / multiplier || rest > largest / multiplier) return false;
    const std::uint64_t part = rest * multiplier / divisor;
    if (whole * multiplier > largest - part) return false;
    result = whole * multiplier + part;
    return true;
}

// A row's spec is only its place: the specs are those above.
constexpr FieldRow time_rows_v2[] = {
    {"user_usec", 1, specs[user_time]},
    {"system_usec", 1, specs[system_time]},
    {"nr_periods", 1, specs[nr_periods]},
    {"nr_throttled", 1, specs[nr_throttled]},
    {"throttled_usec", 1000, specs[throttled_time]},
    {"nr_bursts", 1, specs[nr_bursts]},
    {"burst_usec", 1000, specs[burst_time]},
    {"usage_usec", 1, specs[usage_time]},
};
constexpr FieldRow throttle_rows_v1[] = {
    {"nr_periods", 1, specs[nr_periods]},         {"nr_throttled", 1, specs[nr_throttled]},
    {"throttled_time", 1, specs[throttled_time]}, {"nr_bursts", 1, specs[nr_bursts]},
    {"burst_time", 1, specs[burst_time]},
};
constexpr FieldRow time_rows_v1[] = {{"user", 1, specs[user_time]},
                                     {"system", 1, specs[system_time]}};
constexpr auto time_keys_v2 = keys_of(time_rows_v2);
constexpr auto throttle_keys_v1 = keys_of(throttle_rows_v1);
constexpr auto time_keys_v1 = keys_of(time_rows_v1);

Status scan_stat_v2(std::string_view text, SnapshotWriter& writer) {
    return scan_container_fields(text, time_keys_v2, writer, user_time);
}

Status scan_stat_v1(std::string_view text, SnapshotWriter& writer) {
    return scan_container_fields(text, throttle_keys_v1, writer, nr_periods);
}

Status scan_cpuacct(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, time_keys_v1, found);
    if (status != Status::ok) return status;
    static const auto ticks_per_s = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    for (std::size_t i = 0; i < time_keys_v1.size(); ++i) {
        std::uint64_t time_us = 0;
        if (!found.is_present[i] || !scale(found.value[i], micro, ticks_per_s, time_us))
            return Status::malformed;
        writer.add(user_time + i, time_us, writer.container_subject());
    }
    return Status::ok;
}

Status scan_usage(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (found.is_unlimited) return Status::malformed;
    writer.add(usage_time, found.value / ns_per_us, writer.container_subject());
    return status;
}

Status scan_burst(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status == Status::ok && !found.is_unlimited)
        writer.add(burst_limit, found.value, writer.container_subject());
    return status;
}

Status scan_max(State& state, std::string_view text, SnapshotWriter&) {
    CpuMax found;
    const Status status = scan_cpu_max(text, found);
    state.is_quota_unknown = status != Status::ok;
    if (status != Status::ok || found.quota.is_unlimited) return status;
    state.quota_us = found.quota.value;
    state.period_us = found.period_us;
    state.has_quota = true;
    state.has_period = true;
    return status;
}

Status scan_quota(State& state, std::string_view text, SnapshotWriter&) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    state.is_quota_unknown = status != Status::ok;
    if (status != Status::ok || found.is_unlimited) return status;
    state.quota_us = found.value;
    state.has_quota = true;
    return status;
}

Status scan_period(State& state, std::string_view text, SnapshotWriter&) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (found.is_unlimited || found.value == 0) return Status::malformed;
    state.period_us = found.value;
    state.has_period = true;
    return status;
}

template <std::uint64_t of_cpu, Spec raw>
Status scan_weight(State& state, std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (found.is_unlimited || !scale(found.value, micro, of_cpu, state.soft_limit))
        return Status::malformed;
    state.has_soft_limit = true;
    writer.add(soft_limit, state.soft_limit, writer.container_subject());
    writer.add(raw, found.value, writer.container_subject());
    return status;
}

Status finish(State& state, SnapshotWriter& writer) {
    const std::uint32_t subject = writer.container_subject();
    if (state.is_quota_unknown || (state.has_quota && !state.has_period)) return Status::ok;
    std::uint64_t processors = 0;
    if (state.has_quota) {
        if (!scale(state.quota_us, micro, state.period_us, processors)) return Status::malformed;
        writer.add(limit, processors, subject);
        writer.add(quota, state.quota_us, subject);
        writer.add(period, state.period_us, subject);
    } else if (state.has_soft_limit) {
        writer.add(limit, state.soft_limit, subject);
    }
    return Status::ok;
}

constexpr auto v1 = CgroupVersion::v1;
constexpr auto v2 = CgroupVersion::v2;

constexpr ControllerFile file_of(Subsystem subsystem, CgroupVersion version, const char* name,
                                 Scan scan, Reason absent_means = Reason::none,
                                 const char* group = nullptr) {
    return {.subsystem = subsystem,
            .version = version,
            .name = name,
            .scan = scan,
            .absent_means = absent_means,
            .group = group};
}

// Quotas may be left out of a kernel. Bursts came with Linux 5.14; on version 2 their absence may
// also mean that the controller is not enabled.
constexpr ControllerFile files[] = {
    file_of(Subsystem::cpuacct, v1, "cpuacct.stat", scan_only<scan_cpuacct>),
    file_of(Subsystem::cpuacct, v1, "cpuacct.usage", scan_only<scan_usage>),
    file_of(Subsystem::cpu, v1, "cpu.shares", scan_with<State, scan_weight<shares_of_cpu, shares>>),
    file_of(Subsystem::cpu, v1, "cpu.stat", scan_only<scan_stat_v1>, Reason::not_available,
            "cpu.quota"),
    file_of(Subsystem::cpu, v1, "cpu.cfs_quota_us", scan_with<State, scan_quota>,
            Reason::not_available, "cpu.quota"),
    file_of(Subsystem::cpu, v1, "cpu.cfs_period_us", scan_with<State, scan_period>,
            Reason::not_available, "cpu.quota"),
    file_of(Subsystem::cpu, v1, "cpu.cfs_burst_us", scan_only<scan_burst>, Reason::kernel_too_old,
            "cpu.burst"),
    file_of(Subsystem::cpu, v2, "cpu.stat", scan_only<scan_stat_v2>),
    file_of(Subsystem::cpu, v2, "cpu.weight", scan_with<State, scan_weight<weight_of_cpu, weight>>,
            Reason::controller_disabled, "cpu.limit"),
    file_of(Subsystem::cpu, v2, "cpu.max", scan_with<State, scan_max>, Reason::controller_disabled,
            "cpu.limit"),
    file_of(Subsystem::cpu, v2, "cpu.max.burst", scan_only<scan_burst>, Reason::not_available,
            "cpu.burst"),
};

}  // namespace

extern constexpr Controller cpu_controller = {.name = "cpu",
                                              .specs = specs,
                                              .files = files,
                                              .state_bytes = sizeof(State),
                                              .finish = finish_with<State, finish>};

}  // namespace nma
