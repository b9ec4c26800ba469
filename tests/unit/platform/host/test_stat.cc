#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector stat_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view typical =
    "cpu  300 100 150 800 50 20 30 50 40 5\n"
    "cpu0 100 0 100 800 0 0 0 0 0 0\n"
    "cpu12 0 0 0 1 1 0 0 1 0 0\n"
    "intr 357492 0 0 25 1\n"
    "ctxt 619478\n"
    "btime 1795513398\n"
    "processes 7854\n"
    "procs_running 2\n"
    "procs_blocked 0\n"
    "softirq 436454 0 131192 4\n";
constexpr const char* typical_dump =
    "cpu.core.total{cpu=0} 20\n"
    "cpu.core.user{cpu=0} 10\n"
    "cpu.core.system{cpu=0} 10\n"
    "cpu.core.idle{cpu=0} 80\n"
    "cpu.core.wait{cpu=0} 0\n"
    "cpu.core.steal{cpu=0} 0\n"
    "cpu.core.total{cpu=12} 66.67\n"
    "cpu.core.user{cpu=12} 0\n"
    "cpu.core.system{cpu=12} 0\n"
    "cpu.core.idle{cpu=12} 33.33\n"
    "cpu.core.wait{cpu=12} 33.33\n"
    "cpu.core.steal{cpu=12} 33.33\n"
    "cpu.cores 2\n"
    "system.interrupts 357492\n"
    "system.context_switches 619478\n"
    "system.boot_time 1795513398\n"
    "system.forks 7854\n"
    "process.running 2\n"
    "process.blocked 0\n"
    "system.softirqs 436454\n"
    "cpu.total 46.67\n"
    "cpu.user 26.67\n"
    "cpu.system 13.33\n"
    "cpu.idle 53.33\n"
    "cpu.wait 3.33\n"
    "cpu.nice 6.67\n"
    "cpu.irq 1.33\n"
    "cpu.softirq 2\n"
    "cpu.steal 3.33\n"
    "cpu.guest 3\n";

// Four columns, and no line of software interrupts: older than 3.10, whose lines are today's.
constexpr std::string_view oldest =
    "cpu  25 0 25 50\n"
    "cpu0 25 0 25 50\n"
    "ctxt 3\n";
constexpr const char* oldest_dump =
    "cpu.core.total{cpu=0} 50\n"
    "cpu.core.user{cpu=0} 25\n"
    "cpu.core.system{cpu=0} 25\n"
    "cpu.core.idle{cpu=0} 50\n"
    "cpu.cores 1\n"
    "system.context_switches 3\n"
    "cpu.total 50\n"
    "cpu.user 25\n"
    "cpu.system 25\n"
    "cpu.idle 50\n"
    "cpu.nice 0\n";

constexpr std::string_view malformed[] = {
    "",
    "\n",
    "cpu  1 2 3 4\n",
    "cpu  1 2 3 4\ncpu0 1 2 3 4\n",
    "cpu  1 2 3\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 x\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 -4\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu0 1 2 3 4\ncpu  1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 4\ncpu0 1 2 3\nctxt 3\n",
    "cpu  1 2 3 4\ncpu0 1 2 3 4 y\nctxt 3\n",
    "cpu  1 2 3 4\ncpu0 1 2 3 4\nctxt\n",
    "cpu  1 2 3 4\ncpu0 1 2 3 4\nctxt 3",
    "cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 4\ncpu1 1 2 3 4\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 18446744073709551615\ncpu0 1 2 3 4\nctxt 3\n",
    "cpu  1 2 3 4\ncpu0 1 2 3 4\nctxt 18446744073709551616\n",
};

ReaderBed bed;

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &stat_collector,
        .path = "proc/stat",
        .typical = typical,
        .typical_dump = typical_dump,
        .oldest = oldest,
        .oldest_dump = oldest_dump,
        .malformed = malformed,
    });
}

