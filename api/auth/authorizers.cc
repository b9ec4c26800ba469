#include "api/auth/authorizer.h"
#include "platform/limits.h"

namespace nma {

#define AUTHORIZER(name) extern const Authorizer name##_authorizer;
#include "api/auth/authorizers.list"
#undef AUTHORIZER

std::span<const Authorizer> all_authorizers() {
    static const Authorizer authorizers[] = {
#define AUTHORIZER(name) name##_authorizer,
#include "api/auth/authorizers.list"
#undef AUTHORIZER
    };
    static_assert(sizeof authorizers / sizeof authorizers[0] <= limits::authorizer_count_max);
    return authorizers;
}

}  // namespace nma
