#include "cgroups/container_name.h"

#include <string>

#include "tests/unit/cgroups/container_paths.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

bool is_as_expected(const PathRow& row) {
    ContainerId id;
    Runtime runtime = Runtime::systemd;
    const bool is_container = container_of_path(row.path, {}, id, &runtime);
    if (row.id == nullptr) return !is_container && id.empty() && runtime == Runtime::systemd;
    return is_container && id.view() == row.id && runtime == row.runtime;
}

template <std::size_t N>
void check_rows(const PathRow (&rows)[N]) {
    bool is_right = true;
    for (const PathRow& row : rows) {
        if (is_as_expected(row)) continue;
        print_error("%s\n", row.path);
        is_right = false;
    }
    assert_true(is_right);
}

void containers_of_mesos_are_told_by_their_root(void**) {
    check_rows(mesos_rows);
}

void containers_of_docker_are_told_by_their_hash(void**) {
    check_rows(docker_rows);
}

void containers_of_podman_are_told_from_pods_and_conmon(void**) {
    check_rows(podman_rows);
}

void containers_of_kubernetes_are_told_from_their_pods(void**) {
    check_rows(kubernetes_rows);
}

void containers_of_lxc_are_told_from_their_monitors(void**) {
    check_rows(lxc_rows);
}

void machines_of_systemd_are_told_from_virtual_machines(void**) {
    check_rows(nspawn_rows);
}

void scopes_of_plain_runtimes_are_containers(void**) {
    check_rows(oci_rows);
}

void the_rest_of_a_machine_is_no_container(void**) {
    check_rows(other_rows);
}

bool is_name_of_lxc(std::size_t bytes) {
    ContainerId id;
    const std::string name(bytes, 'a');
    return container_of_path("lxc/" + name, {}, id) && id.view() == name;
}

void names_that_no_directory_can_have_are_no_ids(void**) {
    assert_true(is_name_of_lxc(limits::name_bytes_max));
    assert_false(is_name_of_lxc(limits::name_bytes_max + 1));
    assert_false(is_name_of_lxc(limits::path_bytes));
    ContainerId id;
    constexpr char nul_in_lxc[] = "lxc/a\0b";
    assert_false(container_of_path({nul_in_lxc, sizeof nul_in_lxc - 1}, {}, id));
    constexpr char nul_in_mesos[] = "mesos/a\0b";
    assert_false(container_of_path({nul_in_mesos, sizeof nul_in_mesos - 1}, {}, id));
    constexpr char nul_in_nspawn[] = "machine-a\0b.scope";
    assert_false(container_of_path({nul_in_nspawn, sizeof nul_in_nspawn - 1}, {}, id));
    assert_false(container_of_path("a.slice:runc:" + std::string(250, 'a'), {}, id));
}

void every_runtime_has_a_name(void**) {
    assert_string_equal(runtime_name(Runtime::mesos), "mesos");
    assert_string_equal(runtime_name(Runtime::podman), "podman");
    assert_string_equal(runtime_name(Runtime::cri), "cri");
    assert_string_equal(runtime_name(Runtime::nspawn), "nspawn");
    assert_string_equal(runtime_name(Runtime::systemd), "systemd");
}

void services_are_containers_only_on_request(void**) {
    ContainerId id;
    Runtime runtime = Runtime::oci;
    NamingRules rules;
    assert_false(container_of_path("system.slice/ssh.service", rules, id));
    rules.services = true;
    assert_true(container_of_path("system.slice/ssh.service", rules, id, &runtime));
    assert_string_equal(id.c_str(), "ssh.service");
    assert_true(runtime == Runtime::systemd);
    assert_false(container_of_path("system.slice/.service", rules, id));
    assert_false(container_of_path("system.slice", rules, id));
    assert_false(container_of_path("user.slice/user-0.slice/session-1.scope", rules, id));
    assert_true(container_of_path("machine.slice/systemd-nspawn@a.service", rules, id, &runtime));
    assert_string_equal(id.c_str(), "a");
    assert_true(runtime == Runtime::nspawn);
}

void the_root_of_mesos_is_a_setting(void**) {
    ContainerId id;
    NamingRules rules;
    rules.mesos_root = "/dcos/tasks/";
    assert_true(container_of_path("dcos/tasks/" UUID, rules, id));
    assert_true(container_of_path("dcos/tasks/" UUID "/mesos/" CHILD, rules, id));
    assert_string_equal(id.c_str(), CHILD);
    assert_true(container_of_path("docker/" HASH "/dcos/tasks/" UUID, rules, id));
    assert_false(container_of_path("dcos/tasks/" UUID "/mesos/" CHILD "/leaf", rules, id));
    assert_false(container_of_path("dcos/tasks/agent", rules, id));
    assert_false(container_of_path("dcos/tasks/slave", rules, id));
    assert_false(container_of_path("mydcos/tasks/" UUID, rules, id));
    assert_false(container_of_path("tasks/" UUID, rules, id));
    assert_false(container_of_path("mesos/" UUID, rules, id));
    rules.mesos_root = "";
    assert_false(container_of_path("anything", rules, id));
}

void runtimes_own_cgroup_is_told_from_the_containers(void**) {
    assert_true(is_runtime_of_container("/machine.slice/machine-a.scope/supervisor"));
    assert_true(is_runtime_of_container("/x/systemd-nspawn@a.service/supervisor"));
    assert_true(is_runtime_of_container("/lxc/web/monitor"));
    assert_false(is_runtime_of_container("/lxc.payload.web/monitor"));
    assert_false(is_runtime_of_container("/lxc/monitor"));
    assert_false(is_runtime_of_container("/lxc/web/payload"));
    assert_false(is_runtime_of_container("/machine.slice/machine-a.scope/payload"));
    assert_false(is_runtime_of_container("/machine.slice/machine-a.scope/payload/supervisor"));
    assert_false(is_runtime_of_container("/docker/supervisor"));
    assert_false(is_runtime_of_container("/docker/" HASH "/supervisor"));
    assert_false(is_runtime_of_container("/supervisor"));
    assert_false(is_runtime_of_container(""));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(containers_of_mesos_are_told_by_their_root),
        cmocka_unit_test(containers_of_docker_are_told_by_their_hash),
        cmocka_unit_test(containers_of_podman_are_told_from_pods_and_conmon),
        cmocka_unit_test(containers_of_kubernetes_are_told_from_their_pods),
        cmocka_unit_test(containers_of_lxc_are_told_from_their_monitors),
        cmocka_unit_test(machines_of_systemd_are_told_from_virtual_machines),
        cmocka_unit_test(scopes_of_plain_runtimes_are_containers),
        cmocka_unit_test(the_rest_of_a_machine_is_no_container),
        cmocka_unit_test(names_that_no_directory_can_have_are_no_ids),
        cmocka_unit_test(every_runtime_has_a_name),
        cmocka_unit_test(services_are_containers_only_on_request),
        cmocka_unit_test(the_root_of_mesos_is_a_setting),
        cmocka_unit_test(runtimes_own_cgroup_is_told_from_the_containers),
    };
    return cmocka_run_group_tests_name("cgroups.container_name", tests, nullptr, nullptr);
}