void tick_with(std::string_view text) {
    tree_write(bed.tree, "proc/stat", text);
    bed_tick(bed);
}

bool dump_has(const char* line) {
    return std::strstr(bed_dump(bed), line) != nullptr;
}

void second_reading_is_of_the_interval(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  1000 0 0 1000 0 0 0 0 0 0\nctxt 3\n");
    assert_true(dump_has("cpu.total 50\n"));
    tick_with("cpu  1001 2 3 1004 5 6 7 8 1 1\nctxt 3\n");
    assert_string_equal(bed_dump(bed),
                        "cpu.cores 0\nsystem.context_switches 3\n"
                        "cpu.total 88.89\ncpu.user 8.33\ncpu.system 44.44\ncpu.idle 11.11\n"
                        "cpu.wait 13.89\ncpu.nice 5.56\ncpu.irq 16.67\ncpu.softirq 19.44\n"
                        "cpu.steal 22.22\ncpu.guest 5.56\n");
    bed_remove(bed);
}

void percentages_are_left_out_when_no_tick_passed(void**) {
    bed_make(bed, stat_collector);
    tick_with(typical);
    tick_with(typical);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_null(std::strstr(bed_dump(bed), "cpu.total"));
    assert_null(std::strstr(bed_dump(bed), "cpu.core."));
    assert_true(dump_has("cpu.cores 2\n"));
    assert_true(dump_has("system.forks 7854\n"));
    bed_remove(bed);
}

void counters_that_go_backward_count_as_still(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  100 0 0 1000 500 0 0 0 0 0\nctxt 3\n");
    tick_with("cpu  150 0 0 990 400 0 0 0 0 0\nctxt 3\n");
    assert_true(dump_has("cpu.total 100\n"));
    assert_true(dump_has("cpu.user 100\n"));
    assert_true(dump_has("cpu.idle 0\n"));
    assert_true(dump_has("cpu.wait 0\n"));
    tick_with("cpu  150 0 0 1000 400 0 0 0 0 0\nctxt 3\n");
    assert_true(dump_has("cpu.idle 100\n"));
    bed_remove(bed);
}

// Every share of a small total, in which all kinds of rounding occur.
void total_and_idle_are_together_100_exactly(void**) {
    for (unsigned all = 1; all < 40; ++all) {
        for (unsigned idle = 0; idle <= all; ++idle) {
            bed_make(bed, stat_collector);
            char text[128];
            std::snprintf(text, sizeof text, "cpu  %u 0 0 %u\nctxt 3\n", all - idle, idle);
            tick_with(text);
            std::uint64_t total_share = 0;
            std::uint64_t idle_share = 0;
            assert_true(bed_value(bed, "cpu.total", total_share));
            assert_true(bed_value(bed, "cpu.idle", idle_share));
            assert_int_equal(total_share + idle_share, 10000);
            bed_remove(bed);
        }
    }
}

void a_core_that_was_away_keeps_its_own_past(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  0 0 0 9\ncpu0 900 0 0 100\ncpu1 0 0 0 100\ncpu2 50 0 0 50\nctxt 3\n");
    assert_true(dump_has("cpu.core.user{cpu=1} 0\n"));
    tick_with("cpu  0 0 0 9\ncpu0 900 0 0 200\ncpu2 60 0 0 50\nctxt 3\n");
    assert_true(dump_has("cpu.core.user{cpu=2} 100\n"));
    assert_true(dump_has("cpu.cores 2\n"));
    assert_null(std::strstr(bed_dump(bed), "cpu=1}"));
    tick_with("cpu  0 0 0 9\ncpu0 900 0 0 300\ncpu1 25 0 0 175\ncpu2 60 0 0 60\nctxt 3\n");
    assert_true(dump_has("cpu.core.user{cpu=1} 25\n"));
    assert_true(dump_has("cpu.core.idle{cpu=2} 100\n"));
    bed_remove(bed);
}

