#include "cgroups/sandbox.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "cgroups/controller.h"
#include "platform/base/text_cursor.h"
#include "tests/support/stuck_fuse.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Controller disk_controller;
}

namespace {

using namespace nma;
using namespace nma::test;

#define WORK "var/lib/mesos/slave"
#define RUNS "slaves/S1/frameworks/F1/executors/E1/runs"
constexpr std::uint64_t second_ns = 1'000'000'000;

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    Sandboxes sandboxes;
    Snapshot snapshot;
    SnapshotWriter writer;
    ContainerTable table;
    std::uint64_t now_ns;
};
Bed bed;

constexpr const char* root_mount = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

void write_mounts(const char* more) {
    static char text[4096];
    snprintf(text, sizeof text, "%s%s", root_mount, more);
    tree_write(bed.tree, "proc/1/mountinfo", text);
}

int set_up(void**) {
    tree_make(bed.tree);
    write_mounts("");
    bed.now_ns = 100 * second_ns;
    return 0;
}

// After the tree is written.
void start(std::size_t capacity = 8, std::uint32_t walk_entries_per_s = 0,
           std::string_view work_dir = {}) {
    Capacities capacities;
    capacities.containers = capacity;
    SandboxOptions options;
    assert_true(options.work_dir.assign(work_dir));
    options.walk_entries_per_s = walk_entries_per_s;
    assert_true(bed.arena.map(std::size_t{64} << 20U));
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    bed.sandboxes = Sandboxes{};
    bed.sandboxes.init(bed.arena, capacities);
    bed.snapshot.init(bed.arena, capacities);
    assert_int_equal(bed.root.open(bed.tree.path.c_str()), Status::ok);
    bed.sandboxes.start(options);
}

int tear_down(void**) {
    bed.sandboxes.stop();
    bed.sandboxes = Sandboxes{};
    bed.root.close();
    bed.arena.unmap();
    bed.arena = Arena{};
    tree_remove(bed.tree);
    return 0;
}

// A tick in which these are wanted, `seconds` after the last one. Ids with spaces between them.
void tick(const char* ids, std::uint64_t seconds = 10) {
    bed.now_ns += seconds * second_ns;
    const HostContext context = {bed.root, bed.reader, bed.dirs};
    bed.sandboxes.begin(context, bed.now_ns);
    std::string_view rest = ids;
    while (!rest.empty()) {
        const std::string_view id = take_word(rest);
        if (!id.empty()) bed.sandboxes.want(id);
    }
    bed.sandboxes.refresh(context, bed.now_ns);
}

const char* path_found(const char* id) {
    const Sandbox* sandbox = bed.sandboxes.find(id);
    return sandbox == nullptr ? "" : sandbox->place.path.c_str();
}

// What the controller says of a container: "disk.used_bytes{volume} 12 …; disk timeout".
const char* figures_of(const char* id) {
    static char text[1024];
    Container container;
    assert_true(container.id.assign(id));
    bed.writer.start(bed.snapshot, 1, {0, bed.now_ns});
    bed.writer.end_node();
    assert_true(bed.writer.begin_container(id, 1));
    bed.writer.begin(0);
    ContainerReading reading = {
        {bed.root, bed.reader, bed.dirs}, bed.table, {}, container, {}, Status::ok, &bed.sandboxes};
    bed.writer.end(disk_controller.run(reading, bed.writer));
    bed.writer.end_container();
    std::size_t size = 0;
    text[0] = '\0';
    const ContainerEntry& entry = bed.snapshot.containers[0];
    for (const Sample& sample : bed.snapshot.samples_of(entry)) {
        const Subject& subject = bed.snapshot.subjects[sample.subject];
        const std::string_view name = bed.snapshot.text(subject.name);
        const bool is_volume = subject.kind == SubjectKind::container_volume;
        size += static_cast<std::size_t>(
            snprintf(text + size, sizeof text - size, "%s%s%.*s%s %llu ",
                     disk_controller.specs[sample.spec].name, is_volume ? "{" : "",
                     is_volume ? static_cast<int>(name.size()) : 0, name.data(),
                     is_volume ? "}" : "", static_cast<unsigned long long>(sample.value)));
    }
    for (const MissingGroup& missing : bed.snapshot.missing_of(entry))
        size += static_cast<std::size_t>(snprintf(text + size, sizeof text - size, "%s: %s ",
                                                  missing.group, reason_name(missing.reason)));
    return text;
}

std::uint64_t blocks_of(const char* path) {
    static char whole[1024];
    struct stat found = {};
    snprintf(whole, sizeof whole, "%s/%s", bed.tree.path.c_str(), path);
    assert_int_equal(lstat(whole, &found), 0);
    return static_cast<std::uint64_t>(found.st_blocks) * 512;
}

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
    tree_symlink(bed.tree, "../../../../../../../../../../../elsewhere",
                 WORK "/" RUNS "/c1/containers");
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

