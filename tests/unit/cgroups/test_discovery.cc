#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

static ContainerBed bed;

constexpr const char* v1_mounts[] = {"memory", "pids"};
constexpr const char* v2_mounts[] = {""};
constexpr const char* hybrid_mounts[] = {"memory", "pids", "cpu,cpuacct", "blkio", ""};

void make(std::span<const char* const> mounts) {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, mounts.data(), mounts.size());
    for (const char* mount : mounts) {
        const std::string name = *mount == '\0' ? "unified" : mount;
        tree_mkdir(bed.tree, ("sys/fs/cgroup/" + name).c_str());
    }
}

void add(const char* hierarchy, const std::string& path, const char* pids = "1\n") {
    const std::string directory = std::string("sys/fs/cgroup/") + hierarchy + "/" + path;
    tree_write(bed.tree, (directory + "/cgroup.procs").c_str(), pids);
}

void drop(const char* hierarchy, const std::string& path) {
    tree_delete(bed.tree, (std::string("sys/fs/cgroup/") + hierarchy + "/" + path).c_str());
}

bool has_line(const char* line) {
    return strstr(container_bed_dump(bed), line) != nullptr;
}

void a_machine_without_cgroups_has_no_containers(void**) {
    container_bed_make(bed);
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "");
    container_bed_remove(bed);
}

void one_id_in_many_hierarchies_is_one_container(void**) {
    make(v1_mounts);
    for (const char* mount : v1_mounts) {
        add(mount, "lxc/b");
        add(mount, "lxc/a");
    }
    add("memory", "lxc/only-memory");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "a b only-memory ");
    container_bed_remove(bed);
}

void a_hybrid_host_is_read_where_its_controllers_are(void**) {
    make(hybrid_mounts);
    for (const char* mount : {"memory", "pids", "unified"})
        add(mount, "lxc/a");
    tree_write(bed.tree, "sys/fs/cgroup/memory/lxc/a/memory.usage_in_bytes", "42\n");
    tree_write(bed.tree, "sys/fs/cgroup/unified/lxc/a/memory.current", "43\n");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_true(has_line("a mem.total_bytes 42\n"));
    assert_false(has_line("43"));
    container_bed_remove(bed);
}

void containers_come_and_go_with_the_next_reading(void**) {
    make(v2_mounts);
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "");
    add("unified", "mesos/one/leaf");
    add("unified", "mesos/one");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "one ");
    add("unified", "mesos/one/mesos/two");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "one two ");
    drop("unified", "mesos/one/mesos");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "one ");
    drop("unified", "mesos");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "");
    container_bed_remove(bed);
}

void a_reused_id_has_another_inode(void**) {
    make(v2_mounts);
    add("unified", "lxc/a");
    container_bed_start(bed);
    container_bed_tick(bed);
    const std::uint64_t inode = bed.snapshot.find_container("a")->inode;
    assert_true(inode != 0);
    tree_mkdir(bed.tree, "sys/fs/cgroup/unified/other");  // so that the number is not reused
    drop("unified", "lxc/a");
    tree_mkdir(bed.tree, "sys/fs/cgroup/unified/another");
    add("unified", "lxc/a");
    container_bed_tick(bed);
    assert_true(bed.snapshot.find_container("a")->inode != inode);
    container_bed_remove(bed);
}

void processes_of_descendants_count_but_not_those_of_nested_containers(void**) {
    make(v2_mounts);
    add("unified", "mesos/one", "");
    add("unified", "mesos/one/leaf", "1\n2\n");
    add("unified", "mesos/one/deep/er", "3\n");
    add("unified", "mesos/one/mesos/two", "");
    add("unified", "mesos/one/mesos/two/leaf", "4\n");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_true(has_line("one container.processes 3\n"));
    assert_true(has_line("two container.processes 1\n"));
    container_bed_remove(bed);
}

void pods_and_monitors_are_not_counted(void**) {
    const std::string pod = "machine.slice/machine-libpod_pod_" + std::string(64, '0') + ".slice";
    const std::string infra(64, 'a');
    const std::string web(64, 'b');
    make(v2_mounts);
    add("unified", pod, "");
    add("unified", pod + "/libpod-" + infra + ".scope/container", "1\n");
    add("unified", pod + "/libpod-" + web + ".scope/container", "2\n3\n");
    add("unified", pod + "/libpod-conmon-" + web + ".scope", "4\n");
    add("unified", "lxc/c/payload", "5\n");
    add("unified", "lxc/c/monitor", "6\n");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), (infra + " " + web + " c ").c_str());
    assert_true(has_line((web + " container.processes 2\n").c_str()));
    assert_true(has_line("c container.processes 1\n"));
    container_bed_remove(bed);
}

