#include "cgroups/cgroup_file.h"

#include <algorithm>
#include <limits>

#include "platform/base/text_cursor.h"

namespace nma {

Status scan_value(std::string_view text, CgroupValue& value) {
    std::string_view line;
    CgroupValue found;
    if (!single_line(text, line)) return Status::malformed;
    if (line == "max" || line == "-1") {
        found.is_unlimited = true;
    } else if (!parse_u64(line, found.value)) {
        return Status::malformed;
    }
    value = found;
    return Status::ok;
}

Status scan_cpu_max(std::string_view text, CpuMax& cpu_max) {
    std::string_view line;
    CpuMax found;
    if (!single_line(text, line)) return Status::malformed;
    const std::string_view quota = take_word(line);
    found.quota.is_unlimited = quota == "max";
    if (!found.quota.is_unlimited && !parse_u64(quota, found.quota.value)) return Status::malformed;
    if (!take_u64(line, found.period_us) || found.period_us == 0 || !line.empty())
        return Status::malformed;
    cpu_max = found;
    return Status::ok;
}

// A process of another pid namespace shows as 0: it counts, but nobody can ask for it.
Status scan_pids(std::string_view text, PidList& pids) {
    PidList found = pids;
    LineCursor lines(text);
    std::string_view line;
    std::size_t kept = 0;
    while (kept < found.first.size() && found.first[kept] != 0)
        ++kept;
    while (lines.next(line)) {
        std::uint64_t pid = 0;
        if (!parse_u64(line, pid) || pid > std::numeric_limits<std::int32_t>::max())
            return Status::malformed;
        if (pid != 0 && kept < found.first.size())
            found.first[kept++] = static_cast<std::uint32_t>(pid);
        ++found.count;
    }
    if (lines.is_torn()) return Status::malformed;
    pids = found;
    return Status::ok;
}

bool parse_device(std::string_view text, DeviceNumber& device) {
    const std::size_t colon = text.find(':');
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    if (colon == text.npos || !parse_u64(text.substr(0, colon), major) ||
        !parse_u64(text.substr(colon + 1), minor)) {
        return false;
    }
    if (std::max(major, minor) > std::numeric_limits<std::uint32_t>::max()) return false;
    device = {static_cast<std::uint32_t>(major), static_cast<std::uint32_t>(minor)};
    return true;
}

}  // namespace nma
