#include "cgroups/hierarchy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "platform/linux/log.h"

namespace nma {

namespace {

// Subsystem pids comes first in the set, so the lowest bit that is set says how good it is.
SubsystemSet lowest_bit(SubsystemSet set) {
    return static_cast<SubsystemSet>(set & (~set + 1));
}

}  // namespace

std::size_t hierarchy_of(std::span<const Hierarchy> all, Subsystem subsystem) {
    const auto bit = 1U << static_cast<unsigned>(subsystem);
    std::size_t index = 0;
    while (index < all.size() && (all[index].subsystems & bit) == 0)
        ++index;
    return index;
}

Status Hierarchies::open(const HostContext& context) {
    close();
    static CgroupMounts mounts;
    const Status status = find_cgroup_mounts(context, mounts);
    if (status != Status::ok) {
        log_line(LogLevel::info, "no mounted cgroups (%s): no containers", status_name(status));
        return status;
    }
    for (std::size_t i = 0; i < mounts.count; ++i) {
        const CgroupMount& mount = mounts.items[i];
        const int directory =
            openat(context.root.root(), mount.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        log_line(directory < 0 ? LogLevel::warning : LogLevel::info,
                 "cgroups of version %d at /%s%s%s", mount.is_unified ? 2 : 1, mount.path.c_str(),
                 mounts.from_libcgroup ? ", by libcgroup" : "",
                 directory < 0 ? ": not readable" : "");
        if (directory < 0) continue;
        items_[count_++] = {directory, mount.is_unified, mount.subsystems};
    }
    std::sort(items_, items_ + count_, [](const Hierarchy& a, const Hierarchy& b) {
        return lowest_bit(a.subsystems) < lowest_bit(b.subsystems);
    });
    return count_ > 0 ? Status::ok : Status::absent;
}

void Hierarchies::close() {
    for (std::size_t i = 0; i < count_; ++i)
        ::close(items_[i].directory);
    count_ = 0;
}

}  // namespace nma
