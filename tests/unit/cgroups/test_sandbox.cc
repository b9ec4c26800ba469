// Where sandboxes are found, and whose they are.
#include "cgroups/sandbox.h"

#include <sys/mount.h>

#include <cstdio>

#include "tests/support/sandbox_bed.h"
#include "tests/support/stuck_fuse.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void sandbox_tells_framework_and_executor(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    tree_mkdir(bed.tree, WORK "/slaves/S1/frameworks/F2/executors/an executor/runs/c2");
    tree_mkdir(bed.tree, WORK "/slaves/S0/frameworks/F1/executors/E1/runs/c3");
    tree_symlink(bed.tree, "c1", WORK "/" RUNS "/latest");
    start();
    tick("c1 c2 c3 latest");
    assert_string_equal(path_found("c1"), RUNS "/c1");
    assert_true(bed.sandboxes.find("c2")->framework_id() == "F2");
    assert_true(bed.sandboxes.find("c2")->executor_id() == "an executor");
    assert_true(bed.sandboxes.find("c3")->framework_id() == "F1");
    assert_string_equal(path_found("latest"), "");
    assert_int_equal(bed.sandboxes.why_missing("latest"), Status::absent);
    assert_string_equal(figures_of("c1"), "disk: not_available ");
    assert_string_equal(figures_of("latest"), "disk: not_available ");
}

void machine_without_mesos_has_no_sandboxes(void**) {
    start();
    tick("c1");
    assert_null(bed.sandboxes.find("c1"));
    assert_string_equal(figures_of("c1"), "disk: not_available ");
}

void second_usual_place_is_looked_in(void**) {
    tree_mkdir(bed.tree, "var/lib/mesos/" RUNS "/c1");
    start();
    tick("c1");
    assert_string_equal(path_found("c1"), RUNS "/c1");
}

void configured_place_is_the_only_one(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    tree_mkdir(bed.tree, "srv/mesos/" RUNS "/c2");
    start(8, 0, "/srv/mesos");
    tick("c1 c2");
    assert_string_equal(path_found("c1"), "");
    assert_string_equal(path_found("c2"), RUNS "/c2");
}

void place_that_comes_later_is_found_within_a_minute(void**) {
    start();
    tick("c1");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    tick("c1", 59);
    assert_null(bed.sandboxes.find("c1"));
    tick("c1", 1);
    assert_non_null(bed.sandboxes.find("c1"));
}

void search_is_for_new_containers_and_every_five_seconds(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    start();
    tick("c1 c2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c3");
    tick("c1 c2", 60);
    assert_null(bed.sandboxes.find("c2"));  // nothing is new
    tick("c1 c2 c3", 1);
    assert_non_null(bed.sandboxes.find("c3"));
    assert_non_null(bed.sandboxes.find("c2"));
    tree_mkdir(bed.tree, WORK "/" RUNS "/c4");
    tick("c1 c2 c3 c4", 4);
    assert_null(bed.sandboxes.find("c4"));
    assert_int_equal(bed.sandboxes.why_missing("c4"), Status::timeout);
    tick("c1 c2 c3 c4", 1);
    assert_non_null(bed.sandboxes.find("c4"));
}

void nested_containers_are_found_in_their_parents(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/n1/containers/n2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/ended/containers/n3");
    start();
    tick("c1 n1 n2 n3");
    assert_string_equal(path_found("n1"), RUNS "/c1/containers/n1");
    assert_string_equal(path_found("n2"), RUNS "/c1/containers/n1/containers/n2");
    assert_true(bed.sandboxes.find("n2")->executor_id() == "E1");
    assert_true(bed.sandboxes.find("n2")->is_nested());
    assert_false(bed.sandboxes.find("c1")->is_nested());
    assert_string_equal(path_found("n3"), "");
}

void nested_name_that_is_there_twice_is_nobodys(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/n1");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c2/containers/n1");
    start();
    tick("c1 c2 n1");
    assert_string_equal(path_found("n1"), "");
    tick("c1 c2 c2.n1");
    assert_string_equal(path_found("c2.n1"), RUNS "/c2/containers/n1");
}

void container_cannot_pose_as_another(void**) {
    tree_mkdir(bed.tree, WORK "/slaves/S1/frameworks/F2/executors/E2/runs/c2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/c2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c3");
    tree_mkdir(bed.tree, "elsewhere/n1");
    tree_symlink(bed.tree, bed.tree.path.c_str(), WORK "/" RUNS "/c3/containers");
    tree_mkdir(bed.tree, "n1");
    start();
    tick("c1 c2 c3 n1");
    assert_true(bed.sandboxes.find("c2")->framework_id() == "F2");
    assert_null(bed.sandboxes.find("n1"));
}

