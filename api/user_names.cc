#include "api/user_names.h"

#include <grp.h>
#include <pwd.h>

#include <cstdint>

#include "platform/base/text_cursor.h"
#include "platform/limits.h"

namespace nma {

namespace {

// The highest number means "leave it as it is" to chown(2).
constexpr std::uint64_t id_max = UINT32_MAX - 1;

}  // namespace

bool find_user(const char* name, uid_t& uid) {
    std::uint64_t number = 0;
    if (parse_u64(name, number)) {
        uid = static_cast<uid_t>(number);
        return number <= id_max;
    }
    char text[limits::user_entry_bytes];
    passwd entry = {};
    passwd* found = nullptr;
    if (getpwnam_r(name, &entry, text, sizeof text, &found) != 0 || found == nullptr) return false;
    uid = found->pw_uid;
    return true;
}

bool find_group(const char* name, gid_t& gid) {
    std::uint64_t number = 0;
    if (parse_u64(name, number)) {
        gid = static_cast<gid_t>(number);
        return number <= id_max;
    }
    char text[limits::user_entry_bytes];
    group entry = {};
    group* found = nullptr;
    if (getgrnam_r(name, &entry, text, sizeof text, &found) != 0 || found == nullptr) return false;
    gid = found->gr_gid;
    return true;
}

}  // namespace nma
