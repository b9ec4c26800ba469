// From the path of a request to a resource. Pure: no HTTP library, no socket.
#pragma once

#include <string_view>

#include "api/auth/authorization.h"
#include "api/route.h"
#include "platform/base/fixed_text.h"

namespace nma {

enum class RouteStatus : std::uint8_t {
    found,
    not_found,  // 404
    bad_path,   // 400: what no URI has: spaces, control characters, % without two hex digits
};

struct RouteMatch {
    const Route* route = nullptr;
    // Decoded. What is longer than any name can be is cut, and is the ID of nothing then.
    FixedText<1024> container_id;
    FixedText<1024> metric_id;
};

// `path` is as the client sent it, without the query; with scheme and authority in front when it
// was sent by a proxy's rules (RFC 9112, 3.2.2). Three prefixes lead to the same resources: /v0,
// /system/v1/metrics/v0 and /system/v1/agent/{agent_id}/metrics/v0, where agent_id must be this
// node's. Escapes are decoded once, and only in {id} and {metric-id}.
RouteStatus match_route(std::string_view path, const NodeIdentity& identity, RouteMatch& match);

// What a client needs to ask for this path, by its prefix alone: so the answer tells nothing about
// what there is.
Permission permission_of(std::string_view path);

}  // namespace nma
