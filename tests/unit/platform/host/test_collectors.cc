#include "platform/host/collectors.h"

#include <unistd.h>

#include <cctype>
#include <cstring>

#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

template <class Check>
void for_each_spec(Check check) {
    for (const Collector& collector : host_collectors()) {
        for (const MetricSpec& spec : collector.specs)
            check(collector, spec);
    }
}

bool is_name(const char* name) {
    for (const char* c = name; *c != '\0'; ++c) {
        if (std::islower(*c) == 0 && std::isdigit(*c) == 0 && *c != '.' && *c != '_') return false;
    }
    return std::islower(name[0]) != 0 && std::strstr(name, "..") == nullptr &&
           name[std::strlen(name) - 1] != '.';
}

void every_figure_is_named_and_explained(void**) {
    for_each_spec([](const Collector& collector, const MetricSpec& spec) {
        assert_non_null(spec.name);
        assert_non_null(spec.help);
        const bool is_good = is_name(spec.name) && std::strchr(spec.name, '.') != nullptr &&
                             std::strlen(spec.help) > 5 &&
                             spec.help[std::strlen(spec.help) - 1] != '.';
        if (!is_good) print_error("%s: %s: %s\n", collector.name, spec.name, spec.help);
        assert_true(is_good);
    });
}

void no_two_readers_have_figures_of_one_name(void**) {
    for_each_spec([](const Collector& collector, const MetricSpec& spec) {
        unsigned count = 0;
        for_each_spec([&](const Collector&, const MetricSpec& other) {
            count += std::strcmp(spec.name, other.name) == 0;
        });
        if (count != 1) print_error("%s is declared twice (%s)\n", spec.name, collector.name);
        assert_int_equal(count, 1);
    });
}

void every_reader_has_a_name_of_its_own_and_something_to_do(void**) {
    for (const Collector& collector : host_collectors()) {
        unsigned count = 0;
        for (const Collector& other : host_collectors())
            count += std::strcmp(collector.name, other.name) == 0;
        assert_int_equal(count, 1);
        assert_true(collector.run != nullptr || !collector.files.empty());
        assert_true(collector.files.size() <= limits::files_per_collector_max);
        for (const HostFile& file : collector.files)
            assert_non_null(file.scan);
    }
}

// What a small reader of two files made of them, beside one that runs.
constexpr MetricSpec specs[] = {{.name = "x.length", .help = "Length"}};
int start_count;
int stop_count;

struct State {
    std::uint64_t tick_count;
};

Status scan_length(State& state, std::string_view text, SnapshotWriter& writer) {
    ++state.tick_count;
    writer.add(0, text.size());
    return text == "bad\n" ? Status::malformed : Status::ok;
}
Status run_ticks(State& state, const HostContext&, SnapshotWriter& writer) {
    writer.add(0, ++state.tick_count * 1000);
    return Status::ok;
}
void start_one(State&, const HostContext&) {
    ++start_count;
}
void stop_one(State&) {
    ++stop_count;
}

constexpr HostFile files[] = {
    {Below::proc, "a", scan_with<State, scan_length>},
    {Below::net, "b", scan_with<State, scan_length>},
    {.below = Below::sys, .path = "c", .scan = scan_with<State, scan_length>, .is_optional = true},
};
constexpr Collector small_collectors[] = {
    {.name = "files", .specs = specs, .files = files, .state_bytes = sizeof(State)},
    {.name = "run",
     .specs = specs,
     .state_bytes = sizeof(State),
     .start = start_with<State, start_one>,
     .stop = stop_with<State, stop_one>,
     .run = run_with<State, run_ticks>},
};

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    HostSampler sampler;
    Snapshot snapshot;
    SnapshotWriter writer;
};
Bed bed;

void lay_out(Bed& of, Arena& arena) {
    of.reader.init(arena);
    of.dirs.init(arena);
    of.sampler.init(arena, small_collectors);
    of.snapshot.init(arena, Capacities{.containers = 1});
}

