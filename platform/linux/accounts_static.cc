#include <errno.h>
#include <grp.h>

#include "platform/limits.h"
#include "platform/linux/account_files.h"

namespace nma {

int find_account(const char* name, Account& account) {
    return find_account_in("/etc/passwd", name, account);
}

int find_group_id(const char* name, gid_t& gid) {
    return find_group_in("/etc/group", name, gid);
}

bool set_groups_of(const char* name, gid_t gid) {
    gid_t groups[limits::user_group_count];
    std::size_t count = 0;
    const int failure = find_groups_in("/etc/group", name, gid, groups, count);
    // An image may have no such file; then there is the one group.
    if (failure == 0 || failure == ENOENT) return setgroups(count, groups) == 0;
    errno = failure;
    return false;
}

}  // namespace nma
