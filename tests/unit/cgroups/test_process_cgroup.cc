#include "cgroups/process_cgroup.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// The only place of "child" is in "parent", by version 2.
constexpr PlaceCheck places = {
    nullptr, [](void*, std::string_view controllers, std::string_view path, std::string_view id) {
        return controllers.empty() && path == "/mesos/parent/mesos/child" && id == "child";
    }};

// "" when it is in none.
const char* container_of(std::string_view text, const PlaceCheck& check = places) {
    static ContainerId id;
    return container_of_process(text, NamingRules{}, check, id) ? id.c_str() : "";
}

void test_version_2_has_one_line(void**) {
    assert_string_equal(container_of("0::/system.slice/docker-" HASH ".scope\n"), HASH);
}

void test_version_1_takes_first_hierarchy_with_container(void**) {
    assert_string_equal(container_of("12:pids:/user.slice\n"
                                     "11:cpu,cpuacct:/mesos/one\n"
                                     "1:name=systemd:/mesos/two\n"
                                     "0::/\n"),
                        "one");
}

void test_cgroup_below_container_is_its(void**) {
    assert_string_equal(container_of("0::/docker/" HASH "/init.scope/deep/er\n"), HASH);
}

void test_nested_container_goes_before_its_parent(void**) {
    assert_string_equal(container_of("0::/mesos/parent/mesos/child\n"), "child");
    assert_string_equal(container_of("0::/mesos/parent/mesos/child/task\n"), "child");
}

void test_container_that_takes_anothers_name_is_itself(void**) {
    assert_string_equal(container_of("0::/mesos/evil/mesos/child\n"), "evil");
    assert_string_equal(container_of("0::/mesos/parent/mesos/child/docker/" HASH "\n"), "child");
    assert_string_equal(container_of("1:cpu:/mesos/parent/mesos/child\n"), "parent");
    assert_string_equal(container_of("1:cpu:/mesos/evil/mesos/child\n0::/mesos/evil/mesos/child\n"),
                        "evil");
}

void test_nested_container_is_confirmed_by_any_hierarchy(void**) {
    assert_string_equal(container_of("9:pids:/mesos/parent/mesos/child\n"
                                     "4:memory:/mesos/parent/mesos/child\n"
                                     "0::/mesos/parent/mesos/child\n"),
                        "child");
    assert_string_equal(container_of("9:pids:/mesos/parent/mesos/other\n0::/mesos/parent\n"),
                        "parent");
}

void test_without_check_the_outermost_counts(void**) {
    assert_string_equal(container_of("0::/mesos/a/mesos/b/mesos/c\n", {}), "a");
}

void test_path_from_cgroup_namespace_is_read(void**) {
    assert_string_equal(container_of("0::/../../docker/" HASH "\n"), HASH);
}

void test_colon_in_path_stays(void**) {
    assert_string_equal(container_of("0::/lxc.payload.a:b\n"), "a:b");
}

void test_process_of_host_is_in_none(void**) {
    assert_string_equal(container_of("0::/user.slice/user-0.slice/session-1.scope\n"), "");
    assert_string_equal(container_of("0::/\n"), "");
    assert_string_equal(container_of(""), "");
}

void test_runtime_of_container_is_in_none(void**) {
    assert_string_equal(container_of("0::/machine.slice/machine-a.scope/supervisor\n"), "");
    assert_string_equal(container_of("0::/machine.slice/machine-a.scope/payload\n"), "a");
}

void test_malformed_lines_are_passed_over(void**) {
    assert_string_equal(container_of("docker/" HASH "\n1:\n::\nx:y:\n0::docker/" HASH "\n"), "");
    assert_string_equal(container_of("garbage\n0::/mesos/one\n"), "one");
}

void test_every_prefix_is_read_safely(void**) {
    constexpr std::string_view text =
        "0::/mesos/parent/mesos/child\n11:cpu:/docker/" HASH "/payload\n";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const std::string_view id = container_of(text.substr(0, i));
        assert_true(id.empty() || id == "child");
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_version_2_has_one_line),
        cmocka_unit_test(test_version_1_takes_first_hierarchy_with_container),
        cmocka_unit_test(test_cgroup_below_container_is_its),
        cmocka_unit_test(test_nested_container_goes_before_its_parent),
        cmocka_unit_test(test_container_that_takes_anothers_name_is_itself),
        cmocka_unit_test(test_nested_container_is_confirmed_by_any_hierarchy),
        cmocka_unit_test(test_without_check_the_outermost_counts),
        cmocka_unit_test(test_path_from_cgroup_namespace_is_read),
        cmocka_unit_test(test_colon_in_path_stays),
        cmocka_unit_test(test_process_of_host_is_in_none),
        cmocka_unit_test(test_runtime_of_container_is_in_none),
        cmocka_unit_test(test_malformed_lines_are_passed_over),
        cmocka_unit_test(test_every_prefix_is_read_safely),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
