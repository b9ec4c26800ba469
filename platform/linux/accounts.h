// Users and groups by name: of the system's databases, or, in the static build, of /etc/passwd and
// /etc/group alone, for there the C library cannot load what asks directory services. For the start
// only: before anything is given away, and the C library may allocate.
#pragma once

#include <sys/types.h>

namespace nma {

struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
};

// 0; ENOENT when there is no such name; else the errno of what failed.
int find_account(const char* name, Account& account);
int find_group_id(const char* name, gid_t& gid);

// Makes the process a member of all of the user's groups, `gid` besides, and of no others. errno
// says why it failed. Takes CAP_SETGID.
bool set_groups_of(const char* name, gid_t gid);

}  // namespace nma
