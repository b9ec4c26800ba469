// The ACL file, if there is one. What it does not grant, others may.
#include "api/auth/acl_table.h"
#include "api/auth/authorizer.h"
#include "platform/limits.h"

namespace nma {

namespace {

class AclAuthorizer {
  public:
    void init(Arena& arena) {
        for (AclTable& table : tables_)
            table.init(arena);
        text_ = arena.take<char>("authorization", limits::acl_text_bytes);
    }

    Status load(const AuthorizationOptions& options, AuthError& error) {
        spare().clear();
        if (options.acl.empty()) return Status::ok;
        std::string_view text;
        const Status status =
            read_guarded_file(options.acl.c_str(), Secrecy::printed, text_, text, error);
        return status == Status::ok ? spare().read(options.acl.c_str(), text, error) : status;
    }

    void accept() {
        in_use_ = 1 - in_use_;
        spare().clear();
    }

    Opinion decide(const AccessQuestion& question) const {
        return tables_[in_use_].allows(question) ? Opinion::allow : Opinion::none;
    }

  private:
    AclTable& spare() { return tables_[1 - in_use_]; }

    AclTable tables_[2];
    std::size_t in_use_ = 0;
    std::span<char> text_;
};

AclAuthorizer& acl(void* state) {
    return *static_cast<AclAuthorizer*>(state);
}

Opinion decide_acl(void* state, const AccessQuestion& question) {
    return acl(state).decide(question);
}

Status load_acl(void* state, const AuthorizationOptions& options, AuthError& error) {
    return acl(state).load(options, error);
}

void accept_acl(void* state) {
    acl(state).accept();
}

}  // namespace

extern constexpr Authorizer acl_authorizer = {
    .name = "acl",
    .decide = decide_acl,
    .make = make_state<AclAuthorizer>,
    .load = load_acl,
    .accept = accept_acl,
};

}  // namespace nma
