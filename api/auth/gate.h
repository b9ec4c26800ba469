// The one gate in front of the router: who asks, and may they? Deny is what happens unless
// something says otherwise.
#pragma once

#include "api/auth/authorization.h"
#include "api/auth/credentials.h"
#include "api/auth/token_checker.h"

namespace nma {

struct AuthOptions {
    TokenFiles tokens;
    AuthorizationOptions authorization;
};

// Proof that the gate was asked: only it makes one, and without one no route is answered.
class Admission {
  private:
    friend class Gate;
    Admission() = default;
};

class Gate {
  public:
    void init(Arena& arena);

    // Reads all files anew. Unless ok, all stays as it was, and `error` names the file, the place
    // and the cure; of the tokens' and of the permissions', when both are broken.
    Status load(const AuthOptions& options, AuthError& error);

    // See Authorization.
    [[nodiscard]] bool attach(EventLoop& loop, EventHandler on_answer);

    // Null and `identity`, or why nobody is known by these credentials: a short clause for the log.
    const char* identify(const ShownCredentials& credentials, std::int64_t now_s,
                         Identity& identity);

    // Admission to what was asked, if the verdict is allow.
    Verdict permit(const AccessQuestion& question, const Admission*& admission);

    // For listeners whose peers need no permission: everybody who reaches them, or whom the kernel
    // vouches for.
    const Admission& admit_peer() const { return admission_; }

    const TokenChecker& tokens() const { return tokens_; }

  private:
    TokenChecker tokens_;
    Authorization authorization_;
    Admission admission_;
};

}  // namespace nma
