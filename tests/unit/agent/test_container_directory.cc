#include "agent/container_directory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/sample_snapshot.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

struct Bed {
    Arena arena;
    SampleSnapshot sample;
    Tree tree;
    HostRoot root;
    ContainerDirectory directory;
    ContainerQuestions questions;
};
Bed bed;

std::uint64_t inode_of(const char* path) {
    char whole[600];
    struct stat info = {};
    snprintf(whole, sizeof whole, "%s/%s", bed.tree.path.c_str(), path);
    assert_int_equal(stat(whole, &info), 0);
    return info.st_ino;
}

void add_container(const char* id, std::uint64_t inode, bool has_exited = false) {
    assert_true(bed.sample.writer.begin_container(id, inode));
    if (has_exited) bed.sample.writer.mark_exited(1);
    bed.sample.writer.end_container();
}

// "parent" and its nested "child", "cpu-child" of version 1, and "gone", which ended.
int make(void**) {
    bed = {};
    tree_make(bed.tree);
    tree_mkdir(bed.tree, "sys/fs/cgroup/mesos/parent/mesos/child");
    tree_mkdir(bed.tree, "sys/fs/cgroup/mesos/evil/mesos/child");
    tree_mkdir(bed.tree, "sys/fs/cgroup/cpu/mesos/parent/mesos/cpu-child");
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    sample_make(bed.sample, 8);
    bed.sample.writer.start(bed.sample.snapshot, 1, {});
    bed.sample.writer.end_node();
    add_container("child", inode_of("sys/fs/cgroup/mesos/parent/mesos/child"));
    add_container("cpu-child", inode_of("sys/fs/cgroup/cpu/mesos/parent/mesos/cpu-child"));
    add_container("parent", inode_of("sys/fs/cgroup/mesos/parent"));
    add_container("gone", 7, true);
    Arena measuring;
    bed.directory.init(measuring, 8);
    assert_true(bed.arena.map(measuring.used_bytes()));
    bed.directory.init(bed.arena, 8);
    bed.directory.start(bed.root, NamingRules{}, nullptr);
    bed.questions = bed.directory.questions();
    return 0;
}

int unmake(void**) {
    bed.root.close();
    bed.sample.arena.unmap();
    bed.arena.unmap();
    tree_remove(bed.tree);
    return 0;
}

const char* container_of(std::string_view cgroup_text) {
    static ContainerIdText id;
    return bed.questions.container_of(bed.questions.context, cgroup_text, id) ? id.c_str() : "";
}

bool exists(std::string_view id) {
    return bed.questions.exists(bed.questions.context, id);
}

void before_the_first_reading_nobody_exists(void**) {
    ContainerIdText id;
    assert_false(exists("parent"));
    assert_false(bed.questions.by_inode(bed.questions.context, 7, id));
    assert_null(bed.directory.find("parent"));
}

void containers_of_the_reading_exist_until_they_end(void**) {
    bed.directory.publish(bed.sample.snapshot);
    assert_true(exists("parent") && exists("child"));
    assert_false(exists("gone") || exists("other") || exists(""));
    assert_non_null(bed.directory.find("gone"));
    assert_false(bed.directory.is_living("gone"));
}

void a_living_container_is_found_by_its_inode_on_version_2(void**) {
    ContainerIdText id;
    tree_write(bed.tree, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    bed.directory.start(bed.root, NamingRules{}, nullptr);
    bed.directory.publish(bed.sample.snapshot);
    for (const char* name : {"parent", "parent/mesos/child"}) {
        char path[64];
        snprintf(path, sizeof path, "sys/fs/cgroup/mesos/%s", name);
        assert_true(bed.questions.by_inode(bed.questions.context, inode_of(path), id));
        assert_string_equal(id.c_str(), strrchr(path, '/') + 1);
    }
    assert_false(bed.questions.by_inode(bed.questions.context, 7, id));
    assert_false(bed.questions.by_inode(bed.questions.context, 0, id));
    assert_false(bed.questions.by_inode(bed.questions.context, UINT64_MAX, id));
}

void inodes_say_nothing_where_hierarchies_have_the_same(void**) {
    ContainerIdText id;
    bed.directory.publish(bed.sample.snapshot);
    const std::uint64_t inode = inode_of("sys/fs/cgroup/mesos/parent");
    assert_false(bed.questions.by_inode(bed.questions.context, inode, id));
}

void a_process_is_in_the_container_of_its_cgroup(void**) {
    bed.directory.publish(bed.sample.snapshot);
    assert_string_equal(container_of("0::/mesos/parent/x\n"), "parent");
    assert_string_equal(container_of("0::/mesos/new\n"), "new");
    assert_string_equal(container_of("0::/\n"), "");
}

void a_nested_container_is_itself_where_the_reading_saw_it(void**) {
    bed.directory.publish(bed.sample.snapshot);
    assert_string_equal(container_of("0::/mesos/parent/mesos/child\n"), "child");
    assert_string_equal(container_of("1:cpu:/mesos/parent/mesos/cpu-child\n"), "cpu-child");
}

void a_container_that_takes_the_name_of_another_is_itself(void**) {
    bed.directory.publish(bed.sample.snapshot);
    assert_string_equal(container_of("0::/mesos/evil/mesos/child\n"), "evil");
    assert_string_equal(container_of("0::/mesos/evil/mesos/gone\n"), "evil");
    assert_string_equal(container_of("1:memory:/mesos/parent/mesos/cpu-child\n"), "parent");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_the_first_reading_nobody_exists, make, unmake),
        cmocka_unit_test_setup_teardown(containers_of_the_reading_exist_until_they_end, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_living_container_is_found_by_its_inode_on_version_2, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(inodes_say_nothing_where_hierarchies_have_the_same, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_process_is_in_the_container_of_its_cgroup, make, unmake),
        cmocka_unit_test_setup_teardown(a_nested_container_is_itself_where_the_reading_saw_it, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_container_that_takes_the_name_of_another_is_itself, make,
                                        unmake),
    };
    return cmocka_run_group_tests_name("container_directory", tests, nullptr, nullptr);
}
