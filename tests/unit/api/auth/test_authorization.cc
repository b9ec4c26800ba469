#include "api/auth/authorization.h"

#include <cstring>

#include "api/auth/authorizer.h"
#include "platform/linux/clock.h"
#include "tests/support/authorizer_stand_in.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;
Arena arena;
EventLoop loop;
StandIn stand_in;
Authorization authorization;
AuthorizationOptions options;
AuthError error;
std::uint64_t stop_at_ns;

int make_bed(void**) {
    tree_make(tree);
    authorization = Authorization{};
    options = AuthorizationOptions{};
    error.clear();
    Arena measure;
    authorization.init(measure);
    if (!arena.map(measure.used_bytes()) || loop.open() != Status::ok) return -1;
    authorization.init(arena);
    stand_in_make(stand_in, tree, loop);
    return 0;
}

int remove_bed(void**) {
    (void)authorization.load(AuthorizationOptions{}, error);
    stand_in_remove(stand_in);
    loop.close();
    arena.unmap();
    tree_remove(tree);
    return 0;
}

void use_acl(std::string_view text) {
    tree_write(tree, "acl.json", text);
    assert_true(options.acl.assign(tree.path.view()) && options.acl.append("/acl.json"));
    assert_string_equal(status_name(authorization.load(options, error)), "ok");
}

int time_left(void*) {
    return stop_at_ns <= boottime_ns() ? 0 : 1;
}
void stop_in_time(void*) {
    if (boottime_ns() >= stop_at_ns) loop.stop();
}
void ignore(void*, std::uint32_t) {}

void use_socket() {
    assert_true(options.socket.assign(tree.path.view()) &&
                options.socket.append("/authorizer.sock"));
    assert_string_equal(status_name(authorization.load(options, error)), "ok");
    assert_true(authorization.attach(loop, {ignore, nullptr}));
    assert_true(loop.add_hook({time_left, stop_in_time, nullptr}) == Status::ok);
}

void run_ms(std::uint64_t ms) {
    stop_at_ns = boottime_ns() + ms * 1'000'000;
    loop.run();
}

Verdict decide(std::string_view uid, std::string_view route = "node", std::string_view id = {}) {
    const Identity identity = {.uid = uid};
    return authorization.decide({identity, Permission::system_metrics, route, id});
}

Verdict decide_with(std::span<const std::string_view> own, std::string_view route = "node",
                    std::string_view id = {}) {
    const Identity identity = {.uid = "al", .has_own_permissions = true, .permissions = own};
    return authorization.decide({identity, Permission::system_metrics, route, id});
}

// Asks once, lets the loop run, and asks again.
Verdict decide_in_time(std::string_view uid, std::string_view route = "node") {
    Verdict verdict = decide(uid, route);
    for (int i = 0; i < 1000 && verdict == Verdict::pending; ++i) {
        run_ms(1);
        verdict = decide(uid, route);
    }
    return verdict;
}

void nobody_may_anything_by_default(void**) {
    assert_true(decide("root") == Verdict::deny);
    assert_string_equal(status_name(authorization.load(options, error)), "ok");
    assert_true(decide("root") == Verdict::deny);
    assert_true(decide("") == Verdict::deny);
    assert_true(authorization.attach(loop, {ignore, nullptr}));
    assert_true(decide("root") == Verdict::deny);
}

void own_permissions_alone_decide(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"], \"*\": [\"*\"]}");
    constexpr std::string_view ping[] = {"node-metrics-agent:route:ping"};
    constexpr std::string_view full[] = {"other", "dcos:adminrouter:ops:system-metrics"};
    constexpr std::string_view web[] = {"node-metrics-agent:container:web"};
    assert_true(decide("al") == Verdict::allow);
    assert_true(decide_with({}) == Verdict::deny);
    assert_true(decide_with(ping) == Verdict::deny);
    assert_true(decide_with(ping, "ping") == Verdict::allow);
    assert_true(decide_with(full) == Verdict::allow);
    assert_true(decide_with(web, "container", "web") == Verdict::allow);
    assert_true(decide_with(web, "container", "db") == Verdict::deny);
    assert_true(decide_with(web, "") == Verdict::deny);
}

void an_acl_is_replaced_by_the_next(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"]}");
    assert_true(decide("al") == Verdict::allow);
    use_acl("{\"bo\": [\"dcos:superuser\"]}");
    assert_true(decide("al") == Verdict::deny);
    assert_true(decide("bo") == Verdict::allow);
    assert_string_equal(status_name(authorization.load(AuthorizationOptions{}, error)), "ok");
    assert_true(decide("bo") == Verdict::deny);
}