void sandbox_that_becomes_a_link_is_not_followed(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/n1");
    tree_mkdir(bed.tree, "elsewhere/n1");
    start(8, 1000);
    tick("c1 n1");
    tree_delete(bed.tree, WORK "/" RUNS "/c1/containers");
    static char elsewhere[600];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", bed.tree.path.c_str());
    tree_symlink(bed.tree, elsewhere, WORK "/" RUNS "/c1/containers");
    assert_non_null(bed.sandboxes.find("n1"));
    assert_string_equal(figures_of("n1"), "disk: gone ");
}

void what_may_not_be_read_is_denied(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    tree_chmod(bed.tree, WORK "/slaves", 0700);
    start();
    if (!become_nobody()) skip();
    tick("c1");
    become_root_again();
    assert_int_equal(bed.sandboxes.why_missing("c1"), Status::denied);
    assert_string_equal(figures_of("c1"), "disk: no_permission ");
}

void path_that_is_too_long_is_counted(void**) {
    char path[1400];
    char name[256] = {};
    memset(name, 'x', 250);
    snprintf(path, sizeof path, WORK "/slaves/%s/frameworks/%s/executors/%s/runs/%s", name, name,
             name, name);
    tree_mkdir(bed.tree, path);
    start();
    tick(name);
    assert_int_equal(bed.sandboxes.skipped_count(), 1);
    assert_string_equal(figures_of(name), "disk: limit_reached ");
}

void containers_without_room_are_counted(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c2");
    tree_mkdir(bed.tree, WORK "/" RUNS "/c3");
    start(2);
    tick("c1 c2 c3");
    assert_int_equal(bed.sandboxes.overflow_count(), 1);
    assert_string_equal(figures_of("c3"), "disk: limit_reached ");
    tick("c1 c3");  // makes room, which is known one tick later
    tick("c1 c3");
    assert_int_equal(bed.sandboxes.overflow_count(), 0);
    assert_string_equal(path_found("c3"), RUNS "/c3");
    assert_string_equal(path_found("c2"), "");
}

// In memory: a disk would take minutes. Last: they move the program into mounts of its own.
bool start_in_memory(const char* test) {
    if (!enter_own_mounts() || mount("none", bed.tree.path.c_str(), "tmpfs", 0, nullptr) != 0) {
        print_message("SKIP %s: no mounts of one's own\n", test);
        return false;
    }
    tree_mkdir(bed.tree, "proc");
    write_mounts("");
    return true;
}

// `count` directories "<above>/0", "<above>/1" …
void make_many(const char* above, std::size_t count) {
    char path[200];
    for (std::size_t i = 0; i < count; ++i) {
        snprintf(path, sizeof path, "%s/%zu", above, i);
        tree_mkdir(bed.tree, path);
    }
}

void executors_without_room_are_counted(void**) {
    if (!start_in_memory("executors_without_room_are_counted")) skip();
    make_many(WORK "/slaves/S1/frameworks/F1/executors", limits::sandbox_pending_count_max + 3);
    start();
    tick("c1");
    const std::uint32_t skipped_count = bed.sandboxes.skipped_count();
    const Status status = bed.sandboxes.why_missing("c1");
    umount2(bed.tree.path.c_str(), MNT_DETACH);
    assert_int_equal(skipped_count, 3);
    assert_int_equal(status, Status::full);
}

void sandbox_full_of_directories_does_not_end_the_search(void**) {
    if (!start_in_memory("sandbox_full_of_directories_does_not_end_the_search")) skip();
    make_many(WORK "/" RUNS "/c1/containers", limits::sandbox_entries_per_directory_max + 3);
    tree_mkdir(bed.tree, WORK "/" RUNS "/c2/containers/n2");
    start();
    tick("c1 c2 n2 n3");
    const std::uint32_t skipped_count = bed.sandboxes.skipped_count();
    const bool is_found = bed.sandboxes.find("n2") != nullptr;
    const Status status = bed.sandboxes.why_missing("n3");
    umount2(bed.tree.path.c_str(), MNT_DETACH);
    assert_int_equal(skipped_count, 1);
    assert_true(is_found);
    assert_int_equal(status, Status::full);
}

}  // namespace

int main() {
#define CASE(name) cmocka_unit_test_setup_teardown(name, sandbox_bed_set_up, sandbox_bed_tear_down)
    const CMUnitTest tests[] = {
        CASE(sandbox_tells_framework_and_executor),
        CASE(machine_without_mesos_has_no_sandboxes),
        CASE(second_usual_place_is_looked_in),
        CASE(configured_place_is_the_only_one),
        CASE(place_that_comes_later_is_found_within_a_minute),
        CASE(search_is_for_new_containers_and_every_five_seconds),
        CASE(nested_containers_are_found_in_their_parents),
        CASE(nested_name_that_is_there_twice_is_nobodys),
        CASE(container_cannot_pose_as_another),
        CASE(sandbox_that_becomes_a_link_is_not_followed),
        CASE(what_may_not_be_read_is_denied),
        CASE(path_that_is_too_long_is_counted),
        CASE(containers_without_room_are_counted),
        CASE(executors_without_room_are_counted),
        CASE(sandbox_full_of_directories_does_not_end_the_search),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
