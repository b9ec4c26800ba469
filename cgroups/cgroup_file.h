// The shapes that files of cgroups have (Documentation/admin-guide/cgroup-v2.rst, "Interface
// Files"). Pure. Flat keyed ones are read with platform/metrics/field_table.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "platform/base/status.h"
#include "platform/limits.h"

namespace nma {

// "8192\n", or "max\n" for no limit. Some version 1 files say -1 for no limit.
struct CgroupValue {
    std::uint64_t value = 0;
    bool is_unlimited = false;
};
[[nodiscard]] Status scan_value(std::string_view text, CgroupValue& value);

// "max 100000\n" or "50000 100000\n": cpu.max. `quota` is unlimited for max.
struct CpuMax {
    CgroupValue quota;
    std::uint64_t period_us = 0;
};
[[nodiscard]] Status scan_cpu_max(std::string_view text, CpuMax& cpu_max);

// cgroup.procs, cgroup.threads, tasks: a number a line, none at all when nobody is in. Keeps the
// first few and adds to the count. Untouched when malformed.
struct PidList {
    static constexpr std::size_t first_count_max = limits::processes_per_container_max;
    std::array<std::uint32_t, first_count_max> first = {};
    std::uint64_t count = 0;
};
[[nodiscard]] Status scan_pids(std::string_view text, PidList& pids);

// "8:16", as block devices are named in files about them.
struct DeviceNumber {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    bool operator==(const DeviceNumber&) const = default;
};
[[nodiscard]] bool parse_device(std::string_view text, DeviceNumber& device);

}  // namespace nma