void a_broken_acl_keeps_the_one_before_and_says_so(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"]}");
    tree_write(tree, "acl.json", "{\"bo\": [\"dcos:superuser\"]");
    assert_string_equal(status_name(authorization.load(options, error)), "malformed");
    assert_true(error.view().starts_with(options.acl.view()));
    assert_true(decide("al") == Verdict::allow);
    assert_true(decide("bo") == Verdict::deny);
    tree_delete(tree, "acl.json");
    assert_string_equal(status_name(authorization.load(options, error)), "absent");
    assert_true(decide("al") == Verdict::allow);
}

void an_acl_that_others_may_write_is_refused(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"]}");
    tree_write(tree, "acl.json", "{\"bo\": [\"dcos:superuser\"]}");
    tree_chmod(tree, "acl.json", 0646);
    assert_string_equal(status_name(authorization.load(options, error)), "denied");
    assert_non_null(strstr(error.c_str(), "chmod o-w"));
    assert_true(decide("bo") == Verdict::deny);
    assert_true(decide("al") == Verdict::allow);
}

void a_good_acl_is_not_taken_with_bad_options_of_another(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"]}");
    tree_write(tree, "acl.json", "{\"bo\": [\"dcos:superuser\"]}");
    AuthorizationOptions bad = options;
    assert_true(bad.socket.assign("authorizer.sock"));
    assert_string_equal(status_name(authorization.load(bad, error)), "malformed");
    assert_string_equal(error.c_str(), "the external authorizer's socket must be an absolute path");
    bad = options;
    bad.timeout_ms = 0;
    assert_string_equal(status_name(authorization.load(bad, error)), "malformed");
    bad = options;
    bad.cache_s = 0;
    assert_string_equal(status_name(authorization.load(bad, error)), "malformed");
    assert_true(decide("al") == Verdict::allow);
    assert_true(decide("bo") == Verdict::deny);
}

void the_external_one_is_asked_only_when_the_acl_does_not_allow(void**) {
    use_acl("{\"al\": [\"dcos:superuser\"], \"side\": [\"node-metrics-agent:route:ping\"]}");
    use_socket();
    assert_true(decide("al") == Verdict::allow);
    assert_true(decide("side", "ping") == Verdict::allow);
    assert_true(decide_with({}) == Verdict::deny);
    run_ms(5);
    assert_int_equal(stand_in.question_count, 0);
    assert_true(decide_in_time("bo") == Verdict::allow);
    assert_string_equal(stand_in.question.c_str(), "bo dcos:adminrouter:ops:system-metrics\n");
    // Also what does not exist: it is the prefix's permission that counts, and nothing else.
    assert_true(decide("bo", "") == Verdict::allow);
    assert_true(decide("bo", "container") == Verdict::allow);
    assert_int_equal(stand_in.question_count, 1);
}

void what_the_external_one_denies_is_denied(void**) {
    use_socket();
    stand_in.answer = "deny\n";
    assert_true(decide("bo") == Verdict::pending);
    assert_true(decide_in_time("bo") == Verdict::deny);
}

void a_load_forgets_what_the_external_one_said(void**) {
    use_socket();
    assert_true(decide_in_time("bo") == Verdict::allow);
    stand_in.answer = "deny\n";
    assert_true(decide("bo") == Verdict::allow);
    assert_string_equal(status_name(authorization.load(options, error)), "ok");
    assert_true(decide_in_time("bo") == Verdict::deny);
}

void authorizers_are_told_apart_and_each_decides(void**) {
    assert_int_equal(all_authorizers().size(), 3);
    for (const Authorizer& authorizer : all_authorizers()) {
        assert_non_null(authorizer.decide);
        for (const Authorizer& other : all_authorizers())
            assert_int_equal(strcmp(authorizer.name, other.name) == 0, &authorizer == &other);
    }
}

void permissions_have_the_names_of_the_contract(void**) {
    assert_string_equal(permission_name(Permission::system_metrics),
                        "dcos:adminrouter:ops:system-metrics");
    assert_string_equal(permission_name(Permission::agent), "dcos:adminrouter:system:agent");
}

}  // namespace

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, make_bed, remove_bed)

int main() {
    const CMUnitTest tests[] = {
        WITH_BED(nobody_may_anything_by_default),
        WITH_BED(own_permissions_alone_decide),
        WITH_BED(an_acl_is_replaced_by_the_next),
        WITH_BED(a_broken_acl_keeps_the_one_before_and_says_so),
        WITH_BED(an_acl_that_others_may_write_is_refused),
        WITH_BED(a_good_acl_is_not_taken_with_bad_options_of_another),
        WITH_BED(the_external_one_is_asked_only_when_the_acl_does_not_allow),
        WITH_BED(what_the_external_one_denies_is_denied),
        WITH_BED(a_load_forgets_what_the_external_one_said),
        cmocka_unit_test(authorizers_are_told_apart_and_each_decides),
        cmocka_unit_test(permissions_have_the_names_of_the_contract),
    };
    return cmocka_run_group_tests_name("authorization", tests, nullptr, nullptr);
}
