// What runtimes' files say shows in the snapshot, from the first tick on, or as soon as it is
// there.
#include "cgroups/container_names.h"

#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static ContainerBed bed;

constexpr const char* v2_mount[] = {""};
constexpr const char* config_path = "var/lib/docker/containers/" ID "/config.v2.json";

void write_config(const char* name) {
    tree_write(bed.tree, config_path,
               std::string("{\"ID\":\"" ID "\",\"Name\":\"/") + name +
                   "\",\"Config\":{\"Image\":\"nginx:1\",\"Labels\":{\"a\":\"b\"}}}");
}

void write_probes(const char* usage_usec) {
    tree_write(bed.tree, "sys/fs/cgroup/unified/docker/" ID "/cpu.stat",
               std::string("usage_usec ") + usage_usec + "\nuser_usec 1\nsystem_usec 1\n");
}

void start() {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, v2_mount, 1);
    tree_write(bed.tree, "sys/fs/cgroup/unified/docker/" ID "/cgroup.procs", "1\n");
    tree_write(bed.tree, "sys/fs/cgroup/unified/docker/" ID "/pids.current", "1\n");
    write_probes("5");
    container_bed_start(bed);
}

const ContainerEntry& entry_of(const char* id) {
    const ContainerEntry* entry = bed.snapshot.find_container(id);
    assert_non_null(entry);
    return *entry;
}

Reason name_reason(const ContainerEntry& entry) {
    for (const MissingGroup& group : bed.snapshot.missing_of(entry)) {
        if (std::string_view(group.group) == "name") return group.reason;
    }
    return Reason::none;
}

void the_first_tick_has_name_image_labels_and_their_source(void**) {
    start();
    write_config("web");
    container_bed_tick(bed);
    const ContainerTexts texts = bed.snapshot.texts_of(entry_of(ID));
    assert_true(texts.name == "web");
    assert_true(texts.image == "nginx:1");
    assert_true(texts.labels == std::string_view("a\0b\0", 4));
    assert_string_equal(texts.name_source, "docker");
    assert_string_equal(texts.runtime, "docker");
    assert_true(name_reason(entry_of(ID)) == Reason::none);
    container_bed_remove(bed);
}

void a_name_stays_while_the_container_rests_and_after_its_end(void**) {
    start();
    write_config("web");
    for (int i = 0; i < 4; ++i)
        container_bed_tick(bed);
    assert_true(bed.snapshot.texts_of(entry_of(ID)).name == "web");
    tree_delete(bed.tree, "sys/fs/cgroup/unified/docker/" ID);
    container_bed_tick(bed);
    assert_true(entry_of(ID).is_exited());
    assert_true(bed.snapshot.texts_of(entry_of(ID)).name == "web");
    container_bed_remove(bed);
}

void a_file_that_comes_late_is_found_and_until_then_the_reason_is_told(void**) {
    start();
    container_bed_tick(bed);
    container_bed_tick(bed);
    assert_true(name_reason(entry_of(ID)) == Reason::not_available);
    write_config("late");
    container_bed_tick(bed);
    assert_true(bed.snapshot.texts_of(entry_of(ID)).name == "late");
    assert_true(name_reason(entry_of(ID)) == Reason::none);
    container_bed_remove(bed);
}

void a_container_that_mesos_gave_to_docker_is_listed_as_mesos_calls_it(void**) {
    start();
    write_config("mesos-5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60 ");
    assert_null(bed.snapshot.find_container(ID));
    tree_delete(bed.tree, "sys/fs/cgroup/unified/docker/" ID);
    container_bed_tick(bed);
    assert_string_equal(container_bed_exited(bed), "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60 ");
    container_bed_remove(bed);
}

void a_file_that_may_not_be_read_is_a_missing_permission(void**) {
    start();
    write_config("secret");
    tree_chmod(bed.tree, config_path, 0);
    if (!become_nobody()) skip();
    container_bed_tick(bed);
    become_root_again();
    assert_true(name_reason(entry_of(ID)) == Reason::no_permission);
    container_bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_first_tick_has_name_image_labels_and_their_source),
        cmocka_unit_test(a_name_stays_while_the_container_rests_and_after_its_end),
        cmocka_unit_test(a_file_that_comes_late_is_found_and_until_then_the_reason_is_told),
        cmocka_unit_test(a_container_that_mesos_gave_to_docker_is_listed_as_mesos_calls_it),
        cmocka_unit_test(a_file_that_may_not_be_read_is_a_missing_permission),
    };
    return cmocka_run_group_tests_name("container_names", tests, nullptr, nullptr);
}
