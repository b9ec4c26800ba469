// Containers that rest are not read again, and yet their figures are those of a full reading: two
// samplers over the same tree, one that rests and one that reads all of each at every tick, agree
// on every figure through random activity.
#include <string.h>

#include <random>
#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

static ContainerBed bed;   // rests
static ContainerBed full;  // never does

constexpr const char* v2_mount[] = {""};
constexpr int container_count = 8;
constexpr std::uint64_t second_ns = 1'000'000'000;

std::string name_of(int number) {
    return "c" + std::to_string(number);
}

void put(int number, const char* file, const std::string& text) {
    tree_write(bed.tree, ("sys/fs/cgroup/unified/lxc/" + name_of(number) + "/" + file).c_str(),
               text);
}

struct Figures {
    std::uint64_t cpu_us = 1;
    std::uint64_t memory_bytes = 4096;
    std::uint64_t pids = 1;
    std::uint64_t anon_bytes = 1;
    std::uint64_t read_bytes = 1;
};
static Figures figures[container_count];

void write_probes(int number) {
    const Figures& now = figures[number];
    const std::string cpu = std::to_string(now.cpu_us);
    put(number, "cpu.stat",
        "usage_usec " + cpu + "\nuser_usec " + cpu + "\nsystem_usec 0\nnr_periods 1\n");
    put(number, "memory.current", std::to_string(now.memory_bytes) + "\n");
    put(number, "pids.current", std::to_string(now.pids) + "\n");
}

void write_rest(int number) {
    const Figures& now = figures[number];
    put(number, "memory.stat", "anon " + std::to_string(now.anon_bytes) + "\nfile 0\npgfault 3\n");
    put(number, "io.stat", "8:0 rbytes=" + std::to_string(now.read_bytes) + " wbytes=0\n");
    put(number, "cpu.max", std::to_string(10'000 + now.read_bytes % 1000) + " 100000\n");
    std::string pids;
    for (std::uint64_t i = 0; i < now.pids; ++i)
        pids += std::to_string(100U * static_cast<unsigned>(number + 1) + i) + "\n";
    put(number, "cgroup.procs", pids);
}

void start() {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, v2_mount, 1);
    for (int i = 0; i < container_count; ++i) {
        figures[i] = Figures{};
        write_probes(i);
        write_rest(i);
    }
    container_bed_start(bed);
    full = ContainerBed{};
    full.tree.path = bed.tree.path;
    DiscoveryOptions options;
    options.idle_age_s = 0;
    container_bed_start(full, 16, options);
}

void stop() {
    full.tree.path.clear();
    container_bed_remove(full);
    container_bed_remove(bed);
}

void tick() {
    bed.ahead_ns += second_ns;
    full.ahead_ns = bed.ahead_ns;
    container_bed_tick(bed);
    container_bed_tick(full);
}

std::size_t count_aged(const Snapshot& snapshot) {
    std::size_t count = 0;
    for (const Sample& sample : snapshot.samples)
        count += sample.is_aged ? 1U : 0U;
    return count;
}

void figures_are_those_of_full_readings_through_random_activity(void**) {
    start();
    std::mt19937 random(1);
    std::size_t aged_count = 0;
    for (int step = 0; step < 300; ++step) {
        for (int i = 0; i < container_count; ++i) {
            // The first are busy, the last nearly always rest.
            if (random() % 8 >= static_cast<unsigned>(8 - i)) continue;
            if (random() % 3 == 0) continue;
            Figures& now = figures[i];
            now.cpu_us += 1 + random() % 50;
            if (random() % 2 == 0) now.memory_bytes = 4096 * (random() % 1000);
            if (random() % 4 == 0) now.pids = 1 + random() % 3;
            now.anon_bytes += random() % 9;
            now.read_bytes += random() % 5;
            write_probes(i);
            write_rest(i);
        }
        tick();
        const std::string wanted = container_bed_dump(full);
        assert_string_equal(container_bed_dump(bed), wanted.c_str());
        assert_int_equal(count_aged(full.snapshot), 0);
        aged_count += count_aged(bed.snapshot);
    }
    assert_true(aged_count > 1000);  // it did rest
    stop();
}

bool has_line(const char* line) {
    return strstr(container_bed_dump(bed), line) != nullptr;
}

void what_moves_without_the_container_is_read_when_its_age_is_over(void**) {
    start();
    for (int i = 0; i < 4; ++i)
        tick();
    const ContainerEntry before = *bed.snapshot.find_container("c0");
    figures[0].anon_bytes = 777;  // as when others press for memory
    write_rest(0);
    tick();
    assert_true(has_line("c0 mem.anon_bytes 1\n"));
    const ContainerEntry& resting = *bed.snapshot.find_container("c0");
    assert_int_equal(resting.read_at_ns, before.read_at_ns);  // and says how old it is
    bed.ahead_ns += limits::idle_age_s_default * second_ns;
    tick();
    assert_true(has_line("c0 mem.anon_bytes 777\n"));
    assert_true(bed.snapshot.find_container("c0")->read_at_ns > before.read_at_ns);
    stop();
}

void each_of_the_cheap_figures_ends_the_rest(void**) {
    for (std::uint64_t Figures::*const figure :
         {&Figures::cpu_us, &Figures::memory_bytes, &Figures::pids}) {
        start();
        for (int i = 0; i < 4; ++i)
            tick();
        assert_true(count_aged(bed.snapshot) > 0);
        figures[0].*figure += 1;
        figures[0].anon_bytes = 777;
        write_probes(0);
        write_rest(0);
        tick();
        assert_true(has_line("c0 mem.anon_bytes 777\n"));
        assert_true(has_line("c1 mem.anon_bytes 1\n"));
        stop();
    }
}

void without_cpu_time_nothing_rests(void**) {
    start();
    for (int i = 0; i < container_count; ++i)
        put(i, "cpu.stat", "garbage\n");
    for (int i = 0; i < 4; ++i)
        tick();
    assert_int_equal(count_aged(bed.snapshot), 0);
    stop();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_full_readings_through_random_activity),
        cmocka_unit_test(what_moves_without_the_container_is_read_when_its_age_is_over),
        cmocka_unit_test(each_of_the_cheap_figures_ends_the_rest),
        cmocka_unit_test(without_cpu_time_nothing_rests),
    };
    return cmocka_run_group_tests_name("resting", tests, nullptr, nullptr);
}
