#include "platform/linux/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/mount_table.h"

#if __has_include(<linux/landlock.h>) && defined(SYS_landlock_create_ruleset)
#include <linux/landlock.h>
#define NMA_HAS_LANDLOCK 1
#endif

namespace nma {

namespace {

// A whole mount table of a machine with a thousand mounts; /proc is among its first.
constexpr std::size_t mount_table_bytes = 128 * 1024;

bool has_hidepid(std::string_view options) {
    constexpr std::string_view key = "hidepid=";
    const std::size_t at = options.find(key);
    if (at == options.npos) return false;
    const std::string_view value = options.substr(at + key.size());
    return !value.starts_with('0') && !value.starts_with("off");
}

}  // namespace

bool does_proc_hide_processes(int directory, const char* mountinfo_path) {
    static char buffer[mount_table_bytes];
    const int file = openat(directory, mountinfo_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::size_t used = 0;
    ssize_t count = 0;
    while (used < sizeof buffer && (count = read(file, buffer + used, sizeof buffer - used)) > 0) {
        used += static_cast<std::size_t>(count);
    }
    close(file);
    MountCursor mounts({buffer, used});
    MountLine mount;
    while (mounts.next(mount)) {
        if (mount.type == "proc" && has_hidepid(mount.super_options)) return true;
    }
    return false;
}

#ifdef NMA_HAS_LANDLOCK

namespace {

struct VersionedRight {
    int since;
    std::uint64_t right;
};

constexpr std::uint64_t truncate_right = std::uint64_t{1} << 14U;

// All that changes a file or a directory, and starting programs. Not reading.
constexpr VersionedRight changes[] = {
    {1, LANDLOCK_ACCESS_FS_EXECUTE},
    {1, LANDLOCK_ACCESS_FS_WRITE_FILE},
    {1, LANDLOCK_ACCESS_FS_REMOVE_DIR},
    {1, LANDLOCK_ACCESS_FS_REMOVE_FILE},
    {1, LANDLOCK_ACCESS_FS_MAKE_CHAR},
    {1, LANDLOCK_ACCESS_FS_MAKE_DIR},
    {1, LANDLOCK_ACCESS_FS_MAKE_REG},
    {1, LANDLOCK_ACCESS_FS_MAKE_SOCK},
    {1, LANDLOCK_ACCESS_FS_MAKE_FIFO},
    {1, LANDLOCK_ACCESS_FS_MAKE_BLOCK},
    {1, LANDLOCK_ACCESS_FS_MAKE_SYM},
    {2, std::uint64_t{1} << 13U /* refer */},
    {3, truncate_right},
    {5, std::uint64_t{1} << 15U /* ioctl_dev */},
};

constexpr int newest_version = 7;  // adds what we do not use since 5

// The first member of the kernel's struct is all that version 1 has, and any version takes it.
struct Ruleset {
    std::uint64_t handled_access_fs;
};

std::uint64_t changes_of(int version) {
    std::uint64_t rights = 0;
    for (const VersionedRight& change : changes) {
        if (change.since <= version) rights |= change.right;
    }
    return rights;
}

Status allow(int rules, int version, const WritableDirectory& directory) {
    landlock_path_beneath_attr beneath = {};
    if (directory.allows_writing) beneath.allowed_access |= LANDLOCK_ACCESS_FS_WRITE_FILE;
    if (directory.allows_removal) beneath.allowed_access |= LANDLOCK_ACCESS_FS_REMOVE_FILE;
    if (directory.allows_making) {
        beneath.allowed_access |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE;
        if (version >= 3) beneath.allowed_access |= truncate_right;
    }
    if (beneath.allowed_access == 0) return Status::ok;
    const int parent = open(directory.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return Status::ok;
    beneath.parent_fd = parent;
    const long result =
        syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    const Status status = result == 0 ? Status::ok : status_from_errno(errno);
    close(parent);
    return status;
}

}  // namespace

Status restrict_writing(std::span<const WritableDirectory> directories, int& version) {
    const long found =
        syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    // A sandbox around us may refuse the call with EPERM.
    if (found < 1) return Status::absent;
    version = found > newest_version ? newest_version : static_cast<int>(found);
    const Ruleset ruleset = {changes_of(version)};
    const auto rules =
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0));
    if (rules < 0) return status_from_errno(errno);
    Status status = Status::ok;
    for (const WritableDirectory& directory : directories) {
        if (status == Status::ok) status = allow(rules, version, directory);
    }
    if (status == Status::ok && syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        status = status_from_errno(errno);
    }
    close(rules);
    return status;
}

#else

Status restrict_writing(std::span<const WritableDirectory>, int&) {
    return Status::absent;
}

#endif

}  // namespace nma
