#include "cgroups/change_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

static Tree tree;
static Arena arena;
static ChangeWatch watch;
static CgroupChange change;

int make_watch(void**) {
    tree_make(tree);
    tree_mkdir(tree, "sys/top");
    if (!arena.map(std::size_t{64} << 20)) return -1;
    watch = ChangeWatch{};
    watch.init(arena, {});
    watch.start();
    watch.begin_search();
    return 0;
}

int give_back(void**) {
    watch.stop();
    arena.unmap();
    tree_remove(tree);
    return 0;
}

void add(const char* directory, std::string_view path, bool has_events) {
    const int descriptor =
        open((std::string(tree.path.c_str()) + "/" + directory).c_str(), O_PATH | O_DIRECTORY);
    watch.add(descriptor, 3, path, has_events);
    close(descriptor);
}

void expect(CgroupChange::Kind kind, const char* path) {
    assert_true(watch.next(change));
    assert_true(change.kind == kind);
    assert_int_equal(change.hierarchy, 3);
    assert_string_equal(change.path.c_str(), path);
}

void what_was_made_and_removed_is_told_with_its_path(void**) {
    add("sys/top", "a/top", false);
    assert_false(watch.next(change));
    tree_mkdir(tree, "sys/top/x");
    tree_delete(tree, "sys/top/x");
    tree_mkdir(tree, "sys/top/y");
    expect(CgroupChange::Kind::made, "a/top/x");
    expect(CgroupChange::Kind::removed, "a/top/x");
    expect(CgroupChange::Kind::made, "a/top/y");
    assert_false(watch.next(change));
}

// More than a block of the table, and, after the second search, with numbers that are not in a row.
void each_of_many_is_told_with_its_own_path(void**) {
    constexpr int count = 300;
    const auto name = [](int i) { return "sys/top/" + std::to_string(i); };
    for (int i = 0; i < count; ++i) {
        tree_mkdir(tree, name(i).c_str());
        add(name(i).c_str(), std::to_string(i), false);
    }
    watch.end_search();
    watch.begin_search();
    for (int i = 1; i < count; i += 2)
        add(name(i).c_str(), std::to_string(i), false);
    watch.end_search();
    while (watch.next(change)) {
    }
    for (int i = 0; i < count; ++i)
        tree_mkdir(tree, (name(i) + "/x").c_str());
    for (int i = 1; i < count; i += 2)
        expect(CgroupChange::Kind::made, (std::to_string(i) + "/x").c_str());
    assert_false(watch.next(change));
}

void at_the_root_of_a_hierarchy_the_name_is_the_path(void**) {
    add("sys/top", "", false);
    tree_mkdir(tree, "sys/top/x");
    expect(CgroupChange::Kind::made, "x");
}

void files_are_no_cgroups(void**) {
    add("sys/top", "top", false);
    tree_write(tree, "sys/top/memory.new", "1\n");
    assert_false(watch.next(change));
}

void a_change_of_its_events_is_that_of_the_cgroup(void**) {
    tree_write(tree, "sys/top/cgroup.events", "populated 1\n");
    add("sys/top", "top", true);
    tree_write(tree, "sys/top/cgroup.events", "populated 0\n");
    expect(CgroupChange::Kind::emptied, "top");
}

void a_watch_that_is_not_known_any_more_means_a_search(void**) {
    add("sys/top", "top", false);
    watch.begin_search();
    tree_mkdir(tree, "sys/top/x");
    assert_true(watch.next(change));
    assert_true(change.kind == CgroupChange::Kind::unknown);
}

void a_removed_cgroup_of_our_own_says_nothing_itself(void**) {
    add("sys/top", "top", false);
    tree_delete(tree, "sys/top");
    assert_false(watch.next(change));
}

void the_descriptor_is_readable_only_while_the_watch_runs(void**) {
    assert_true(watch.descriptor() >= 0);
    watch.stop();
    assert_int_equal(watch.descriptor(), -1);
    assert_false(watch.is_reliable());
    assert_false(watch.next(change));
}

}  // namespace

#define WITH_WATCH(test) cmocka_unit_test_setup_teardown(test, make_watch, give_back)

int main() {
    const CMUnitTest tests[] = {
        WITH_WATCH(what_was_made_and_removed_is_told_with_its_path),
        WITH_WATCH(each_of_many_is_told_with_its_own_path),
        WITH_WATCH(at_the_root_of_a_hierarchy_the_name_is_the_path),
        WITH_WATCH(files_are_no_cgroups),
        WITH_WATCH(a_change_of_its_events_is_that_of_the_cgroup),
        WITH_WATCH(a_watch_that_is_not_known_any_more_means_a_search),
        WITH_WATCH(a_removed_cgroup_of_our_own_says_nothing_itself),
        WITH_WATCH(the_descriptor_is_readable_only_while_the_watch_runs),
    };
    return cmocka_run_group_tests_name("change_watch", tests, nullptr, nullptr);
}
