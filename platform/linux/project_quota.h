// How much of its project quota a directory uses (XFS and ext4 with prjquota). A project is a
// number that files inherit from their directory; the kernel adds up what all its files use.
//
// Without privilege statfs(2) tells it: for a directory whose project is inherited and limited,
// f_blocks is the limit and f_bfree what is left of it (xfs_qm_statvfs, ext4_statfs_project). When
// the limit is no smaller than the file system, statfs says nothing of it, and from Linux 6.13 on
// f_bfree is no more than what the file system has left. Where statfs does not tell, quotactl_fd(2)
// does (Linux 5.14, CAP_SYS_ADMIN).
#pragma once

#include <cstdint>

#include "platform/base/status.h"

namespace nma {

struct SpaceUse {
    std::uint64_t used_bytes = 0;
    std::uint64_t limit_bytes = 0;
    bool has_used = false;
    bool has_limit = false;
};

// A statfs of one directory, in the file system's blocks.
struct SpaceAnswer {
    std::uint64_t block_bytes = 0;
    std::uint64_t blocks = 0;
    std::uint64_t free_blocks = 0;
};

// What is known of the project of a directory.
enum class ProjectOwner : std::uint8_t {
    none,     // it has no project, or that of the directory above: no quota of its own
    itself,   // it has one of its own
    unknown,  // we may not open it to ask
};

// What the statfs of a directory says of its own quota, when the one of the directory above was
// taken before and after it. Neither figure when it says nothing.
SpaceUse quota_of_answers(const SpaceAnswer& above_before, const SpaceAnswer& directory,
                          const SpaceAnswer& above_after, ProjectOwner owner);

// The use of the quota that `directory` has and `above`, the directory that it is in, has not. Both
// are descriptors, O_PATH is enough. A limit without use is possible. absent when there is no such
// quota, denied when there is one of which we may not know more, or what the kernel said.
// A directory that is over a soft limit, or at a hard one, has its limit as its use where only
// statfs may be asked: the kernel stops counting there.
Status project_quota(int directory, int above, SpaceUse& use);

// Use and size of the file system whose top `directory` is; absent when it is on the same one as
// `above`. What f_bfree says is free counts as such, the reserve for root included.
Status own_file_system(int directory, int above, SpaceUse& use);

}  // namespace nma
