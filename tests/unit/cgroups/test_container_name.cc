#include "cgroups/container_name.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UUID "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60"
#define CHILD "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define POD "pod4f0c8a7e-1d2c-4b3a-9f8e-7d6c5b4a3f2e"
#define POD_UNIT "pod4f0c8a7e_1d2c_4b3a_9f8e_7d6c5b4a3f2e"

struct Row {
    const char* path;
    const char* id;  // null: no container
};

constexpr Row rows[] = {
    // Mesos, version 1 and 2
    {"mesos/" UUID, UUID},
    {"/mesos/" UUID, UUID},
    {"system.slice/mesos/" UUID, UUID},
    {"mesos/" UUID "/mesos", nullptr},
    {"mesos/" UUID "/mesos/" CHILD, CHILD},
    {"mesos/" UUID "/mesos/" CHILD "/mesos/check-1", "check-1"},
    {"mesos/" UUID "/leaf", nullptr},
    {"mesos/" UUID "/mesos/" CHILD "/leaf", nullptr},
    {"mesos/agent", nullptr},
    {"mesos/agent/leaf", nullptr},
    {"mesos", nullptr},
    {"mesos/" UUID "/anything", nullptr},
    {"mesosphere/" UUID, nullptr},
    {"mesos_executors.slice", nullptr},
    // Docker
    {"docker", nullptr},
    {"docker/" HASH, HASH},
    {"docker/" HASH "/init.scope", nullptr},
    {"docker/" HASH "/docker/" HASH, HASH},
    {"system.slice/docker-" HASH ".scope", HASH},
    {"user.slice/user-1000.slice/user@1000.service/user.slice/docker-" HASH ".scope", HASH},
    {"docker/buildkit", nullptr},
    {"docker/" UUID, nullptr},
    {"system.slice/docker.service", nullptr},
    {"system.slice/docker-" HASH "0.scope", nullptr},
    {"system.slice/docker-.scope", nullptr},
    {"docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", nullptr},
    {"docker/0123456789abcdef", nullptr},
    // podman
    {"libpod_parent", nullptr},
    {"libpod_parent/libpod-" HASH, HASH},
    {"libpod_parent/conmon", nullptr},
    {"libpod_parent/libpod-conmon-" HASH, nullptr},
    {"machine.slice/libpod-" HASH ".scope", HASH},
    {"machine.slice/libpod-" HASH ".scope/container", nullptr},
    {"machine.slice/libpod-conmon-" HASH ".scope", nullptr},
    {"user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HASH ".scope", HASH},
    {"machine.slice/machine-libpod_pod_" HASH ".slice", nullptr},
    {"machine.slice/machine-libpod_pod_" HASH ".slice/libpod-" HASH ".scope", HASH},
    // containerd and CRI-O under Kubernetes
    {"kubepods.slice", nullptr},
    {"kubepods.slice/kubepods-besteffort.slice", nullptr},
    {"kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-" POD_UNIT ".slice", nullptr},
    {"kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-" POD_UNIT
     ".slice/cri-containerd-" HASH ".scope",
     HASH},
    {"kubepods.slice/kubepods-" POD_UNIT ".slice/cri-containerd-" HASH ".scope", HASH},
    {"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD_UNIT ".slice/crio-" HASH
     ".scope",
     HASH},
    {"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD_UNIT ".slice/crio-" HASH
     ".scope/container",
     nullptr},
    {"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD_UNIT
     ".slice/crio-conmon-" HASH ".scope",
     nullptr},
    {"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD_UNIT ".slice/docker-" HASH
     ".scope",
     HASH},
    {"kubepods/" POD, nullptr},
    {"kubepods/" POD "/" HASH, HASH},
    {"kubepods/burstable/" POD "/" HASH, HASH},
    {"kubepods/besteffort/" POD "/crio-" HASH, HASH},
    {"kubepods/besteffort/" POD "/" HASH "/init.scope", nullptr},
    {"kubelet/kubepods/burstable/" POD "/" HASH, HASH},
    {"podman/" HASH, nullptr},
    {"system.slice/containerd.service", nullptr},
    {"system.slice/containerd.service/kubepods-burstable-" POD_UNIT ".slice:cri-containerd:" HASH,
     nullptr},
    // LXC
    {"lxc", nullptr},
    {"lxc/web", "web"},
    {"lxc/web/init.scope", nullptr},
    {"lxc.payload.web", "web"},
    {"lxc.payload/web", "web"},
    {"lxc.payload.web.1/system.slice", nullptr},
    {"lxc.payload.", nullptr},
    {"lxc.monitor.web", nullptr},
    {"lxc.monitor/web", nullptr},
    {"lxc.payload.web/docker/" HASH, HASH},
    // systemd-nspawn
    {"machine.slice", nullptr},
    {"machine.slice/machine-web.scope", "web"},
    {"machine.slice/machine-web\\x2d1.scope", "web-1"},
    {"machine.slice/machine-a\\x2fb.scope", "a\\x2fb"},
    {"machine.slice/machine-\\x2e\\x2e.scope", nullptr},
    {"machine.slice/machine-web.scope/payload", nullptr},
    {"machine.slice/systemd-nspawn@web.service", "web"},
    {"machine.slice/systemd-nspawn@web\\x2d1.service", "web-1"},
    {"machine.slice/systemd-nspawn@web.service/supervisor", nullptr},
    {"machine.slice/systemd-nspawn@.service", nullptr},
    // The rest of a machine
    {"", nullptr},
    {"/", nullptr},
    {"init.scope", nullptr},
    {"system.slice/ssh.service", nullptr},
    {"user.slice/user-0.slice/session-1.scope", nullptr},
    {"dev-hugepages.mount", nullptr},
};

void paths_give_the_ids_that_runtimes_use(void**) {
    for (const Row& row : rows) {
        ContainerId id;
        const bool is_container = container_of_path(row.path, {}, id);
        if (is_container != (row.id != nullptr)) print_error("%s\n", row.path);
        assert_int_equal(is_container, row.id != nullptr);
        if (is_container) assert_string_equal(id.c_str(), row.id);
    }
    static_assert(std::size(rows) >= 60);
}

void services_are_containers_only_on_request(void**) {
    ContainerId id;
    NamingRules rules;
    assert_false(container_of_path("system.slice/ssh.service", rules, id));
    rules.services = true;
    assert_true(container_of_path("system.slice/ssh.service", rules, id));
    assert_string_equal(id.c_str(), "ssh.service");
    assert_false(container_of_path("system.slice/.service", rules, id));
}

void the_root_of_mesos_is_a_setting(void**) {
    ContainerId id;
    NamingRules rules;
    rules.mesos_root = "/dcos/tasks/";
    assert_true(container_of_path("dcos/tasks/" UUID, rules, id));
    assert_true(container_of_path("dcos/tasks/" UUID "/mesos/" CHILD, rules, id));
    assert_string_equal(id.c_str(), CHILD);
    assert_false(container_of_path("tasks/" UUID, rules, id));
    assert_false(container_of_path("mesos/" UUID, rules, id));
    rules.mesos_root = "";
    assert_false(container_of_path("anything", rules, id));
}

void runtimes_own_cgroup_is_told_from_the_containers(void**) {
    assert_true(is_runtime_of_container("/machine.slice/machine-a.scope/supervisor"));
    assert_true(is_runtime_of_container("/x/systemd-nspawn@a.service/supervisor"));
    assert_false(is_runtime_of_container("/machine.slice/machine-a.scope/payload"));
    assert_false(is_runtime_of_container("/machine.slice/machine-a.scope/payload/supervisor"));
    assert_false(is_runtime_of_container("/docker/supervisor"));
    assert_false(is_runtime_of_container("/supervisor"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(paths_give_the_ids_that_runtimes_use),
                                cmocka_unit_test(services_are_containers_only_on_request),
                                cmocka_unit_test(the_root_of_mesos_is_a_setting),
                                cmocka_unit_test(runtimes_own_cgroup_is_told_from_the_containers)};
    return cmocka_run_group_tests_name("cgroups.container_name", tests, nullptr, nullptr);
}
