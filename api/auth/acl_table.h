// The ACL: who may what, from a file of ours.
//
//   {
//     "bootstrapuser": ["dcos:superuser"],
//     "monitoring":    ["dcos:adminrouter:ops:system-metrics", "dcos:adminrouter:system:agent"],
//     "*":             ["node-metrics-agent:route:ping"]
//   }
//
// Names are uids, as tokens have them; "*" is everybody with a good token, besides what they have
// under their own name. Permissions are those of api/auth/permission.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/auth/guarded_file.h"
#include "api/auth/permission.h"
#include "platform/base/bounded_list.h"
#include "platform/base/json_arena.h"

namespace nma {

class AclTable {
  public:
    void init(Arena& arena);

    // Of no file: nobody may anything.
    void clear();

    // Replaces everything by what `text` says. malformed: it is no ACL; full: there is more than
    // limits allow. Then the table is empty, and `error` names the file (`name`), the line or the
    // uid, and the cure.
    Status read(const char* name, std::string_view text, AuthError& error);

    // Whether a permission of the uid, or of everybody, is enough.
    bool allows(const AccessQuestion& question) const;

    std::size_t uid_count() const { return entries_.size(); }

  private:
    // Texts are in the tree.
    struct Entry {
        std::string_view uid;
        std::uint32_t first_permission;
        std::uint32_t permission_count;
    };

    Status read_tree(const char* name, const cJSON& tree, AuthError& error);
    Status read_entry(const char* name, const cJSON& member, AuthError& error);
    const Entry* find(std::string_view uid) const;
    bool allows(const Entry* entry, const AccessQuestion& question) const;

    JsonArena json_;
    BoundedList<Entry> entries_;  // by uid
    BoundedList<std::string_view> permissions_;
};

}  // namespace nma
