#include "platform/metrics/snapshot_writer.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t arena_bytes = std::size_t{64} << 20;

Arena arena;
Snapshot snapshot;
SnapshotWriter writer;

// Room for few things, so that every table can be filled by a test.
int make_small_snapshot(void**) {
    if (!arena.map(arena_bytes)) return -1;
    Capacities capacities;
    capacities.containers = 3;
    capacities.exited = 0;
    snapshot.init(arena, capacities);
    snapshot.samples = BoundedList<Sample>(arena.take<Sample>("test", 4));
    snapshot.subjects = BoundedList<Subject>(arena.take<Subject>("test", 5));
    snapshot.text_pool = BoundedList<char>(arena.take<char>("test", 12));
    writer.start(snapshot, 1, {5, 6});
    return 0;
}

int give_back(void**) {
    arena.unmap();
    snapshot = Snapshot{};
    writer = SnapshotWriter{};
    return 0;
}

void a_new_reading_holds_only_the_node(void**) {
    assert_int_equal(snapshot.sequence, 1);
    assert_int_equal(snapshot.taken_at.realtime_ns, 5);
    assert_int_equal(writer.now().boottime_ns, 6);
    assert_int_equal(snapshot.subjects.size(), 1);
    assert_true(snapshot.subjects[node_subject].kind == SubjectKind::node);
    assert_true(snapshot.samples.empty() && snapshot.containers.empty());
}

void what_ended_ok_is_kept_and_counted(void**) {
    writer.begin(2);
    writer.add(7, 42);
    const std::uint32_t disk = writer.add_subject(SubjectKind::disk, node_subject, "sda", "x");
    writer.add(8, 43, disk);
    writer.end(Status::ok);
    writer.end_node();
    assert_int_equal(snapshot.node_samples().size(), 2);
    const Sample& sample = snapshot.node_samples()[1];
    assert_int_equal(sample.value, 43);
    assert_int_equal(sample.source, 2);
    assert_int_equal(sample.spec, 8);
    assert_int_equal(sample.subject, disk);
    assert_true(snapshot.text(snapshot.subjects[disk].name) == "sda");
    assert_true(snapshot.text(snapshot.subjects[disk].detail) == "x");
    assert_int_equal(writer.report(2).sample_count, 2);
    assert_true(writer.report(2).status == Status::ok);
}

void what_failed_is_taken_back_and_nothing_else(void**) {
    writer.begin(0);
    writer.add(0, 1);
    writer.end(Status::ok);
    const std::size_t text_before = snapshot.text_pool.size();
    writer.begin(1);
    writer.add(0, 2, writer.add_subject(SubjectKind::disk, node_subject, "sda"));
    writer.count_skipped(3);
    writer.end(Status::malformed);
    assert_int_equal(snapshot.samples.size(), 1);
    assert_int_equal(snapshot.samples[0].value, 1);
    assert_int_equal(snapshot.subjects.size(), 1);
    assert_int_equal(snapshot.text_pool.size(), text_before);
    assert_true(writer.report(1).status == Status::malformed);
    assert_int_equal(writer.report(1).sample_count, 0);
    assert_int_equal(writer.report(1).skipped_count, 3);
    assert_true(writer.report(0).status == Status::ok);
}

void the_first_failure_of_a_reader_is_the_one_reported(void**) {
    writer.begin(0);
    writer.end(Status::ok);
    writer.begin(0);
    writer.end(Status::denied);
    writer.begin(0);
    writer.end(Status::malformed);
    writer.begin(0);
    writer.end(Status::ok);
    assert_true(writer.report(0).status == Status::denied);
}

void samples_beyond_the_table_are_counted(void**) {
    writer.begin(0);
    for (std::uint64_t i = 0; i < 6; ++i)
        writer.add(0, i);
    writer.end(Status::ok);
    assert_int_equal(snapshot.samples.size(), 4);
    assert_int_equal(writer.report(0).sample_count, 4);
    assert_int_equal(writer.report(0).overflow_count, 2);
    assert_true(writer.report(0).status == Status::full);
}

void a_subject_without_room_is_counted_once(void**) {
    writer.begin(0);
    for (int i = 0; i < 4; ++i)
        assert_true(writer.add_subject(SubjectKind::cpu, node_subject, "0") != no_subject);
    const std::size_t text_before = snapshot.text_pool.size();
    const std::uint32_t none = writer.add_subject(SubjectKind::cpu, node_subject, "0");
    assert_true(none == no_subject);
    writer.add(0, 1, none);
    assert_true(writer.add_subject(SubjectKind::cpu, none, "0") == no_subject);
    writer.end(Status::ok);
    assert_int_equal(snapshot.text_pool.size(), text_before);
    assert_int_equal(snapshot.samples.size(), 0);
    assert_int_equal(writer.report(0).overflow_count, 1);
}

void a_subject_whose_texts_do_not_fit_leaves_no_text(void**) {
    writer.begin(0);
    assert_true(writer.add_subject(SubjectKind::sensor, node_subject, "chip", "sensor.42") ==
                no_subject);
    assert_int_equal(snapshot.text_pool.size(), 0);
    assert_int_equal(snapshot.subjects.size(), 1);
    assert_true(writer.add_subject(SubjectKind::sensor, node_subject, "chip", "sensor.4") !=
                no_subject);
    writer.end(Status::ok);
    assert_int_equal(writer.report(0).overflow_count, 1);
}