void walk_adds_up_over_ticks(void**) {
    char name[200];
    std::uint64_t bytes = 0;
    for (int i = 0; i < 25; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "some text");
        bytes += blocks_of(name);
    }
    bytes += blocks_of(WORK "/" RUNS "/c1");
    start(8, 10);
    tick("c1");  // 10 entries, the top among them
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    tick("c1");
    char expected[100];
    const auto count = static_cast<unsigned long long>(bytes);
    snprintf(expected, sizeof expected, "disk.used_bytes %llu disk.used_age_secs 0 ", count);
    assert_string_equal(figures_of("c1"), expected);
    bed.now_ns += 3 * second_ns;
    snprintf(expected, sizeof expected, "disk.used_bytes %llu disk.used_age_secs 3000 ", count);
    assert_string_equal(figures_of("c1"), expected);
    bed.now_ns += 3600 * second_ns;
    assert_string_equal(figures_of("c1"), "disk: timeout ");
}

void walks_take_turns(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c3/a", "x");
    start(8, 100);
    tick("c1 c2 c3");
    for (const char* id : {"c1", "c2", "c3"})
        assert_non_null(strstr(figures_of(id), "disk.used_bytes"));
}

void ticks_of_less_than_a_second_have_their_share_of_the_rate(void**) {
    char name[200];
    for (int i = 0; i < 29; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "x");
    }
    start(8, 20);
    tick("c1");
    bed.now_ns += second_ns / 4;  // 5 more, and 5 are left
    tick("c1", 0);
    assert_string_equal(figures_of("c1"), "disk: timeout ");
    bed.now_ns += second_ns / 4;
    tick("c1", 0);
    assert_string_equal(figures_of("c1"), "disk: timeout ");  // the top counts, too
    bed.now_ns += second_ns / 4;
    tick("c1", 0);
    assert_non_null(strstr(figures_of("c1"), "disk.used_bytes"));
}

void container_that_ends_stops_its_walk(void**) {
    char name[200];
    for (int i = 0; i < 25; ++i) {
        snprintf(name, sizeof name, WORK "/" RUNS "/c1/f%d", i);
        tree_write(bed.tree, name, "x");
    }
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    start(8, 10);
    tick("c1");
    tick("c2");
    assert_null(bed.sandboxes.find("c1"));
    assert_non_null(strstr(figures_of("c2"), "disk.used_bytes"));
}

void file_system_that_may_be_remote_is_left_alone(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    write_mounts("30 20 0:50 / /var/lib/mesos rw - nfs4 host:/x rw\n");
    start(8, 1000);
    tick("c1");
    assert_null(bed.sandboxes.find("c1"));
    assert_string_equal(figures_of("c1"), "disk: not_available ");
}

void remote_mounts_in_sandboxes_end_their_walks(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, WORK "/" RUNS "/c2/a", "x");
    tree_write(bed.tree, WORK "/slaves/S1/frameworks/F2/executors/E/runs/c3/a", "x");
    write_mounts("30 20 0:50 / /" WORK "/" RUNS
                 "/c1/data rw - nfs4 host:/x rw\n"
                 "31 20 0:51 / /" WORK "/slaves/S1/frameworks/F2 rw - fuse.x x rw\n");
    start(8, 1000);
    tick("c1 c2 c3");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
    assert_non_null(strstr(figures_of("c2"), "disk.used_bytes"));
    assert_string_equal(figures_of("c3"), "disk: not_available ");
}

void mount_table_that_cannot_be_read_is_the_reason(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    start(8, 1000);
    tick("c1");
    assert_non_null(strstr(figures_of("c1"), "disk.used_bytes"));
    tree_write(bed.tree, "proc/1/mountinfo", "");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: unreadable ");
    tree_delete(bed.tree, "proc/1/mountinfo");
    tick("c1");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
}

#define VOLUME WORK "/volumes/roles/a role"

