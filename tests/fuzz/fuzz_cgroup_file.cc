#include <stdlib.h>

#include <cstdint>
#include <iterator>

#include "cgroups/cgroup_file.h"
#include "cgroups/container_processes.h"
#include "cgroups/mounts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nma;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    CgroupValue value;
    CpuMax cpu_max;
    PidList pids;
    DeviceNumber device;
    static CgroupMounts mounts;
    mounts = CgroupMounts{};
    if (scan_value(text, value) == Status::ok && value.is_unlimited && value.value != 0) abort();
    if (scan_cpu_max(text, cpu_max) == Status::ok && cpu_max.period_us == 0) abort();
    if (scan_pids(text, pids) != Status::ok && pids.count != 0) abort();
    static_cast<void>(parse_device(text, device));
    std::uint64_t ticks = 7;
    if (scan_start_ticks(text, ticks) != Status::ok && ticks != 7) abort();
    scan_cgroup_mounts(text, mounts);
    if (mounts.count > std::size(mounts.items)) abort();
    for (std::size_t i = 0; i < mounts.count; ++i) {
        if (mounts.items[i].subsystems == 0 || mounts.items[i].path.empty()) abort();
    }
    return 0;
}
