// Permissions as an ACL or a token grants them: texts.
//
//   dcos:superuser                       everything
//   dcos:adminrouter:ops:system-metrics  what the contract asks for, under each prefix one of them
//   dcos:adminrouter:*                   a last segment * stands for any rest; * alone for
//   everything
//
// Scopes are narrower, hold under every prefix, and have no *:
//
//   node-metrics-agent:route:NAME        this route of api/routes.list, of whatever container
//   node-metrics-agent:container:ID      this container alone, in the routes that are about one
//
// Others grant nothing here: an ACL may have those of other programs, too.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/auth/identity.h"

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

// Whether this one permission is enough. Scopes never are for a route that is empty: who sees only
// a part is not told what there is besides.
bool permits(std::string_view granted, const AccessQuestion& question);

// Why nobody can have meant this permission, with the cure: a clause that follows its text. Null
// when it is good. One that has a fault permits nothing.
const char* permission_fault(std::string_view granted);

}  // namespace nma
