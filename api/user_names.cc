#include "api/user_names.h"

#include <cstdint>

#include "platform/base/text_cursor.h"
#include "platform/linux/accounts.h"

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
    Account account;
    if (find_account(name, account) != 0) return false;
    uid = account.uid;
    return true;
}

bool find_group(const char* name, gid_t& gid) {
    std::uint64_t number = 0;
    if (parse_u64(name, number)) {
        gid = static_cast<gid_t>(number);
        return number <= id_max;
    }
    return find_group_id(name, gid) == 0;
}

}  // namespace nma