void durations_of_groups_are_added_up(void**) {
    writer.add_duration(3, 5);
    writer.add_duration(3, 6);
    assert_int_equal(writer.report(3).duration_ns, 11);
}

void containers_hold_their_own_samples(void**) {
    writer.begin(0);
    writer.add(0, 1);
    writer.end(Status::ok);
    writer.end_node();
    assert_true(writer.begin_container("abc", 77));
    const std::uint32_t subject = writer.container_subject();
    writer.begin(1);
    writer.add(0, 2, subject);
    writer.add(0, 3, subject);
    writer.end(Status::ok);
    writer.begin(2);
    writer.add(0, 4, subject);
    writer.end(Status::gone);
    writer.end_container();
    assert_true(writer.container_subject() == no_subject);
    const ContainerEntry* entry = snapshot.find_container("abc");
    assert_non_null(entry);
    assert_int_equal(entry->inode, 77);
    assert_true(snapshot.text(entry->id) == "abc");
    assert_true(snapshot.text(snapshot.subjects[subject].name) == "abc");
    assert_int_equal(snapshot.samples_of(*entry).size(), 2);
    assert_int_equal(snapshot.samples_of(*entry)[0].value, 2);
    assert_int_equal(snapshot.node_samples().size(), 1);
}

void a_second_container_of_one_id_is_refused(void**) {
    assert_true(writer.begin_container("abc", 1));
    writer.end_container();
    assert_false(writer.begin_container("abc", 2));
    assert_int_equal(snapshot.containers.size(), 1);
    assert_int_equal(snapshot.find_container("abc")->inode, 1);
    assert_true(writer.container_subject() == no_subject);
}

void containers_beyond_the_table_are_counted(void**) {
    for (const char* id : {"a", "b", "c"}) {
        assert_true(writer.begin_container(id, 1));
        writer.end_container();
    }
    const std::size_t text_before = snapshot.text_pool.size();
    const std::size_t subjects_before = snapshot.subjects.size();
    assert_false(writer.begin_container("d", 1));
    assert_int_equal(snapshot.container_overflow_count, 1);
    assert_int_equal(snapshot.containers.size(), 3);
    assert_int_equal(snapshot.subjects.size(), subjects_before);
    assert_int_equal(snapshot.text_pool.size(), text_before);
    assert_null(snapshot.find_container("d"));
    assert_non_null(snapshot.find_container("c"));
}

void a_container_whose_id_does_not_fit_leaves_nothing(void**) {
    assert_false(writer.begin_container("thirteen byte", 1));
    assert_int_equal(snapshot.container_overflow_count, 1);
    assert_int_equal(snapshot.text_pool.size(), 0);
    assert_int_equal(snapshot.subjects.size(), 1);
    assert_null(snapshot.find_container("thirteen byte"));
    assert_true(writer.begin_container("twelve bytes", 1));
    writer.end_container();
}

void starting_again_forgets_the_reading_before(void**) {
    writer.begin(0);
    writer.add(0, 1, writer.add_subject(SubjectKind::cpu, node_subject, "0"));
    writer.count_overflow();
    writer.end(Status::ok);
    writer.end_node();
    assert_true(writer.begin_container("abc", 1));
    writer.end_container();
    writer.start(snapshot, 2, {});
    assert_int_equal(snapshot.sequence, 2);
    assert_int_equal(snapshot.subjects.size(), 1);
    assert_int_equal(snapshot.text_pool.size(), 0);
    assert_int_equal(snapshot.node_samples().size(), 0);
    assert_null(snapshot.find_container("abc"));
    assert_true(writer.report(0).status == Status::ok);
    assert_int_equal(writer.report(0).overflow_count, 0);
    assert_true(writer.begin_container("abc", 1));
    writer.end_container();
}

}  // namespace

#define SMALL(test) cmocka_unit_test_setup_teardown(test, make_small_snapshot, give_back)

int main() {
    const CMUnitTest tests[] = {
        SMALL(a_new_reading_holds_only_the_node),
        SMALL(what_ended_ok_is_kept_and_counted),
        SMALL(what_failed_is_taken_back_and_nothing_else),
        SMALL(the_first_failure_of_a_reader_is_the_one_reported),
        SMALL(samples_beyond_the_table_are_counted),
        SMALL(a_subject_without_room_is_counted_once),
        SMALL(a_subject_whose_texts_do_not_fit_leaves_no_text),
        SMALL(durations_of_groups_are_added_up),
        SMALL(containers_hold_their_own_samples),
        SMALL(a_second_container_of_one_id_is_refused),
        SMALL(containers_beyond_the_table_are_counted),
        SMALL(a_container_whose_id_does_not_fit_leaves_nothing),
        SMALL(starting_again_forgets_the_reading_before),
    };
    return cmocka_run_group_tests_name("snapshot_writer", tests, nullptr, nullptr);
}
