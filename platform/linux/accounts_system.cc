#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "platform/limits.h"
#include "platform/linux/accounts.h"

namespace nma {

namespace {

// Databases say "there is none" in several ways.
int failure_of(int failure, bool is_found) {
    if (is_found) return 0;
    return failure == 0 || failure == ESRCH ? ENOENT : failure;
}

}  // namespace

int find_account(const char* name, Account& account) {
    char text[limits::user_entry_bytes];
    passwd entry = {};
    passwd* found = nullptr;
    const int failure = getpwnam_r(name, &entry, text, sizeof text, &found);
    if (found != nullptr) account = {found->pw_uid, found->pw_gid};
    return failure_of(failure, found != nullptr);
}

int find_group_id(const char* name, gid_t& gid) {
    char text[limits::user_entry_bytes];
    group entry = {};
    group* found = nullptr;
    const int failure = getgrnam_r(name, &entry, text, sizeof text, &found);
    if (found != nullptr) gid = found->gr_gid;
    return failure_of(failure, found != nullptr);
}

bool set_groups_of(const char* name, gid_t gid) {
    return initgroups(name, gid) == 0;
}

}  // namespace nma
