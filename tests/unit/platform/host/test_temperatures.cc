// Readers of sys/class: thermal zones and hardware monitors.
#include <cstdio>

#include "platform/limits.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector thermal_collector;
extern const Collector hwmon_collector;
}  // namespace nma

namespace {

using namespace nma;
using namespace nma::test;

void zones_are_read_in_order(void**) {
    static ReaderBed bed;
    bed_make(bed, thermal_collector);
    tree_write(bed.tree, "sys/class/thermal/thermal_zone10/temp", "-5500\n");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone10/type", "acpitz\n");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone2/temp", "45123\n");
    tree_write(bed.tree, "sys/class/thermal/cooling_device0/type", "Fan\n");
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_string_equal(bed_dump(bed),
                        "temperature.zone{zone=thermal_zone2} 45.123\n"
                        "temperature.zone{zone=thermal_zone10,type=acpitz} -5.5\n");
    bed_remove(bed);
}

void zones_without_a_figure_are_skipped_and_counted(void**) {
    static ReaderBed bed;
    bed_make(bed, thermal_collector);
    tree_write(bed.tree, "sys/class/thermal/thermal_zone0/temp", "45");  // torn
    tree_write(bed.tree, "sys/class/thermal/thermal_zone1/temp", "hot\n");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone2/temp", "");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone3/temp", "9223372036854775808\n");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone4/type", "x\n");
    tree_write(bed.tree, "sys/class/thermal/thermal_zone5/temp", "1000\n");
    tree_chmod(bed.tree, "sys/class/thermal/thermal_zone5/temp", 0);
    become_nobody();
    bed_tick(bed);
    become_root_again();
    assert_string_equal(bed_dump(bed), "");
    assert_int_equal(bed_report(bed).skipped_count, 6);
    bed_remove(bed);
}

void more_zones_than_fit_are_counted(void**) {
    static ReaderBed bed;
    bed_make(bed, thermal_collector);
    for (std::size_t i = 0; i < limits::thermal_zone_count_max + 2; ++i) {
        char path[96];
        snprintf(path, sizeof path, "sys/class/thermal/thermal_zone%zu/temp", i);
        tree_write(bed.tree, path, "1000\n");
    }
    bed_tick(bed);
    assert_int_equal(bed.snapshot.samples.size(), limits::thermal_zone_count_max);
    assert_int_equal(bed_report(bed).overflow_count, 2);
    bed_remove(bed);
}

void check_absent_and_denied(const Collector& collector, const char* directory) {
    static ReaderBed bed;
    bed_make(bed, collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "absent");
    tree_mkdir(bed.tree, directory);
    tree_chmod(bed.tree, directory, 0);
    become_nobody();
    bed_tick(bed);
    become_root_again();
    tree_chmod(bed.tree, directory, 0755);
    assert_string_equal(status_name(bed_report(bed).status), "denied");
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void directory_that_is_absent_or_denied_says_so(void**) {
    check_absent_and_denied(thermal_collector, "sys/class/thermal");
    check_absent_and_denied(hwmon_collector, "sys/class/hwmon");
}

void sensors_have_their_chip_and_label(void**) {
    static ReaderBed bed;
    bed_make(bed, hwmon_collector);
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/name", "coretemp\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp1_input", "52000\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp10_input", "-1\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/fan1_input", "900\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon1/temp1_input", "40000\n");  // no name
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_string_equal(bed_dump(bed),
                        "temperature.sensor{chip=hwmon0:coretemp,sensor=Package id 0} 52\n"
                        "temperature.sensor{chip=hwmon0:coretemp,sensor=temp10} -0.001\n"
                        "temperature.sensor{chip=hwmon1,sensor=temp1} 40\n");
    bed_remove(bed);
}

void sensors_of_old_kernels_are_in_the_device(void**) {
    static ReaderBed bed;
    bed_make(bed, hwmon_collector);
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/device/name", "it87\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/device/temp1_input", "30000\n");
    bed_tick(bed);
    assert_string_equal(bed_dump(bed), "temperature.sensor{chip=hwmon0:it87,sensor=temp1} 30\n");
    bed_remove(bed);
}

void sensors_without_a_figure_are_skipped_and_counted(void**) {
    constexpr std::string_view whole = "52000\n";
    static ReaderBed bed;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        bed_make(bed, hwmon_collector);
        tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp1_input", whole.substr(0, size));
        bed_tick(bed);
        assert_string_equal(bed_dump(bed), "");
        assert_int_equal(bed_report(bed).skipped_count, 1);
        bed_remove(bed);
    }
}

void full_snapshot_is_counted(void**) {
    static ReaderBed bed;
    bed_make(bed, hwmon_collector);
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp1_input", "1\n");
    tree_write(bed.tree, "sys/class/hwmon/hwmon0/temp2_input", "2\n");
    bed_limit(bed, 1, 3);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "full");
    assert_int_equal(bed.snapshot.samples.size(), 1);
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_read_in_order),
        cmocka_unit_test(zones_without_a_figure_are_skipped_and_counted),
        cmocka_unit_test(more_zones_than_fit_are_counted),
        cmocka_unit_test(directory_that_is_absent_or_denied_says_so),
        cmocka_unit_test(sensors_have_their_chip_and_label),
        cmocka_unit_test(sensors_of_old_kernels_are_in_the_device),
        cmocka_unit_test(sensors_without_a_figure_are_skipped_and_counted),
        cmocka_unit_test(full_snapshot_is_counted),
    };
    return cmocka_run_group_tests_name("temperatures", tests, nullptr, nullptr);
}
