#include "platform/metrics/snapshot.h"

#include <cstdio>

#include "platform/metrics/snapshot_writer.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t container_count = 1000;

Arena arena;
Snapshot snapshot;
SnapshotWriter writer;

Capacities capacities() {
    Capacities result;
    result.containers = container_count;
    result.exited = 0;
    return result;
}

int make_snapshot(void**) {
    Arena measuring;
    Snapshot measured;
    measured.init(measuring, capacities());
    if (!arena.map(measuring.used_bytes())) return -1;
    snapshot.init(arena, capacities());
    writer.start(snapshot, 1, {});
    return 0;
}

int give_back(void**) {
    arena.unmap();
    return 0;
}

std::string_view id_of(std::size_t index) {
    static char id[65];
    std::snprintf(id, sizeof id, "%064zx", index * 2654435761U);
    return id;
}

void a_snapshot_has_what_its_capacities_say(void**) {
    assert_int_equal(snapshot.containers.capacity(), container_count);
    assert_int_equal(snapshot.samples.capacity(), capacities().samples());
    assert_int_equal(snapshot.subjects.capacity(), capacities().subjects());
    assert_int_equal(snapshot.text_pool.capacity(), capacities().text_bytes());
    assert_true(snapshot.container_slots.size() > container_count);
}

void an_empty_snapshot_has_no_container(void**) {
    assert_null(snapshot.find_container(""));
    assert_null(snapshot.find_container("abc"));
}

void every_container_is_found_when_the_table_is_full(void**) {
    for (std::size_t i = 0; i < container_count; ++i) {
        assert_true(writer.begin_container(id_of(i), i));
        writer.end_container();
    }
    for (std::size_t i = 0; i < container_count; ++i) {
        const ContainerEntry* entry = snapshot.find_container(id_of(i));
        assert_non_null(entry);
        assert_int_equal(entry->inode, i);
    }
    assert_null(snapshot.find_container(id_of(container_count)));
    assert_null(snapshot.find_container(id_of(0).substr(1)));
    assert_null(snapshot.find_container(std::string_view("\0", 1)));
    assert_int_equal(snapshot.container_overflow_count, 0);
}

void a_sample_leads_to_its_spec(void**) {
    constexpr MetricSpec specs[] = {{.name = "a", .help = "A"}, {.name = "b", .help = "B"}};
    const MetricSource sources[] = {{"first", {}}, {"second", specs}};
    assert_string_equal(spec_of(sources, {0, 0, 1, 1}).name, "b");
}

void every_kind_of_subject_but_the_node_has_a_tag(void**) {
    assert_null(subject_tags(SubjectKind::node).name_key);
    for (int i = 1; i < subject_kind_count; ++i)
        assert_non_null(subject_tags(static_cast<SubjectKind>(i)).name_key);
    assert_string_equal(subject_tags(SubjectKind::container).name_key, "container_id");
}

void every_unit_has_its_word(void**) {
    assert_string_equal(unit_name(Unit::none), "");
    assert_string_equal(unit_name(Unit::count), "count");
    assert_string_equal(unit_name(Unit::bytes), "bytes");
    assert_string_equal(unit_name(Unit::seconds), "seconds");
    assert_string_equal(unit_name(Unit::percent), "percent");
    assert_string_equal(unit_name(Unit::celsius), "celsius");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_has_what_its_capacities_say),
        cmocka_unit_test(an_empty_snapshot_has_no_container),
        cmocka_unit_test(every_container_is_found_when_the_table_is_full),
        cmocka_unit_test(a_sample_leads_to_its_spec),
        cmocka_unit_test(every_kind_of_subject_but_the_node_has_a_tag),
        cmocka_unit_test(every_unit_has_its_word),
    };
    return cmocka_run_group_tests_name("snapshot", tests, make_snapshot, give_back);
}
