#include "api/auth/token_fault.h"

#include <iterator>

namespace nma {

namespace {

constexpr const char* texts[] = {
    "nothing is wrong with it",
    "it is empty",
    "it is longer than 8192 bytes",
    "it is no static token of ours, and no JSON Web Token",
    "it is damaged: its base64url is wrong",
    "its header is no JSON object that we understand",
    "a member of its header or payload is there twice",
    "its typ is not JWT",
    "its header has crit, and we know no extensions",
    "its payload is not encoded (b64)",
    "it is not signed",
    "its alg is not supported: HS256, RS256, ES256 and EdDSA are",
    "no key of ours is for its alg",
    "no key of ours has its kid",
    "its signature is wrong",
    "its payload is no JSON object",
    "it has no exp, so it would never end",
    "its exp or nbf is no time in seconds since 1970",
    "it has expired",
    "it is not valid yet",
    "its uid is no text of 1 to 128 bytes without control characters",
};
static_assert(std::size(texts) == token_fault_count);

}  // namespace

const char* token_fault_text(TokenFault fault) {
    const auto index = static_cast<std::size_t>(fault);
    return index < std::size(texts) ? texts[index] : "it is refused";
}

}  // namespace nma
