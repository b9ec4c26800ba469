// Who asks, once that is proven.
#pragma once

#include <span>
#include <string_view>

namespace nma {

struct Identity {
    // Never empty, valid UTF-8, no control characters. Good until the request is answered, or the
    // tokens are read anew.
    std::string_view uid;

    // A token may bring its own permissions (as an ACL writes them); then no one else is asked.
    bool has_own_permissions = false;
    std::span<const std::string_view> permissions = {};
};

}  // namespace nma
