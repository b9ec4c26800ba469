// Life and death of containers, over trees that change: what is made is found, what ends stays for
// a while with its last reading, and what lives between two ticks leaves a trace.
#include <string.h>
#include <unistd.h>

#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

static ContainerBed bed;

constexpr const char* v2_mount[] = {""};

std::string path_of(const char* name) {
    return std::string("sys/fs/cgroup/unified/lxc/") + name;
}

void make(const char* name, const char* usage_usec = "5") {
    const std::string path = path_of(name);
    tree_write(bed.tree, (path + "/cgroup.procs").c_str(), "1\n");
    tree_write(bed.tree, (path + "/cgroup.events").c_str(), "populated 1\nfrozen 0\n");
    tree_write(bed.tree, (path + "/cpu.stat").c_str(),
               std::string("usage_usec ") + usage_usec + "\nuser_usec " + usage_usec +
                   "\nsystem_usec 0\n");
}

void drop(const char* name) {
    tree_delete(bed.tree, path_of(name).c_str());
}

void start(const DiscoveryOptions& options = {}, std::size_t capacity = 16) {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, v2_mount, 1);
    tree_mkdir(bed.tree, "sys/fs/cgroup/unified/lxc");
    container_bed_start(bed, capacity, options);
    container_bed_tick(bed);
}

bool has_line(const char* id, const char* line) {
    return strstr(container_bed_dump_of(bed, id), line) != nullptr;
}

void one_that_ended_stays_with_its_last_reading(void**) {
    start();
    make("a", "1230000");
    container_bed_tick(bed);
    const std::uint64_t read_at_ns = bed.snapshot.find_container("a")->read_at_ns;
    drop("a");
    for (int i = 0; i < 3; ++i) {
        container_bed_tick(bed);
        assert_string_equal(container_bed_ids(bed), "");
        assert_string_equal(container_bed_exited(bed), "a ");
        assert_true(has_line("a", "a cpus.user_time_secs 1.23\n"));
        assert_true(has_line("a", "a container.exit_time_secs "));
        const ContainerEntry& entry = *bed.snapshot.find_container("a");
        assert_int_equal(entry.read_at_ns, read_at_ns);
        for (const Sample& sample : bed.snapshot.samples_of(entry)) {
            const char* name = spec_of(ContainerSampler::sources(), sample).name;
            assert_int_equal(sample.is_aged, strcmp(name, "container.exit_time_secs") != 0);
        }
    }
    container_bed_remove(bed);
}

void one_that_ended_is_forgotten_when_its_time_is_over(void**) {
    DiscoveryOptions options;
    options.exited_age_s = 100;
    start(options);
    make("a");
    container_bed_tick(bed);
    drop("a");
    container_bed_tick(bed);
    bed.ahead_ns = 99'000'000'000;
    container_bed_tick(bed);
    assert_string_equal(container_bed_exited(bed), "a ");
    bed.ahead_ns = 101'000'000'000;
    container_bed_tick(bed);
    assert_string_equal(container_bed_exited(bed), "");
    container_bed_remove(bed);
}

void a_new_one_of_the_same_id_has_nothing_of_the_old(void**) {
    start();
    make("a", "9000000");
    container_bed_tick(bed);
    drop("a");
    make("a", "1000000");
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "a ");
    assert_string_equal(container_bed_exited(bed), "");
    assert_true(has_line("a", "a cpus.user_time_secs 1\n"));
    assert_false(has_line("a", "exit_time"));
    container_bed_remove(bed);
}

void one_that_lives_between_two_ticks_leaves_its_reading(void**) {
    start();
    make("short", "2000000");
    const int wait_ms = container_bed_look(bed);
    assert_true(wait_ms > 0 && wait_ms <= 11);  // its runtime gets a moment to fill it
    usleep(static_cast<useconds_t>(wait_ms) * 1000);
    assert_true(container_bed_look(bed) > 0);
    drop("short");
    container_bed_look(bed);
    container_bed_tick(bed);
    assert_string_equal(container_bed_ids(bed), "");
    assert_string_equal(container_bed_exited(bed), "short ");
    assert_true(has_line("short", "cpus.user_time_secs 2\n"));
    container_bed_remove(bed);
}

void the_reading_at_the_end_of_the_last_process_is_kept(void**) {
    start();
    make("a", "2000000");
    container_bed_tick(bed);
    tree_write(bed.tree, (path_of("a") + "/cpu.stat").c_str(),
               "usage_usec 7000000\nuser_usec 7000000\nsystem_usec 0\n");
    tree_write(bed.tree, (path_of("a") + "/cgroup.events").c_str(), "populated 0\nfrozen 0\n");
    container_bed_look(bed);
    drop("a");
    container_bed_look(bed);
    container_bed_tick(bed);
    assert_true(has_line("a", "cpus.user_time_secs 7\n"));
    container_bed_remove(bed);
}

void one_that_could_never_be_read_leaves_its_name_and_its_end(void**) {
    start();
    make("b");
    container_bed_look(bed);
    drop("b");
    container_bed_tick(bed);
    assert_string_equal(container_bed_exited(bed), "b ");
    assert_true(has_line("b", "b container.exit_time_secs "));
    const ContainerEntry& entry = *bed.snapshot.find_container("b");
    assert_int_equal(entry.sample_count, 1);
    assert_true(bed.snapshot.missing_of(entry)[0].reason == Reason::gone);
    container_bed_remove(bed);
}

constexpr const char* hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