void nested_containers_of_one_name_are_told_apart(void**) {
    make(v2_mounts);
    add("unified", "mesos/one");
    add("unified", "mesos/one/mesos/check");
    add("unified", "mesos/two");
    add("unified", "mesos/two/mesos/check");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_true(bed.snapshot.containers.size() == 4);
    assert_non_null(bed.snapshot.find_container("check"));
    container_bed_remove(bed);
}

void containers_without_room_are_counted(void**) {
    make(v1_mounts);
    for (int i = 0; i < 5; ++i) {
        for (const char* mount : v1_mounts)
            add(mount, "lxc/c" + std::to_string(i));
    }
    container_bed_start(bed, 3);
    container_bed_tick(bed);
    assert_true(bed.snapshot.containers.size() == 3);
    assert_true(bed.snapshot.container_overflow_count == 2);
    container_bed_remove(bed);
}

void two_thousand_containers_are_read(void**) {
    make(v2_mounts);
    for (int i = 0; i < 2000; ++i)
        add("unified", "lxc/c" + std::to_string(i));
    container_bed_start(bed, 2000);
    container_bed_tick(bed);
    assert_true(bed.snapshot.containers.size() == 2000);
    assert_true(bed.snapshot.container_overflow_count == 0);
    container_bed_remove(bed);
}

void links_and_odd_names_do_no_harm(void**) {
    make(v2_mounts);
    add("unified", "lxc/\xff\xfe\n\x01");
    add("unified", "lxc/" + std::string(255, 'n'));
    tree_symlink(bed.tree, "..", "sys/fs/cgroup/unified/lxc/link");
    tree_symlink(bed.tree, ".", "sys/fs/cgroup/unified/docker");
    std::string deep = "lxc/deep";
    for (int i = 0; i < 60; ++i)
        deep += "/d";
    add("unified", deep);
    add("unified", "lxc/deep");
    container_bed_start(bed);
    container_bed_tick(bed);
    assert_true(bed.snapshot.containers.size() == 3);
    container_bed_remove(bed);
}

void services_show_on_request(void**) {
    make(v2_mounts);
    add("unified", "system.slice/ssh.service");
    DiscoveryOptions options;
    options.services = true;
    container_bed_start(bed, 16, options);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "ssh.service ");
    container_bed_remove(bed);
}

// The last one: a limit cannot be raised again by everybody.
void without_descriptors_paths_do(void**) {
    const rlimit few = {600, 600};
    make(v1_mounts);
    for (int i = 0; i < 200; ++i) {
        for (const char* mount : v1_mounts)
            add(mount, "lxc/c" + std::to_string(i), "1\n2\n");
    }
    tree_write(bed.tree, "sys/fs/cgroup/memory/lxc/c199/memory.failcnt", "77\n");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    container_bed_start(bed, 256);
    container_bed_tick(bed);
    assert_true(bed.snapshot.containers.size() == 200);
    for (const ContainerEntry& entry : bed.snapshot.containers) {
        const std::string line =
            std::string(bed.snapshot.text(entry.id)) + " container.processes 2\n";
        assert_true(has_line(line.c_str()));
    }
    assert_true(has_line("c199 mem.limit_failures 77\n"));
    container_bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_without_cgroups_has_no_containers),
        cmocka_unit_test(one_id_in_many_hierarchies_is_one_container),
        cmocka_unit_test(a_hybrid_host_is_read_where_its_controllers_are),
        cmocka_unit_test(containers_come_and_go_with_the_next_reading),
        cmocka_unit_test(a_reused_id_has_another_inode),
        cmocka_unit_test(processes_of_descendants_count_but_not_those_of_nested_containers),
        cmocka_unit_test(pods_and_monitors_are_not_counted),
        cmocka_unit_test(nested_containers_of_one_name_are_told_apart),
        cmocka_unit_test(containers_without_room_are_counted),
        cmocka_unit_test(two_thousand_containers_are_read),
        cmocka_unit_test(links_and_odd_names_do_no_harm),
        cmocka_unit_test(services_show_on_request),
        cmocka_unit_test(without_descriptors_paths_do),
    };
    return cmocka_run_group_tests_name("cgroups.discovery", tests, nullptr, nullptr);
}
