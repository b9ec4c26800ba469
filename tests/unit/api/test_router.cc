#include "api/router.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

NodeIdentity make_identity(Role role) {
    NodeIdentity identity;
    (void)identity.mesos_id.assign("a1-S0");
    identity.role = role;
    return identity;
}

struct Case {
    std::string_view path;
    const char* route;  // null: 404
    std::string_view container_id = {};
    std::string_view metric_id = {};
};

constexpr Case cases[] = {
    // Prefixes, with and without a slash at the end.
    {"/v0", "index"},
    {"/v0/", "index"},
    {"/system/v1/metrics/v0", "index"},
    {"/system/v1/metrics/v0/", "index"},
    {"/system/v1/agent/a1-S0/metrics/v0", "index"},
    {"/system/v1/agent/a1-S0/metrics/v0/", "index"},
    {"/v0/ping", "ping"},
    {"/v0/ping/", "ping"},
    {"/system/v1/metrics/v0/ping", "ping"},
    {"/system/v1/metrics/v0/ping/", "ping"},
    {"/system/v1/agent/a1-S0/metrics/v0/ping", "ping"},
    {"/v0/node", "node"},
    {"/v0/node/", "node"},
    {"/system/v1/metrics/v0/node", "node"},
    {"/system/v1/agent/a1-S0/metrics/v0/node", "node"},
    {"/v0/containers", "containers"},
    {"/v0/containers/", "containers"},
    {"/system/v1/metrics/v0/containers", "containers"},
    {"/system/v1/agent/a1-S0/metrics/v0/containers/", "containers"},
    {"/v0/containers/abc", "container", "abc"},
    {"/v0/containers/abc/", "container", "abc"},
    {"/system/v1/agent/a1-S0/metrics/v0/containers/abc", "container", "abc"},
    {"/v0/containers/abc/app", "app", "abc"},
    {"/v0/containers/abc/app/", "app", "abc"},
    {"/v0/containers/abc/app/x.y", "app_metric", "abc", "x.y"},
    {"/v0/containers/abc/app/x.y/", "app_metric", "abc", "x.y"},
    // Escapes: decoded once, in names only.
    {"/v0/containers/a%2Fb", "container", "a/b"},
    {"/v0/containers/a%2fb/app", "app", "a/b"},
    {"/v0/containers/a%252Fb", "container", "a%2Fb"},
    {"/v0/containers/%2e%2e", "container", ".."},
    {"/v0/containers/..", "container", ".."},
    {"/v0/containers/a%00b", "container", std::string_view("a\0b", 3)},
    {"/v0/containers/%ff", "container", "\xff"},
    {"/v0/containers/a+b", "container", "a+b"},
    {"/v0/containers/x/app/%2F", "app_metric", "x", "/"},
    {"/v0/containers/app", "container", "app"},
    {"/v0/containers/app/app/app", "app_metric", "app", "app"},
    {"/v0/%6eode", nullptr},
    {"/%760/node", nullptr},
    {"/v0%2Fnode", nullptr},
    {"/system/v1/agent/a1%2DS0/metrics/v0/node", nullptr},
    // Slashes.
    {"/v0//", nullptr},
    {"/v0//node", nullptr},
    {"//v0/node", nullptr},
    {"/v0/node//", nullptr},
    {"/v0/containers//", nullptr},
    {"/v0/containers//app", nullptr},
    {"/v0/containers/x//", nullptr},
    {"/v0/containers/x//y", nullptr},
    {"/v0/containers/x/app//", nullptr},
    // What only looks alike.
    {"", nullptr},
    {"/", nullptr},
    {"v0/node", nullptr},
    {"/v0x", nullptr},
    {"/v01/node", nullptr},
    {"/v1/node", nullptr},
    {"/V0/node", nullptr},
    {"/v0/Node", nullptr},
    {"/v0/nodes", nullptr},
    {"/v0/nod", nullptr},
    {"/v0/node/x", nullptr},
    {"/v0/ping/x", nullptr},
    {"/v0/index", nullptr},
    {"/v0/{id}", nullptr},
    {"/v0/../v0/node", nullptr},
    {"/v0/./node", nullptr},
    {"/v0/containers/x/apps", nullptr},
    {"/v0/containers/x/y", nullptr},
    {"/v0/containers/x/app/y/z", nullptr},
    {"/system/v1/metrics/v0x/node", nullptr},
    {"/system/v1/metrics/node", nullptr},
    {"/system/v1/metrics/v0node", nullptr},
    {"/system/v1/metrics", nullptr},
    {"/system/v1/agent", nullptr},
    {"/system/v1/agent/", nullptr},
    {"/system/v1/agent//metrics/v0/node", nullptr},
    {"/system/v1/agent/a1-S0", nullptr},
    {"/system/v1/agent/a1-S0/metrics", nullptr},
    {"/system/v1/agent/a1-S0/metrics/v0x", nullptr},
    {"/system/v1/agent/a1-S1/metrics/v0/node", nullptr},
    {"/system/v1/agent/a1-S/metrics/v0/node", nullptr},
    {"/system/v1/agent/a1-S00/metrics/v0/node", nullptr},
    {"/system/v1/agent/A1-s0/metrics/v0/node", nullptr},
    {"/system/v1/agent/a1-S0/x/metrics/v0/node", nullptr},
    {"/v0/system/v1/metrics/v0/node", nullptr},
    // As a proxy may send it.
    {"http://127.0.0.1:61092/v0/node", "node"},
    {"http:///v0/node", "node"},
    {"http://node", nullptr},
    {"http://", nullptr},
    {"/http://x/v0/node", nullptr},
    {"ftp://x/v0/node", nullptr},
};
static_assert(sizeof cases / sizeof cases[0] >= 80);

