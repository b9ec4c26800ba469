// The ACL: whatever the text, it is taken, or refused with a message that names the file, and then
// nobody may anything. Who has no entry may nothing unless there is one for everybody, and scopes
// never tell whether something exists.
#include <cstdint>
#include <cstdlib>

#include "api/auth/acl_table.h"
#include "platform/limits.h"

namespace {

using namespace nma;

constexpr Permission permissions[] = {Permission::system_metrics, Permission::agent};
constexpr std::string_view routes[] = {"", "index", "ping", "node", "containers", "container"};

void check(bool is_good) {
    if (!is_good) std::abort();
}

bool allows(const AclTable& table, std::string_view uid) {
    const Identity identity = {.uid = uid};
    bool is_any_allowed = false;
    for (const Permission permission : permissions) {
        const bool is_full = table.allows({identity, permission, "", ""});
        for (const std::string_view route : routes) {
            const bool is_allowed = table.allows({identity, permission, route, "web"});
            check(is_allowed || !is_full);
            is_any_allowed = is_any_allowed || is_allowed;
        }
    }
    return is_any_allowed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Arena arena;
    static AclTable table;
    if (arena.is_measuring()) {
        check(arena.map(4 * limits::acl_json_bytes));
        table.init(arena);
    }
    AuthError error;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Status status = table.read("fuzz", text, error);
    check((status == Status::ok) == error.empty());
    check(status == Status::ok || error.view().starts_with("fuzz:"));
    const bool is_any_allowed = allows(table, "al") || allows(table, "bo");
    check(!is_any_allowed || status == Status::ok);
    if (text.find("\\u") != text.npos) return 0;  // letters may be written so, too
    for (const std::string_view uid : {"al", "bo", "nobody else"}) {
        check(allows(table, "*") || text.find(uid) != text.npos || !allows(table, uid));
    }
    check(text.find('*') != text.npos || text.find(':') != text.npos || !is_any_allowed);
    return 0;
}
