#include "platform/linux/project_quota.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>

namespace nma {

namespace {

constexpr int project_quota_type = 2;              // PRJQUOTA of linux/quota.h
constexpr std::uint64_t quota_block_bytes = 1024;  // QIF_DQBLKSIZE
constexpr std::uint64_t bytes_max = 1ULL << 62U;   // a figure above is none

// Kernels before 3.12 do not answer fstatfs for O_PATH descriptors, but by their path.
Status ask_space(int directory, SpaceAnswer& answer) {
    struct statfs info = {};
    int failure = fstatfs(directory, &info) == 0 ? 0 : errno;
    if (failure == EBADF) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
        failure = statfs(path, &info) == 0 ? 0 : errno;
    }
    if (failure != 0) return status_from_errno(failure);
    const auto size = static_cast<std::uint64_t>(info.f_frsize != 0 ? info.f_frsize : info.f_bsize);
    if (size == 0 || info.f_blocks > bytes_max / size) return Status::malformed;
    answer = {size, info.f_blocks, info.f_bfree};
    return Status::ok;
}

// Denied where the directory may not be opened, absent where there are no projects.
Status project_of(int directory, fsxattr& attributes) {
    const int file =
        openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (file < 0) return status_from_errno(errno);
    const int failure = ioctl(file, FS_IOC_FSGETXATTR, &attributes) == 0 ? 0 : errno;
    close(file);
    if (failure == ENOTTY || failure == EINVAL) return Status::absent;
    return status_from_errno(failure);
}

ProjectOwner owner_of(int directory, int above, std::uint32_t& project) {
    fsxattr own = {};
    fsxattr outer = {};
    const Status status = project_of(directory, own);
    if (status == Status::denied) return ProjectOwner::unknown;
    if (status != Status::ok || own.fsx_projid == 0) return ProjectOwner::none;
    project = own.fsx_projid;
    const Status outer_status = project_of(above, outer);
    if (outer_status == Status::denied) return ProjectOwner::unknown;
    return outer.fsx_projid == own.fsx_projid ? ProjectOwner::none : ProjectOwner::itself;
}

// The smaller limit of two of which 0 is none.
std::uint64_t smaller_limit(std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return a + b;
    return std::min(a, b);
}

Status ask_quota(int directory, std::uint32_t project, SpaceUse& use) {
#ifdef __NR_quotactl_fd
    const int file = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return status_from_errno(errno);
    struct dqblk quota = {};
    const long result =
        syscall(__NR_quotactl_fd, file, QCMD(Q_GETQUOTA, project_quota_type), project, &quota);
    const int failure = result == 0 ? 0 : errno;
    close(file);
    if (failure == ESRCH || failure == ENOENT) return Status::absent;  // quota is off
    if (failure != 0) return status_from_errno(failure);
    const std::uint64_t limit = smaller_limit(quota.dqb_bsoftlimit, quota.dqb_bhardlimit);
    if (limit > bytes_max / quota_block_bytes) return Status::malformed;
    use = {quota.dqb_curspace, limit * quota_block_bytes, true, limit != 0};
    return Status::ok;
#else
    (void)directory;
    (void)project;
    (void)use;
    return Status::unsupported;
#endif
}

bool is_same_device(int a, int b) {
    struct stat first = {};
    struct stat second = {};
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev;
}

}  // namespace

// A project is one's own for sure when the size differs from that above. The space that is left is
// the project's for sure when it differs from the file system's, which is not what statfs says of a
// directory above with a project of its own, but then that one's is nearer.
SpaceUse quota_of_answers(const SpaceAnswer& above_before, const SpaceAnswer& directory,
                          const SpaceAnswer& above_after, ProjectOwner owner) {
    SpaceUse use;
    const bool is_steady = above_before.blocks == above_after.blocks &&
                           above_before.block_bytes == directory.block_bytes &&
                           above_after.block_bytes == directory.block_bytes;
    if (owner == ProjectOwner::none || !is_steady || directory.blocks == 0 ||
        directory.blocks >= above_before.blocks) {
        return use;
    }
    use.limit_bytes = directory.blocks * directory.block_bytes;
    use.has_limit = true;
    const std::uint64_t least = std::min(above_before.free_blocks, above_after.free_blocks);
    const std::uint64_t most = std::max(above_before.free_blocks, above_after.free_blocks);
    const bool is_of_file_system = directory.free_blocks >= least && directory.free_blocks <= most;
    if (is_of_file_system || directory.free_blocks > directory.blocks) return use;
    use.used_bytes = (directory.blocks - directory.free_blocks) * directory.block_bytes;
    use.has_used = true;
    return use;
}

Status project_quota(int directory, int above, SpaceUse& use) {
    if (!is_same_device(directory, above)) return Status::absent;
    std::uint32_t project = 0;
    const ProjectOwner owner = owner_of(directory, above, project);
    if (owner == ProjectOwner::none) return Status::absent;
    SpaceAnswer before;
    SpaceAnswer own;
    SpaceAnswer after;
    Status status = ask_space(above, before);
    if (status == Status::ok) status = ask_space(directory, own);
    if (status == Status::ok) status = ask_space(above, after);
    if (status != Status::ok) return status;
    use = quota_of_answers(before, own, after, owner);
    const bool is_clear = use.has_used && own.free_blocks != 0;
    if (is_clear) return Status::ok;
    SpaceUse asked;
    const Status asked_status =
        owner == ProjectOwner::itself ? ask_quota(directory, project, asked) : Status::absent;
    if (asked_status == Status::ok) use = asked;
    return use.has_limit || use.has_used ? Status::ok : asked_status;
}

Status own_file_system(int directory, int above, SpaceUse& use) {
    if (is_same_device(directory, above)) return Status::absent;
    SpaceAnswer answer;
    const Status status = ask_space(directory, answer);
    if (status != Status::ok) return status;
    if (answer.blocks == 0) return Status::absent;
    if (answer.free_blocks > answer.blocks) return Status::malformed;
    use = {(answer.blocks - answer.free_blocks) * answer.block_bytes,
           answer.blocks * answer.block_bytes, true, true};
    return Status::ok;
}

}  // namespace nma
