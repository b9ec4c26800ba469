// Public keys in PEM (RFC 7468): "PUBLIC KEY" and "RSA PUBLIC KEY", as openssl writes them. Several
// may stand one after the other, so that a new key is known before the old one goes.
#pragma once

#include <string_view>

#include "api/auth/auth_error.h"
#include "api/auth/key_set.h"

namespace nma {

// Adds all keys of the text, at least one. Between them are empty lines only. Unless true, `error`
// names the file, the line where the key begins and the cure; keys before it may have been added.
[[nodiscard]] bool read_pem_keys(const char* path, std::string_view text, KeySet& keys,
                                 AuthError& error);

}  // namespace nma
