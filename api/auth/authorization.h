// May they? The hook: each authorizer is a constant record in api/auth/authorizers/NAME.cc and a
// line in authorizers.list. The first that allows decides; when none does, the answer is no.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/auth/guarded_file.h"
#include "api/auth/identity.h"
#include "platform/base/arena.h"
#include "platform/linux/event_loop.h"

namespace nma {

enum class Permission : std::uint8_t {
    system_metrics,  // dcos:adminrouter:ops:system-metrics
    agent,           // dcos:adminrouter:system:agent
};

const char* permission_name(Permission permission);

struct AccessQuestion {
    const Identity& identity;
    Permission permission;          // that the prefix of the path needs
    std::string_view route;         // Route::name; empty: there is no such resource
    std::string_view container_id;  // decoded; empty: the resource is no container's
};

enum class Verdict : std::uint8_t {
    deny,
    allow,
    pending,  // somebody was asked: ask again when told
};

struct AuthorizationOptions {
    FixedText<256> acl;     // file; empty: none
    FixedText<108> socket;  // of an external authorizer; empty: none
    std::uint32_t timeout_ms = 500;
    std::uint32_t cache_s = 30;
};

class Authorization {
  public:
    void init(Arena& arena);

    // Reads the ACL anew. Unless ok, the one before stays, and `error` names the file, the place
    // and the cure.
    Status load(const AuthorizationOptions& options, AuthError& error);

    // From now on the external authorizer, if there is one, is asked from the loop. `on_answer` is
    // called when questions that were pending are answered, by somebody or by time.
    [[nodiscard]] bool attach(EventLoop& loop, EventHandler on_answer);

    Verdict decide(const AccessQuestion& question);
};

}  // namespace nma