int make_bed(void**) {
    static Bed measured;
    Arena measuring;
    lay_out(measured, measuring);
    bed = Bed{};
    start_count = 0;
    stop_count = 0;
    tree_make(bed.tree);
    if (!bed.arena.map(measuring.used_bytes())) return -1;
    lay_out(bed, bed.arena);
    return 0;
}

int remove_bed(void**) {
    tree_remove(bed.tree);
    bed.root.close();
    bed.arena.unmap();
    return 0;
}

void open_root() {
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    bed.sampler.start({bed.root, bed.reader, bed.dirs});
}

void tick() {
    bed.writer.start(bed.snapshot, 1, {});
    bed.sampler.sample({bed.root, bed.reader, bed.dirs}, bed.writer);
    bed.writer.end_node();
}

void readers_fare_apart_from_each_other(void**) {
    tree_write(bed.tree, "proc/a", "bad\n");
    tree_write(bed.tree, "proc/net/b", "four\n");
    open_root();
    tick();
    assert_int_equal(bed.snapshot.node_samples().size(), 2);
    assert_int_equal(bed.snapshot.samples[0].value, 5);
    assert_int_equal(bed.snapshot.samples[0].source, 0);
    assert_int_equal(bed.snapshot.samples[1].value, 1000);
    assert_int_equal(bed.snapshot.samples[1].source, 1);
    assert_true(bed.writer.report(0).status == Status::malformed);
    assert_true(bed.writer.report(1).status == Status::ok);
    assert_true(bed.writer.report(0).duration_ns > 0);
    bed.sampler.stop();
}

void state_lives_from_tick_to_tick(void**) {
    open_root();
    tick();
    tick();
    assert_int_equal(bed.snapshot.samples[0].value, 2000);
    bed.sampler.stop();
    assert_int_equal(start_count, 1);
    assert_int_equal(stop_count, 1);
}

void network_files_are_those_of_process_1_on_another_host(void**) {
    tree_write(bed.tree, "proc/a", "");
    tree_write(bed.tree, "proc/net/b", "ours\n");
    tree_write(bed.tree, "proc/1/net/dev", "");
    tree_write(bed.tree, "proc/1/net/b", "theirs\n");
    open_root();
    tick();
    assert_int_equal(bed.snapshot.samples[1].value, 7);
    bed.sampler.stop();
}

void an_optional_file_may_be_absent_even_with_all_of_sys(void**) {
    tree_write(bed.tree, "proc/a", "");
    tree_write(bed.tree, "proc/net/b", "");
    tree_delete(bed.tree, "sys");
    open_root();
    tick();
    assert_true(bed.writer.report(0).status == Status::ok);
    assert_int_equal(bed.writer.report(0).sample_count, 2);
    bed.sampler.stop();
}

void stopping_closes_the_kept_files(void**) {
    tree_write(bed.tree, "proc/a", "");
    tree_write(bed.tree, "proc/net/b", "");
    tree_write(bed.tree, "sys/c", "");
    open_root();
    const int before = dup(bed.root.proc());
    close(before);
    tick();
    const int during = dup(bed.root.proc());
    close(during);
    bed.sampler.stop();
    const int after = dup(bed.root.proc());
    close(after);
    assert_int_not_equal(during, before);
    assert_int_equal(after, before);
}

}  // namespace

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, make_bed, remove_bed)

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_is_named_and_explained),
        cmocka_unit_test(no_two_readers_have_figures_of_one_name),
        cmocka_unit_test(every_reader_has_a_name_of_its_own_and_something_to_do),
        IN_BED(readers_fare_apart_from_each_other),
        IN_BED(state_lives_from_tick_to_tick),
        IN_BED(network_files_are_those_of_process_1_on_another_host),
        IN_BED(an_optional_file_may_be_absent_even_with_all_of_sys),
        IN_BED(stopping_closes_the_kept_files),
    };
    return cmocka_run_group_tests_name("collectors", tests, nullptr, nullptr);
}
