#include <cstdio>
#include <cstring>

#include "platform/limits.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector diskstats_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

void use_table(ReaderBed& bed, std::string_view table) {
    bed_make(bed, diskstats_collector);
    tree_write(bed.tree, "proc/diskstats", table);
    tree_write(bed.tree, "sys/block/sda/size", "1\n");
    tree_write(bed.tree, "sys/block/loop0/size", "1\n");
    tree_write(bed.tree, "sys/block/cciss!c0d0/size", "1\n");
    bed_tick(bed);
}

void disks_are_shown_without_partitions_and_idle_loops(void**) {
    static ReaderBed bed;
    use_table(bed,
              "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
              "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
              "   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n");
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_string_equal(bed_dump(bed),
                        "disk.read.operations{device=sda} 1\n"
                        "disk.read.merged{device=sda} 2\n"
                        "disk.read.bytes{device=sda} 1536\n"
                        "disk.read.time{device=sda} 0.004\n"
                        "disk.write.operations{device=sda} 5\n"
                        "disk.write.merged{device=sda} 6\n"
                        "disk.write.bytes{device=sda} 3584\n"
                        "disk.write.time{device=sda} 0.008\n"
                        "disk.io.in_progress{device=sda} 9\n"
                        "disk.io.time{device=sda} 0.01\n"
                        "disk.io.weighted_time{device=sda} 0.011\n"
                        "disk.discard.operations{device=sda} 12\n"
                        "disk.discard.merged{device=sda} 13\n"
                        "disk.discard.bytes{device=sda} 7168\n"
                        "disk.discard.time{device=sda} 0.015\n"
                        "disk.flush.operations{device=sda} 16\n"
                        "disk.flush.time{device=sda} 0.017\n");
    bed_remove(bed);
}

void old_kernel_has_no_discards_and_names_with_slashes(void**) {
    static ReaderBed bed;
    use_table(bed, " 104       0 cciss/c0d0 1 0 2 0 0 0 0 0 0 0 0\n");
    assert_non_null(strstr(bed_dump(bed), "disk.read.bytes{device=cciss/c0d0} 1024\n"));
    assert_null(strstr(bed_dump(bed), "disk.discard"));
    bed_remove(bed);
}

void change_of_devices_is_noticed(void**) {
    static ReaderBed bed;
    use_table(bed, "8 1 sda1 1 0 0 0 0 0 0 0 0 0 0\n");
    assert_string_equal(bed_dump(bed), "");
    tree_write(bed.tree, "proc/diskstats",
               "8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n8 1 sda1 1 0 0 0 0 0 0 0 0 0 0\n");
    bed_tick(bed);
    assert_non_null(strstr(bed_dump(bed), "disk.read.operations{device=sda} 1\n"));
    assert_null(strstr(bed_dump(bed), "sda1"));
    bed_remove(bed);
}

void lines_without_sense_are_skipped_and_counted(void**) {
    constexpr std::string_view bad[] = {
        "8 0 sda 1 2 3 4 5 6 7 8 9 10\n",
        "x 0 sda 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 0 .. 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 0 sda 1 2 -3 4 5 6 7 8 9 10 11\n",
        "8 0 sda 1 2 36028797018963968 4 5 6 7 8 9 10 11\n",
        "8 0 a-name-of-more-than-thirty-one-bytes 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11",
    };
    static ReaderBed bed;
    for (const std::string_view table : bad) {
        use_table(bed, table);
        assert_string_equal(bed_dump(bed), "");
        assert_int_equal(bed_report(bed).skipped_count, 1);
        bed_remove(bed);
    }
}

void every_prefix_shows_whole_lines_only(void**) {
    constexpr std::string_view table =
        "8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n";
    static ReaderBed bed;
    use_table(bed, "");
    for (std::size_t size = 0; size < table.size(); ++size) {
        tree_write(bed.tree, "proc/diskstats", table.substr(0, size));
        bed_tick(bed);
        assert_int_equal(bed.snapshot.samples.size(), size > table.find('\n') ? 11 : 0);
    }
    bed_remove(bed);
}

void file_that_is_absent_or_denied_says_so(void**) {
    static ReaderBed bed;
    use_table(bed, "8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n");
    tree_chmod(bed.tree, "proc/diskstats", 0);
    become_nobody();
    bed_tick(bed);
    become_root_again();
    assert_string_equal(status_name(bed_report(bed).status), "denied");
    tree_delete(bed.tree, "proc/diskstats");
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "absent");
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void more_disks_than_fit_are_counted(void**) {
    static ReaderBed bed;
    static char table[64 * 1024];
    std::size_t size = 0;
    for (std::size_t i = 0; i < limits::disk_count_max + 4; ++i) {
        size += static_cast<std::size_t>(snprintf(table + size, sizeof table - size,
                                                  "8 %zu d%zu 1 0 0 0 0 0 0 0 0 0 0\n", i, i));
    }
    bed_make(bed, diskstats_collector);
    tree_write(bed.tree, "proc/diskstats", {table, size});
    bed_tick(bed);  // no sys/block: every line is a disk
    assert_int_equal(bed_report(bed).overflow_count, 4);
    assert_string_equal(status_name(bed_report(bed).status), "full");
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    static ReaderBed bed;
    bed_make_live(bed, diskstats_collector);
    bed_tick(bed);
    if (bed_report(bed).status == Status::absent) {
        print_message("SKIP diskstats: this machine has no block devices\n");
        skip();
    }
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_int_equal(bed_report(bed).skipped_count, 0);
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(disks_are_shown_without_partitions_and_idle_loops),
        cmocka_unit_test(old_kernel_has_no_discards_and_names_with_slashes),
        cmocka_unit_test(change_of_devices_is_noticed),
        cmocka_unit_test(lines_without_sense_are_skipped_and_counted),
        cmocka_unit_test(every_prefix_shows_whole_lines_only),
        cmocka_unit_test(file_that_is_absent_or_denied_says_so),
        cmocka_unit_test(more_disks_than_fit_are_counted),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("diskstats", tests, nullptr, nullptr);
}
