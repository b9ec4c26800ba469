#include "api/auth/permission.h"
#include "api/route.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr Identity somebody = {.uid = "somebody"};

// Says which row of a table is wrong.
void check(bool is_right, std::string_view text) {
    if (!is_right) print_message("%.*s\n", static_cast<int>(text.size()), text.data());
    assert_true(is_right);
}

bool permits_node(std::string_view granted, Permission permission) {
    return permits(granted, {somebody, permission, "node", {}});
}

bool permits_route(std::string_view granted, std::string_view route, std::string_view id) {
    const AccessQuestion by_metrics = {somebody, Permission::system_metrics, route, id};
    const AccessQuestion by_agent = {somebody, Permission::agent, route, id};
    assert_int_equal(permits(granted, by_metrics), permits(granted, by_agent));
    return permits(granted, by_agent);
}

struct Case {
    std::string_view granted;
    bool is_for_metrics;
    bool is_for_agent;
};

constexpr Case cases[] = {
    {"dcos:superuser", true, true},
    {"*", true, true},
    {"dcos:*", true, true},
    {"dcos:adminrouter:*", true, true},
    {"dcos:adminrouter:ops:*", true, false},
    {"dcos:adminrouter:system:*", false, true},
    {"dcos:adminrouter:ops:system-metrics", true, false},
    {"dcos:adminrouter:system:agent", false, true},
    // Nothing, or nothing of ours.
    {"", false, false},
    {":", false, false},
    {"dcos", false, false},
    {"dcos:", false, false},
    {"dcos:adminrouter", false, false},
    {"dcos:adminrouter:ops", false, false},
    {"dcos:adminrouter:ops:system-metrics:*", false, false},
    {"dcos:adminrouter:ops:system-metrics ", false, false},
    {"dcos:adminrouter:ops:system-metricss", false, false},
    {"DCOS:SUPERUSER", false, false},
    {"dcos:superuser:*", false, false},
    {"dcos:superuser ", false, false},
    {"dcos:mesos:*", false, false},
    // Bad wildcards, were they to come here all the same.
    {"dcos*", false, false},
    {"dcos:adminrouter:ops:system*", false, false},
    {"dcos:*:system-metrics", false, false},
    {"**", false, false},
    {"*:*", false, false},
    {"*:agent", false, false},
};

void each_permission_opens_what_it_says_and_no_more(void**) {
    for (const Case& row : cases) {
        check(permits_node(row.granted, Permission::system_metrics) == row.is_for_metrics &&
                  permits_node(row.granted, Permission::agent) == row.is_for_agent,
              row.granted);
    }
}

void a_route_scope_opens_that_route_alone_under_every_prefix(void**) {
    for (const Route& route : all_routes()) {
        FixedText<64> granted;
        assert_true(granted.assign("node-metrics-agent:route:") && granted.append(route.name));
        assert_null(permission_fault(granted.view()));
        for (const Route& other : all_routes()) {
            const bool is_same = std::string_view(route.name) == other.name;
            assert_int_equal(permits_route(granted.view(), other.name, "web"), is_same);
        }
    }
}

void a_container_scope_opens_that_container_alone(void**) {
    constexpr std::string_view granted = "node-metrics-agent:container:a:b/c";
    for (const std::string_view route : {"container", "app", "app_metric"}) {
        assert_true(permits_route(granted, route, "a:b/c"));
        assert_false(permits_route(granted, route, "a:b/"));
        assert_false(permits_route(granted, route, "a:b/cd"));
        assert_false(permits_route(granted, route, "A:b/c"));
        assert_false(permits_route(granted, route, ""));
    }
    for (const std::string_view route : {"index", "ping", "node", "containers"}) {
        assert_false(permits_route(granted, route, ""));
        assert_false(permits_route(granted, route, "a:b/c"));
    }
}

void a_scope_without_an_id_opens_no_container(void**) {
    assert_false(permits_route("node-metrics-agent:container:", "container", ""));
    assert_false(permits_route("node-metrics-agent:container:*", "container", "*"));
    assert_false(permits_route("node-metrics-agent:container:*", "container", "web"));
    assert_false(permits_route("node-metrics-agent:container:a b", "container", "a b"));
    assert_false(permits_route("node-metrics-agent:route:", "", ""));
    assert_false(permits_route("node-metrics-agent:*", "node", ""));
}

void what_does_not_exist_is_for_full_permissions_only(void**) {
    assert_true(permits_route("dcos:superuser", "", ""));
    assert_true(permits_route("dcos:adminrouter:*", "", ""));
    const AccessQuestion question = {somebody, Permission::agent, {}, {}};
    assert_true(permits("dcos:adminrouter:system:agent", question));
    assert_false(permits("dcos:adminrouter:ops:system-metrics", question));
    for (const Route& route : all_routes()) {
        FixedText<64> granted;
        assert_true(granted.assign("node-metrics-agent:route:") && granted.append(route.name));
        assert_false(permits_route(granted.view(), "", ""));
    }
    assert_false(permits_route("node-metrics-agent:container:web", "", "web"));
}

void what_nobody_can_have_meant_has_a_fault(void**) {
    for (const char* good :
         {"*", "dcos:*", "dcos:superuser", "dcos:mesos:master:task:user:root", "whatever",
          "node-metrics-agent:route:ping", "node-metrics-agent:container:caf\xc3\xa9"}) {
        check(permission_fault(good) == nullptr, good);
    }
    for (const char* bad :
         {"dcos:*:agent", "dcos*", "**", "*:", "*a", "dcos:adminrouter:system*",
          "node-metrics-agent:", "node-metrics-agent:*", "node-metrics-agent:route",
          "node-metrics-agent:route:", "node-metrics-agent:route:*",
          "node-metrics-agent:route:nodes", "node-metrics-agent:route:node ",
          "node-metrics-agent:container:", "node-metrics-agent:container:*",
          "node-metrics-agent:container:web*", "node-metrics-agent:container:a b",
          "node-metrics-agent:container:a\n", "node-metrics-agent:task:web"}) {
        check(permission_fault(bad) != nullptr, bad);
    }
}

// A list that a message repeats must be the list.
void the_cure_for_a_wrong_route_names_all_routes(void**) {
    const std::string_view cure = permission_fault("node-metrics-agent:route:nodes");
    for (const Route& route : all_routes())
        assert_true(cure.find(route.name) != cure.npos);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_permission_opens_what_it_says_and_no_more),
        cmocka_unit_test(a_route_scope_opens_that_route_alone_under_every_prefix),
        cmocka_unit_test(a_container_scope_opens_that_container_alone),
        cmocka_unit_test(a_scope_without_an_id_opens_no_container),
        cmocka_unit_test(what_does_not_exist_is_for_full_permissions_only),
        cmocka_unit_test(what_nobody_can_have_meant_has_a_fault),
        cmocka_unit_test(the_cure_for_a_wrong_route_names_all_routes),
    };
    return cmocka_run_group_tests_name("permission", tests, nullptr, nullptr);
}