void a_malformed_reading_leaves_the_past_alone(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  100 0 0 100\ncpu0 100 0 0 100\ncpu1 100 0 0 100\nctxt 3\n");
    tick_with("cpu  900 0 0 900\ncpu0 900 0 0 900\ncpu1 900 0 0 900\nctxt x\n");
    assert_string_equal(status_name(bed_report(bed).status), "malformed");
    tick_with("cpu  100 0 0 200\ncpu0 100 0 0 200\nctxt 3\n");
    assert_true(dump_has("cpu.idle 100\n"));
    assert_true(dump_has("cpu.core.idle{cpu=0} 100\n"));
    tick_with("cpu  100 0 0 300\ncpu0 100 0 0 300\ncpu1 200 0 0 100\nctxt 3\n");
    assert_true(dump_has("cpu.core.user{cpu=1} 100\n"));
    bed_remove(bed);
}

void a_core_beyond_the_table_is_counted(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  1 0 0 1\ncpu1023 1 0 0 1\ncpu1024 1 0 0 1\ncpu4000000000 1 0 0 1\nctxt 3\n");
    assert_string_equal(status_name(bed_report(bed).status), "full");
    assert_int_equal(bed_report(bed).overflow_count, 2);
    assert_true(dump_has("cpu.cores 3\n"));
    assert_true(dump_has("cpu.core.user{cpu=1023} 50\n"));
    assert_null(std::strstr(bed_dump(bed), "cpu=1024}"));
    bed_remove(bed);
}

void enormous_ticks_do_not_overflow(void**) {
    bed_make(bed, stat_collector);
    tick_with(
        "cpu  1152921504606846976 0 0 1152921504606846976 0 0 0 1152921504606846976 "
        "1152921504606846976 1152921504606846976\nctxt 18446744073709551615\n");
    assert_true(dump_has("cpu.total 66.67\n"));
    assert_true(dump_has("cpu.guest 66.67\n"));
    assert_true(dump_has("system.context_switches 18446744073709551615\n"));
    bed_remove(bed);
}

void columns_of_the_future_are_passed_over(void**) {
    bed_make(bed, stat_collector);
    tick_with("cpu  1 0 0 1 0 0 0 0 0 0 77 new\ncpufreq 3\nctxt 3\n");
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_true(dump_has("cpu.total 50\n"));
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t value = 0;
    bed_make_live(bed, stat_collector);
    bed_tick(bed);
    usleep(50'000);
    assert_true(live_number("/proc/stat", "ctxt ", before));
    bed_tick(bed);
    assert_true(live_number("/proc/stat", "ctxt ", after));
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_true(bed_value(bed, "system.context_switches", value));
    assert_true(before <= value && value <= after);
    assert_true(bed_value(bed, "cpu.cores", value));
    assert_int_equal(value, sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(live_number("/proc/stat", "btime ", before));
    assert_true(bed_value(bed, "system.boot_time", value));
    assert_true(value + 1 >= before && value <= before + 1);
    for (const char* name : {"cpu.total", "cpu.user", "cpu.system", "cpu.idle", "cpu.wait"}) {
        assert_true(bed_value(bed, name, value));
        assert_true(value <= 10000);
    }
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_hold),
        cmocka_unit_test(second_reading_is_of_the_interval),
        cmocka_unit_test(percentages_are_left_out_when_no_tick_passed),
        cmocka_unit_test(counters_that_go_backward_count_as_still),
        cmocka_unit_test(total_and_idle_are_together_100_exactly),
        cmocka_unit_test(a_core_that_was_away_keeps_its_own_past),
        cmocka_unit_test(a_malformed_reading_leaves_the_past_alone),
        cmocka_unit_test(a_core_beyond_the_table_is_counted),
        cmocka_unit_test(enormous_ticks_do_not_overflow),
        cmocka_unit_test(columns_of_the_future_are_passed_over),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("stat", tests, nullptr, nullptr);
}
