// The files /etc/passwd and /etc/group, passwd(5) and group(5). Lines that are not as those pages
// say, and those over limits::user_entry_bytes, are skipped.
#pragma once

#include <span>

#include "platform/linux/accounts.h"

namespace nma {

// 0; ENOENT when no line has the name; else the errno of what failed.
int find_account_in(const char* passwd_path, const char* name, Account& account);
int find_group_in(const char* group_path, const char* name, gid_t& gid);

// The groups that name the user as a member, after `gid`, as many as there is room for: `count`.
int find_groups_in(const char* group_path, const char* name, gid_t gid, std::span<gid_t> groups,
                   std::size_t& count);

}  // namespace nma
