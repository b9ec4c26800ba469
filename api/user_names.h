// Names of users and groups, as configurations write them. The C library may allocate to find them,
// so this is for the start only.
#pragma once

#include <sys/types.h>

namespace nma {

// A number is taken as the ID. False when the system knows no such name.
bool find_user(const char* name, uid_t& uid);
bool find_group(const char* name, gid_t& gid);

}  // namespace nma
