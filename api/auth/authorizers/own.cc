// Permissions that came with the token itself: then these alone decide.
#include "api/auth/authorizer.h"

namespace nma {

namespace {

Opinion decide_own(void*, const AccessQuestion& question) {
    if (!question.identity.has_own_permissions) return Opinion::none;
    for (const std::string_view granted : question.identity.permissions) {
        if (permits(granted, question)) return Opinion::allow;
    }
    return Opinion::deny;
}

}  // namespace

extern constexpr Authorizer own_authorizer = {.name = "own", .decide = decide_own};

}  // namespace nma
