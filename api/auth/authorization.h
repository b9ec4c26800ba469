// May they? The answer is no, unless an authorizer (api/auth/authorizer.h) says otherwise.
#pragma once

#include <cstdint>

#include "api/auth/guarded_file.h"
#include "api/auth/identity.h"
#include "api/auth/permission.h"
#include "platform/base/arena.h"
#include "platform/limits.h"
#include "platform/linux/event_loop.h"

namespace nma {

enum class Verdict : std::uint8_t {
    deny,
    allow,
    pending,  // somebody was asked: ask again when told
};

struct AuthorizationOptions {
    FixedText<256> acl;     // file; empty: none
    FixedText<108> socket;  // of an external authorizer; empty: none
    std::uint32_t timeout_ms = limits::authorizer_timeout_ms_default;
    std::uint32_t cache_s = limits::authorizer_cache_s_default;
};

class Authorization {
  public:
    void init(Arena& arena);

    // Reads the ACL anew, and forgets what an external authorizer said. Unless ok, all of before
    // stays, and `error` names the file, the place and the cure.
    Status load(const AuthorizationOptions& options, AuthError& error);

    // The same in two steps: what was prepared counts once it is accepted.
    Status prepare(const AuthorizationOptions& options, AuthError& error);
    void accept();

    // From now on the external authorizer, if there is one, is asked from the loop; until then it
    // has no say. `on_answer` is called on the loop when questions that were pending are answered,
    // by somebody or by time, or must be asked again because of a load. Once. False when the loop
    // has no room.
    [[nodiscard]] bool attach(EventLoop& loop, EventHandler on_answer);

    // On the loop's thread.
    Verdict decide(const AccessQuestion& question);

  private:
    void* states_[limits::authorizer_count_max] = {};
};

}  // namespace nma
