// Gives rights away for good (capabilities(7), prctl(2)): another user, no capabilities but a few,
// no new ones by programs that would be started. While there is one thread only: rights belong to a
// thread, and those that are made later inherit them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"

namespace nma {

using CapabilitySet = std::uint64_t;  // bit per capability of linux/capability.h

// The bit of a capability that can buy a figure (docs/security.md), by its name "CAP_…"; 0 for any
// other name.
CapabilitySet capability_of(std::string_view name);

// "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE"; "none" for the empty set.
FixedText<256> describe_capabilities(CapabilitySet set);

struct SystemUser {
    FixedText<64> name;  // empty: stay who we are
    uid_t uid = 0;
    gid_t gid = 0;
};

// Asks the system's user database, which may load libraries: so before anything is given away.
// False for a name that it does not know; `error` says what to do.
bool find_user(std::string_view name, SystemUser& user, FixedText<256>& error);

// Becomes `user` with its groups, keeps those of `kept` that we have, and gives all others back, in
// every set that there is. Root that stays root keeps no more than that. Also ends core dumps and
// being traced by others of our user, for our memory has keys in it. `left` is what we have then.
// False when the kernel refuses: some rights may be gone, so the caller must end.
bool drop_privileges(const SystemUser& user, CapabilitySet kept, CapabilitySet& left,
                     FixedText<256>& error);

}  // namespace nma
