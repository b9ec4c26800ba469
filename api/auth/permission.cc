#include "api/auth/permission.h"

#include <algorithm>
#include <iterator>

#include "api/route.h"

namespace nma {

namespace {

constexpr std::string_view superuser = "dcos:superuser";
constexpr std::string_view scope = "node-metrics-agent:";
constexpr std::string_view route_scope = "node-metrics-agent:route:";
constexpr std::string_view container_scope = "node-metrics-agent:container:";

// A new route is not among a container's before somebody says so.
constexpr std::string_view container_routes[] = {"container", "app", "app_metric"};

bool is_route(std::string_view name) {
    const auto routes = all_routes();
    return std::any_of(routes.begin(), routes.end(),
                       [name](const Route& route) { return name == route.name; });
}

bool is_container_route(std::string_view name) {
    return std::find(std::begin(container_routes), std::end(container_routes), name) !=
           std::end(container_routes);
}

// Printable ASCII without the space, and bytes of other letters.
bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f;
    });
}

bool has_good_star(std::string_view granted) {
    const std::size_t at = granted.find('*');
    return at == granted.npos || (at + 1 == granted.size() && (at == 0 || granted[at - 1] == ':'));
}

const char* scope_fault(std::string_view granted) {
    if (granted.find('*') != granted.npos) {
        return "has a *, which scopes do not know: name each route or container, or grant "
               "dcos:adminrouter:*";
    }
    if (granted.starts_with(route_scope)) {
        return is_route(granted.substr(route_scope.size()))
                   ? nullptr
                   : "names no route: use index, ping, node, containers, container, app or "
                     "app_metric";
    }
    if (granted.starts_with(container_scope)) {
        return is_word(granted.substr(container_scope.size()))
                   ? nullptr
                   : "needs the id of a container, without spaces, at its end";
    }
    return "is no scope: write node-metrics-agent:route:NAME or node-metrics-agent:container:ID";
}

bool scope_permits(std::string_view granted, const AccessQuestion& question) {
    if (question.route.empty() || scope_fault(granted) != nullptr) return false;
    if (granted.starts_with(route_scope)) {
        return granted.substr(route_scope.size()) == question.route;
    }
    return is_container_route(question.route) &&
           granted.substr(container_scope.size()) == question.container_id;
}

}  // namespace

const char* permission_name(Permission permission) {
    switch (permission) {
        case Permission::system_metrics:
            return "dcos:adminrouter:ops:system-metrics";
        case Permission::agent:
            return "dcos:adminrouter:system:agent";
    }
    return "";
}

const char* permission_fault(std::string_view granted) {
    if (granted.starts_with(scope)) return scope_fault(granted);
    return has_good_star(granted) ? nullptr
                                  : "has a * that is not its last segment: write * alone, or "
                                    "something like dcos:adminrouter:*";
}

bool permits(std::string_view granted, const AccessQuestion& question) {
    if (granted.starts_with(scope)) return scope_permits(granted, question);
    if (granted == superuser) return true;
    const std::string_view needed = permission_name(question.permission);
    if (needed.empty() || !has_good_star(granted)) return false;
    if (granted.ends_with('*')) return needed.starts_with(granted.substr(0, granted.size() - 1));
    return granted == needed;
}

}  // namespace nma
