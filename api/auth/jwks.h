// JSON Web Key Sets (RFC 7517; RFC 7518, section 6; RFC 8037, section 2).
#pragma once

#include <string_view>

#include "api/auth/auth_error.h"
#include "api/auth/key_set.h"
#include "platform/base/json_arena.h"

namespace nma {

// Adds the public keys of RSA, P-256 and Ed25519 that may check signatures (`use`, `key_ops`,
// `alg`). Others are skipped and counted, as section 5 wants it; at least one must be of use.
// Secret and private keys are refused, with the whole file: it is readable by everybody. Unless
// true, `error` names the file, the key and the cure; some keys may have been added. Resets `json`.
[[nodiscard]] bool read_jwks(const char* path, std::string_view text, JsonArena& json, KeySet& keys,
                             AuthError& error);

}  // namespace nma