void make_at(const std::string& path, const char* usage_usec) {
    tree_write(bed.tree, ("sys/fs/cgroup/unified/" + path + "/cgroup.procs").c_str(), "1\n");
    tree_write(bed.tree, ("sys/fs/cgroup/unified/" + path + "/cpu.stat").c_str(),
               std::string("usage_usec ") + usage_usec + "\nuser_usec " + usage_usec +
                   "\nsystem_usec 0\n");
}

void drop_at(const std::string& path) {
    tree_delete(bed.tree, ("sys/fs/cgroup/unified/" + path).c_str());
}

// Whoever has a delegated cgroup may name those below it after somebody else's container.
void a_decoy_neither_ends_a_container_nor_takes_its_place(void**) {
    start();
    const std::string real = std::string("docker/") + hash;
    make_at(real, "1000000");
    container_bed_tick(bed);
    for (const char* place : {"a/", "z/"}) {
        const std::string decoy = std::string(place) + hash;
        make_at(decoy, "999000000");
        container_bed_look(bed);
        container_bed_tick(bed);
        assert_true(has_line(hash, "cpus.user_time_secs 1\n"));
        bed.sampler.start({bed.root, bed.reader, bed.dirs}, {});  // searches everything
        container_bed_tick(bed);
        assert_true(has_line(hash, "cpus.user_time_secs 1\n"));
        drop_at(decoy);
        container_bed_look(bed);
        container_bed_tick(bed);
        assert_string_equal(container_bed_exited(bed), "");
        assert_true(has_line(hash, "cpus.user_time_secs 1\n"));
    }
    container_bed_remove(bed);
}

void a_decoy_that_was_there_first_gives_way_to_the_path_of_a_runtime(void**) {
    start();
    make_at(std::string("a/") + hash, "999000000");
    make_at(std::string("z/") + hash, "999000000");
    container_bed_tick(bed);
    make_at(std::string("docker/") + hash, "1000000");
    for (int i = 0; i < 2; ++i) {
        container_bed_tick(bed);
        assert_true(has_line(hash, "cpus.user_time_secs 1\n"));
    }
    assert_int_equal(bed.snapshot.living_count, 1);
    container_bed_remove(bed);
}

void processes_count_once_when_a_cgroup_is_told_of_twice(void**) {
    start();
    make("a");
    drop("a");
    make("a");
    container_bed_tick(bed);
    assert_true(has_line("a", "container.processes 1\n"));
    container_bed_remove(bed);
}

void a_look_that_nobody_needs_waits_for_the_next_change(void**) {
    start();
    assert_int_equal(container_bed_look(bed), -1);
    make("a");
    container_bed_tick(bed);
    assert_int_equal(container_bed_look(bed), -1);
    container_bed_remove(bed);
}

void of_those_that_ended_the_newest_have_the_slots(void**) {
    start({}, 600);
    constexpr std::size_t slots = limits::exited_count_default;
    make("first");
    container_bed_tick(bed);
    drop("first");
    container_bed_tick(bed);
    assert_string_equal(container_bed_exited(bed), "first ");
    for (std::size_t i = 0; i < slots; ++i)
        make(("n" + std::to_string(i)).c_str());
    container_bed_tick(bed);
    for (std::size_t i = 0; i < slots; ++i)
        drop(("n" + std::to_string(i)).c_str());
    container_bed_tick(bed);
    assert_null(bed.snapshot.find_container("first"));
    assert_int_equal(bed.snapshot.containers.size(), slots);
    assert_int_equal(bed.snapshot.living_count, 0);
    container_bed_remove(bed);
}

void one_without_room_is_taken_in_when_another_ends(void**) {
    start({}, 2);
    for (const char* name : {"a", "b", "c"})
        make(name);
    container_bed_tick(bed);
    assert_int_equal(bed.snapshot.living_count, 2);
    assert_int_equal(bed.snapshot.container_overflow_count, 1);
    assert_string_equal(bed.snapshot.node_missing()[0].group, "containers");
    const std::string ids = container_bed_ids(bed);
    drop(ids.substr(0, 1).c_str());
    container_bed_tick(bed);
    assert_int_equal(bed.snapshot.living_count, 2);
    assert_int_equal(bed.snapshot.container_overflow_count, 0);
    assert_int_equal(bed.snapshot.node_missing().size(), 0);
    container_bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(one_that_ended_stays_with_its_last_reading),
        cmocka_unit_test(one_that_ended_is_forgotten_when_its_time_is_over),
        cmocka_unit_test(a_new_one_of_the_same_id_has_nothing_of_the_old),
        cmocka_unit_test(one_that_lives_between_two_ticks_leaves_its_reading),
        cmocka_unit_test(the_reading_at_the_end_of_the_last_process_is_kept),
        cmocka_unit_test(one_that_could_never_be_read_leaves_its_name_and_its_end),
        cmocka_unit_test(a_decoy_neither_ends_a_container_nor_takes_its_place),
        cmocka_unit_test(a_decoy_that_was_there_first_gives_way_to_the_path_of_a_runtime),
        cmocka_unit_test(processes_count_once_when_a_cgroup_is_told_of_twice),
        cmocka_unit_test(a_look_that_nobody_needs_waits_for_the_next_change),
        cmocka_unit_test(of_those_that_ended_the_newest_have_the_slots),
        cmocka_unit_test(one_without_room_is_taken_in_when_another_ends),
    };
    return cmocka_run_group_tests_name("life", tests, nullptr, nullptr);
}
