#include "platform/linux/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/accounts.h"

namespace nma {

namespace {

struct NamedCapability {
    std::string_view name;
    unsigned number;
};

constexpr NamedCapability names[] = {
    {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE}, {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
    {"CAP_NET_ADMIN", CAP_NET_ADMIN},       {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
    {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
};

constexpr CapabilitySet bit(unsigned number) {
    return CapabilitySet{1} << number;
}

using Error = FixedText<256>;

[[gnu::format(printf, 2, 3)]] bool refuse(Error& error, const char* format, ...) {
    char text[Error::bytes_max + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)error.assign(text);
    return false;
}

// The C library has no wrappers for these two; libcap would be one more library.
bool read_permitted(CapabilitySet& permitted) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (syscall(SYS_capget, &header, data) != 0) return false;
    permitted = data[0].permitted | CapabilitySet{data[1].permitted} << 32U;
    return true;
}

bool set_capabilities(CapabilitySet set) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
        data[i].permitted = static_cast<std::uint32_t>(set >> (32U * i));
        data[i].effective = data[i].permitted;
    }
    return syscall(SYS_capset, &header, data) == 0;
}

// What the bounding set has, no program that we start can get. Without CAP_SETPCAP it stays; then
// no_new_privs alone does it.
void shrink_bounding_set(CapabilitySet kept, CapabilitySet permitted) {
    if ((permitted & bit(CAP_SETPCAP)) == 0) return;
    for (unsigned number = 0; number < 64; ++number) {
        const bool is_known = prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
        if (!is_known) break;
        if ((kept & bit(number)) == 0) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    }
}

bool become(const SystemUser& user, CapabilitySet permitted, Error& error) {
    const CapabilitySet needed = bit(CAP_SETUID) | bit(CAP_SETGID);
    if ((permitted & needed) != needed) {
        return refuse(
            error,
            "cannot become user %s: this takes CAP_SETUID and CAP_SETGID; start the agent "
            "as root, or leave process.user out",
            user.name.c_str());
    }
    const bool is_done = set_groups_of(user.name.c_str(), user.gid) &&
                         setresgid(user.gid, user.gid, user.gid) == 0 &&
                         setresuid(user.uid, user.uid, user.uid) == 0;
    if (is_done) return true;
    return refuse(error,
                  "cannot become user %s: %s; in a container, its user namespace must "
                  "have the user's ids",
                  user.name.c_str(), strerror(errno));
}

bool is_user(const SystemUser& user) {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    if (getresuid(&real, &effective, &saved) != 0) return false;
    return real == user.uid && effective == user.uid && saved == user.uid;
}

}  // namespace

CapabilitySet capability_of(std::string_view name) {
    for (const NamedCapability& row : names) {
        if (row.name == name) return bit(row.number);
    }
    return 0;
}

FixedText<256> describe_capabilities(CapabilitySet set) {
    FixedText<256> text;
    for (const NamedCapability& row : names) {
        if ((set & bit(row.number)) == 0) continue;
        const bool fits = (text.empty() || text.append(" ")) && text.append(row.name);
        if (!fits) break;
    }
    if (text.empty()) (void)text.assign("none");
    return text;
}

bool find_user(std::string_view name, SystemUser& user, FixedText<256>& error) {
    if (!user.name.assign(name)) return refuse(error, "process.user: the name is too long");
    if (name.empty()) return true;
    Account account;
    const int failure = find_account(user.name.c_str(), account);
    if (failure == ENOENT) {
        return refuse(error,
                      "process.user: there is no user %s; make one with `useradd --system %s`, or "
                      "leave process.user out",
                      user.name.c_str(), user.name.c_str());
    }
    if (failure != 0) {
        return refuse(error, "process.user: cannot look up user %s: %s", user.name.c_str(),
                      strerror(failure));
    }
    user.uid = account.uid;
    user.gid = account.gid;
    return true;
}

bool drop_privileges(const SystemUser& user, CapabilitySet kept, CapabilitySet& left,
                     FixedText<256>& error) {
    CapabilitySet permitted = 0;
    if (!read_permitted(permitted)) {
        return refuse(error, "cannot read our capabilities: %s", strerror(errno));
    }
    left = permitted & kept;
    shrink_bounding_set(left, permitted);
    // Else the kernel takes all capabilities from who stops being root.
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    const bool must_become = !user.name.empty() && !is_user(user);
    if (must_become && !become(user, permitted, error)) return false;
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    // Kernels before 4.3 have no ambient set.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // A service manager that gave us these and no others may forbid the call. What can be inherited
    // stays then, and there is nobody who could: programs are not started. Who became another user
    // has them permitted alone, and must make them effective.
    const bool is_as_wanted = permitted == left && !must_become;
    if (!set_capabilities(left) && !is_as_wanted) {
        return refuse(error, "cannot give capabilities back: %s", strerror(errno));
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refuse(error, "cannot set no_new_privs: %s", strerror(errno));
    }
#ifndef NMA_SANITIZED  // the leak checker traces us
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    // Nothing may be left that leads back.
    const bool can_return = must_become && user.uid != 0 && setresuid(0, 0, 0) == 0;
    if (can_return) return refuse(error, "user %s may still become root", user.name.c_str());
    return true;
}

}  // namespace nma
