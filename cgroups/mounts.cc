#include "cgroups/mounts.h"

#include <cstring>
#include <iterator>

#include "platform/base/text_sink.h"
#include "platform/linux/mount_table.h"

#ifdef NMA_LIBCGROUP
#include <libcgroup.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

namespace nma {

namespace {

struct SubsystemName {
    std::string_view name;
    Subsystem subsystem;
};
constexpr SubsystemName subsystem_names[] = {
    {"pids", Subsystem::pids}, {"memory", Subsystem::memory}, {"cpuacct", Subsystem::cpuacct},
    {"cpu", Subsystem::cpu},   {"blkio", Subsystem::io},      {"hugetlb", Subsystem::hugetlb},
};

SubsystemSet set_of_name(std::string_view name) {
    for (const SubsystemName& row : subsystem_names) {
        if (row.name == name)
            return static_cast<SubsystemSet>(1U << static_cast<unsigned>(row.subsystem));
    }
    return 0;
}

SubsystemSet set_of_options(std::string_view options) {
    SubsystemSet set = 0;
    while (!options.empty()) {
        const std::size_t comma = options.find(',');
        set = static_cast<SubsystemSet>(set | set_of_name(options.substr(0, comma)));
        options.remove_prefix(comma == options.npos ? options.size() : comma + 1);
    }
    return set;
}

bool is_same_mount(const CgroupMount& a, const CgroupMount& b) {
    if (a.path.view() == b.path.view()) return true;
    return !a.device.empty() && a.device.view() == b.device.view();
}

// Of two mounts of one hierarchy the one that shows all of it is kept; a mount of the other version
// at the same place hides what was there.
void add_mount(const CgroupMount& mount, CgroupMounts& mounts) {
    for (std::size_t i = 0; i < mounts.count; ++i) {
        CgroupMount& known = mounts.items[i];
        if (known.is_unified != mount.is_unified) {
            if (known.path.view() != mount.path.view()) continue;
            known = mount;
            return;
        }
        if (!is_same_mount(known, mount)) continue;
        const auto both = static_cast<SubsystemSet>(known.subsystems | mount.subsystems);
        if (mount.is_whole && !known.is_whole) known = mount;
        known.subsystems = both;
        return;
    }
    if (mounts.count == std::size(mounts.items)) {
        ++mounts.overflow_count;
        return;
    }
    mounts.items[mounts.count++] = mount;
}

// A mount point below the host's root, without the leading slash.
bool assign_mount_point(std::string_view text, FixedText<512>& path) {
    while (text.starts_with('/'))
        text.remove_prefix(1);
    return !text.empty() && unescape_mount_text(text, path);
}

bool assign_device(const MountLine& line, FixedText<16>& device) {
    char text[FixedText<16>::bytes_max];
    TextSink sink(text);
    sink.append_u64(line.major);
    sink.append(':');
    sink.append_u64(line.minor);
    return sink.status() == Status::ok && device.assign(sink.view());
}

void add_line(const MountLine& line, CgroupMounts& mounts) {
    if (line.type != "cgroup" && line.type != "cgroup2") return;
    CgroupMount mount;
    mount.is_unified = line.type == "cgroup2";
    mount.subsystems = mount.is_unified ? all_subsystems : set_of_options(line.super_options);
    mount.is_whole = line.root == "/";
    const bool is_usable = mount.subsystems != 0 &&
                           assign_mount_point(line.mount_point, mount.path) &&
                           assign_device(line, mount.device);
    if (is_usable) add_mount(mount, mounts);
}

// What a version 1 hierarchy has, the unified one has not.
void settle_subsystems(CgroupMounts& mounts) {
    SubsystemSet version1 = 0;
    for (std::size_t i = 0; i < mounts.count; ++i) {
        if (!mounts.items[i].is_unified) version1 |= mounts.items[i].subsystems;
    }
    for (std::size_t i = 0; i < mounts.count; ++i) {
        CgroupMount& mount = mounts.items[i];
        if (mount.is_unified)
            mount.subsystems = all_subsystems & static_cast<SubsystemSet>(~version1);
    }
}

#ifdef NMA_LIBCGROUP
// libcgroup 2.0 does not tell the version of what it found.
void add_named(const cgroup_mount_point& found, CgroupMounts& mounts) {
    struct statfs file_system = {};
    if (statfs(found.path, &file_system) != 0) return;
    CgroupMount mount;
    mount.is_unified = file_system.f_type == CGROUP2_SUPER_MAGIC;
    mount.subsystems = mount.is_unified ? all_subsystems : set_of_name(found.name);
    std::string_view path(found.path, strnlen(found.path, sizeof found.path));
    while (path.starts_with('/'))
        path.remove_prefix(1);
    if (mount.subsystems == 0 || path.empty() || !mount.path.assign(path)) return;
    add_mount(mount, mounts);
}

bool ask_libcgroup(CgroupMounts& mounts) {
    if (cgroup_init() != 0) return false;
    static cgroup_mount_point found;
    void* handle = nullptr;
    int answer = cgroup_get_controller_begin(&handle, &found);
    while (answer == 0) {
        add_named(found, mounts);
        answer = cgroup_get_controller_next(&handle, &found);
    }
    cgroup_get_controller_end(&handle);
    return answer == ECGEOF && mounts.count > 0;
}
#else
bool ask_libcgroup(CgroupMounts&) {
    return false;
}
#endif

}  // namespace

void scan_cgroup_mounts(std::string_view text, CgroupMounts& mounts) {
    MountCursor cursor(text);
    MountLine line;
    while (cursor.next(line))
        add_line(line, mounts);
    settle_subsystems(mounts);
}

namespace {

// libcgroup leaves it out where it has no controllers, as on most hosts with both versions.
// Containers may be there alone, and their pressure is.
void add_unified(const HostContext& context, CgroupMounts& mounts) {
    for (std::size_t i = 0; i < mounts.count; ++i)
        if (mounts.items[i].is_unified) return;
    std::string_view text;
    if (context.reader.read(context.root.proc(), context.root.mountinfo_path(), text) != Status::ok)
        return;
    MountCursor cursor(text);
    MountLine line;
    while (cursor.next(line))
        if (line.type == "cgroup2") add_line(line, mounts);
}

}  // namespace

Status find_cgroup_mounts(const HostContext& context, CgroupMounts& mounts) {
    mounts = CgroupMounts{};
    // libcgroup asks for our own mounts.
    if (context.root.is_own() && !context.root.is_outside() && ask_libcgroup(mounts)) {
        mounts.from_libcgroup = true;
        add_unified(context, mounts);
        settle_subsystems(mounts);
        return mounts.count > 0 ? Status::ok : Status::absent;
    }
    mounts = CgroupMounts{};
    std::string_view text;
    const Status status =
        context.reader.read(context.root.proc(), context.root.mountinfo_path(), text);
    if (status != Status::ok) return status;
    scan_cgroup_mounts(text, mounts);
    return mounts.count > 0 ? Status::ok : Status::absent;
}

}  // namespace nma
