// Readers of files that hold one number or one line: file_nr, conntrack, entropy.
#include <cstdio>
#include <cstring>

#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector file_nr_collector;
extern const Collector conntrack_collector;
extern const Collector entropy_collector;
extern const Collector timex_collector;
}  // namespace nma

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view bad_numbers[] = {
    "", "\n", "x\n", "-1\n", "1 2\n", "1\n2\n", "18446744073709551616\n"};

void check_number(const Collector& collector, std::size_t index, const char* path, const char* name,
                  bool is_optional) {
    static Collector reader;
    static char dump[128];
    static char most[128];
    reader = collector;
    reader.files = collector.files.subspan(index, 1);
    snprintf(dump, sizeof dump, "%s 256\n", name);
    snprintf(most, sizeof most, "%s 18446744073709551615\n", name);
    check_file_cases({
        .collector = &reader,
        .path = path,
        .typical = "256\n",
        .typical_dump = dump,
        .oldest = "18446744073709551615\n",
        .oldest_dump = most,
        .malformed = bad_numbers,
        .is_optional = is_optional,
    });
}

void conntrack_standard_cases_hold(void**) {
    check_number(conntrack_collector, 0, "proc/sys/net/netfilter/nf_conntrack_count",
                 "conntrack.entries", true);
    check_number(conntrack_collector, 1, "proc/sys/net/netfilter/nf_conntrack_max", "conntrack.max",
                 true);
}

void entropy_standard_cases_hold(void**) {
    check_number(entropy_collector, 0, "proc/sys/kernel/random/entropy_avail", "entropy.available",
                 false);
    check_number(entropy_collector, 1, "proc/sys/kernel/random/poolsize", "entropy.pool_size",
                 true);
}

constexpr std::string_view bad_file_nr[] = {"",
                                            "1632\t0\n",
                                            "1632 x 3\n",
                                            "1 2 3\n",
                                            "-1 0 3\n",
                                            "1632\t0\t99\n\n",
                                            "1632 0 18446744073709551616\n"};

void file_nr_standard_cases_hold(void**) {
    check_file_cases({
        .collector = &file_nr_collector,
        .path = "proc/sys/fs/file-nr",
        .typical = "1632\t0\t9223372036854775807\n",
        .typical_dump = "files.open 1632\nfiles.max 9223372036854775807\n",
        .oldest = "1632\t32\t99\n",
        .oldest_dump = "files.open 1600\nfiles.max 99\n",
        .malformed = bad_file_nr,
    });
}

void clock_of_a_tree_is_unsupported(void**) {
    static ReaderBed bed;
    bed_make(bed, timex_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "unsupported");
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void clock_of_the_machine_is_told(void**) {
    static ReaderBed bed;
    bed_make_live(bed, timex_collector);
    bed_tick(bed);
    if (bed_report(bed).status == Status::denied) {
        print_message("SKIP timex: adjtimex is not permitted here\n");
        skip();
    }
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_non_null(strstr(bed_dump(bed), "time.synchronized "));
    assert_non_null(strstr(bed_dump(bed), "time.maximum_error "));
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    static ReaderBed bed;
    bed_make_live(bed, file_nr_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    bed_remove(bed);
    bed_make_live(bed, entropy_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(conntrack_standard_cases_hold),
        cmocka_unit_test(entropy_standard_cases_hold),
        cmocka_unit_test(file_nr_standard_cases_hold),
        cmocka_unit_test(clock_of_a_tree_is_unsupported),
        cmocka_unit_test(clock_of_the_machine_is_told),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("single_values", tests, nullptr, nullptr);
}