void every_path_leads_to_its_route_or_nowhere(void**) {
    const NodeIdentity identity = make_identity(Role::agent);
    for (const Case& row : cases) {
        RouteMatch match;
        const RouteStatus status = match_route(row.path, identity, match);
        const bool is_right = row.route == nullptr ? status == RouteStatus::not_found
                                                   : status == RouteStatus::found &&
                                                         strcmp(match.route->name, row.route) == 0;
        if (!is_right)
            print_error("wrong: %.*s\n", static_cast<int>(row.path.size()), row.path.data());
        assert_true(is_right);
        if (row.route == nullptr) continue;
        assert_true(match.container_id.view() == row.container_id);
        assert_true(match.metric_id.view() == row.metric_id);
    }
}

void bad_paths_are_told_from_unknown_paths(void**) {
    const NodeIdentity identity = make_identity(Role::agent);
    for (const std::string_view path :
         {"/v0/containers/%", "/v0/containers/%2", "/v0/containers/%zz", "/v0/containers/%2g",
          "/v0/containers/x/app/%", "/%", "/v0/containers/a b", "/v0/node ", "/v0/a\tb",
          "/v0/containers/\x7f", "/\x01"}) {
        RouteMatch match;
        assert_true(match_route(path, identity, match) == RouteStatus::bad_path);
    }
}

void master_has_neither_containers_nor_index(void**) {
    const NodeIdentity identity = make_identity(Role::master);
    RouteMatch match;
    assert_true(match_route("/v0/ping", identity, match) == RouteStatus::found);
    assert_true(match_route("/v0/node", identity, match) == RouteStatus::found);
    for (const std::string_view path : {"/v0", "/v0/", "/v0/containers", "/v0/containers/x",
                                        "/v0/containers/x/app", "/v0/containers/x/app/y"}) {
        assert_true(match_route(path, identity, match) == RouteStatus::not_found);
    }
}

void node_without_an_id_has_no_agent_prefix(void**) {
    NodeIdentity identity;
    RouteMatch match;
    assert_true(match_route("/system/v1/agent//metrics/v0/node", identity, match) ==
                RouteStatus::not_found);
    assert_true(match_route("/system/v1/agent/metrics/v0/node", identity, match) ==
                RouteStatus::not_found);
    assert_true(match_route("/system/v1/metrics/v0/node", identity, match) == RouteStatus::found);
}

void overlong_id_is_cut_and_stays_bounded(void**) {
    static char path[8192];
    const NodeIdentity identity = make_identity(Role::agent);
    memcpy(path, "/v0/containers/", 15);
    memset(path + 15, 'x', sizeof path - 15);
    RouteMatch match;
    assert_true(match_route({path, sizeof path}, identity, match) == RouteStatus::found);
    assert_int_equal(match.container_id.size(), 1023);
}

void every_prefix_of_a_path_is_safe(void**) {
    constexpr std::string_view path =
        "/system/v1/agent/a1-S0/metrics/v0/containers/a%2Fb/app/x%20y/";
    const NodeIdentity identity = make_identity(Role::agent);
    for (std::size_t size = 0; size <= path.size(); ++size) {
        RouteMatch match;
        const RouteStatus status = match_route(path.substr(0, size), identity, match);
        assert_int_equal(status == RouteStatus::found, match.route != nullptr);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_path_leads_to_its_route_or_nowhere),
        cmocka_unit_test(bad_paths_are_told_from_unknown_paths),
        cmocka_unit_test(master_has_neither_containers_nor_index),
        cmocka_unit_test(node_without_an_id_has_no_agent_prefix),
        cmocka_unit_test(overlong_id_is_cut_and_stays_bounded),
        cmocka_unit_test(every_prefix_of_a_path_is_safe),
    };
    return cmocka_run_group_tests_name("router", tests, nullptr, nullptr);
}