void volumes_are_tagged_with_their_ids(void**) {
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", "x");
    tree_write(bed.tree, VOLUME "/id1/a", "x");
    tree_write(bed.tree, VOLUME "/id2/a", "x");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/a\\040role/id1 /" WORK "/" RUNS
                 "/c1/one rw - ext4 x x\n"
                 "31 20 8:1 /" WORK "/volumes/roles/a\\040role/id2 /" WORK "/" RUNS
                 "/c1/d/2 rw - ext4 x x\n"
                 "32 20 8:1 /" WORK "/volumes/roles/a\\040role/id2 /" WORK "/" RUNS
                 "/c1/d/3 rw - ext4 x x\n"
                 "33 20 8:1 /" WORK "/volumes/roles/a\\040role /" WORK "/" RUNS
                 "/c1/e rw - ext4 x x\n"
                 "34 20 8:1 /" WORK "/volumes/roles/a\\040role/id1/sub /" WORK "/" RUNS
                 "/c1/f rw - ext4 x x\n"
                 "35 20 8:2 /" WORK "/volumes/roles/a\\040role/id3 /" WORK "/" RUNS
                 "/c1/g rw - ext4 x x\n"
                 "36 20 8:1 /" WORK "/volumes/roles/a\\040role/id1 /mnt rw - ext4 x x\n");
    start(8, 1000);
    tick("c1");
    const char* figures = figures_of("c1");
    char expected[200];
    for (const char* id : {"id1", "id2"}) {
        snprintf(
            expected, sizeof expected, "disk.used_bytes{%s} %llu ", id,
            static_cast<unsigned long long>(blocks_of(VOLUME "/id1") + blocks_of(VOLUME "/id1/a")));
        const char* at = strstr(figures, expected);
        if (at == nullptr && strstr(figures, "disk: not_available") != nullptr) {
            print_message("SKIP volumes_are_tagged_with_their_ids: the kernel marks no mounts\n");
            skip();
        }
        assert_non_null(at);
        assert_null(strstr(at + 1, expected));
    }
    assert_null(strstr(figures, "id3"));
    write_mounts("");
    tick("c1");
    assert_null(strstr(figures_of("c1"), "{"));
}

void volumes_without_room_are_counted(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/r/id1 /" WORK "/" RUNS
                 "/c1/1 rw - ext4 x x\n"
                 "31 20 8:1 /" WORK "/volumes/roles/r/id2 /" WORK "/" RUNS "/c1/2 rw - ext4 x x\n");
    start(1);
    tick("c1");
    assert_int_equal(bed.sandboxes.overflow_count(), 1);
    assert_string_equal(figures_of("c1"), "disk: not_available disk.volumes: gone ");
}

void nested_sandbox_has_its_own_mounts(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1/containers/n1");
    tree_mkdir(bed.tree, WORK "/volumes/roles/r/id1");
    write_mounts("30 20 8:1 /" WORK "/volumes/roles/r/id1 /" WORK "/" RUNS
                 "/c1/containers/n1/v rw - ext4 x x\n");
    start();
    tick("c1 n1");
    assert_string_equal(figures_of("c1"), "disk: not_available ");
    assert_string_equal(figures_of("n1"), "disk: not_available disk.volumes: not_available ");
}

// Last: it moves the program into mounts of its own.
void sandbox_that_is_a_file_system_has_its_figures(void**) {
    tree_mkdir(bed.tree, WORK "/" RUNS "/c1");
    static char path[1024];
    snprintf(path, sizeof path, "%s/" WORK "/" RUNS "/c1", bed.tree.path.c_str());
    if (!enter_own_mounts() || mount("none", path, "tmpfs", 0, "size=1m") != 0) {
        print_message(
            "SKIP sandbox_that_is_a_file_system_has_its_figures: no mounts of one's own\n");
        skip();
    }
    static char text[16 * 1024];
    tree_write(bed.tree, WORK "/" RUNS "/c1/a", {text, sizeof text});
    write_mounts("30 20 0:50 / /" WORK "/" RUNS "/c1 rw - tmpfs none rw\n");
    start(8, 1000);
    tick("c1");
    const char* figures = figures_of("c1");
    const bool is_right = strcmp(figures, "disk.limit_bytes 1048576 disk.used_bytes 16384 ") == 0;
    // Part of a file system, as the table has it: statfs would tell of all of it.
    write_mounts("30 20 0:50 /part /" WORK "/" RUNS "/c1 rw - tmpfs none rw\n");
    tick("c1");
    const bool is_part_walked = strstr(figures_of("c1"), "disk.limit_bytes") == nullptr;
    umount2(path, MNT_DETACH);
    if (!is_right) print_error("%s\n", figures);
    assert_true(is_right && is_part_walked);
}

}  // namespace

int main() {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
        CASE(walk_adds_up_over_ticks),
        CASE(walks_take_turns),
        CASE(ticks_of_less_than_a_second_have_their_share_of_the_rate),
        CASE(container_that_ends_stops_its_walk),
        CASE(file_system_that_may_be_remote_is_left_alone),
        CASE(remote_mounts_in_sandboxes_end_their_walks),
        CASE(mount_table_that_cannot_be_read_is_the_reason),
        CASE(volumes_are_tagged_with_their_ids),
        CASE(volumes_without_room_are_counted),
        CASE(nested_sandbox_has_its_own_mounts),
        CASE(sandbox_that_is_a_file_system_has_its_figures),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
