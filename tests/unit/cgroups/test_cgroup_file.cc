#include "cgroups/cgroup_file.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void a_value_is_one_number_or_no_limit(void**) {
    CgroupValue value;
    assert_true(scan_value("8192\n", value) == Status::ok);
    assert_true(value.value == 8192 && !value.is_unlimited);
    assert_true(scan_value("max\n", value) == Status::ok && value.is_unlimited);
    assert_true(scan_value("-1\n", value) == Status::ok && value.is_unlimited);
    assert_true(scan_value("18446744073709551615\n", value) == Status::ok);
    assert_true(value.value == 18446744073709551615U);
}

void a_value_that_makes_no_sense_leaves_the_old_one(void**) {
    for (const char* text : {"", "\n", "8192", "8 9\n", "8\n9\n", "maximum\n", "-2\n", "1.5\n",
                             "18446744073709551616\n", " 8\n"}) {
        CgroupValue value;
        value.value = 7;
        assert_true(scan_value(text, value) == Status::malformed);
        assert_true(value.value == 7);
    }
}

void cpu_max_is_quota_and_period(void**) {
    CpuMax found;
    assert_true(scan_cpu_max("max 100000\n", found) == Status::ok);
    assert_true(found.quota.is_unlimited && found.period_us == 100000);
    assert_true(scan_cpu_max("50000 100000\n", found) == Status::ok);
    assert_true(!found.quota.is_unlimited && found.quota.value == 50000);
    for (const char* text : {"", "50000\n", "50000 0\n", "50000 100000", "a 100000\n",
                             "50000 100000 1\n", "50000 max\n"}) {
        assert_true(scan_cpu_max(text, found) == Status::malformed);
    }
}

void processes_are_counted_and_the_first_kept(void**) {
    PidList pids;
    assert_true(scan_pids("", pids) == Status::ok && pids.count == 0);
    assert_true(scan_pids("12\n0\n13\n", pids) == Status::ok);
    assert_true(pids.count == 3 && pids.first[0] == 12 && pids.first[1] == 13);
    assert_true(scan_pids("14\n15\n16\n17\n", pids) == Status::ok);
    assert_true(pids.count == 7 && pids.first[3] == 15);
    for (const char* text : {"1\n2", "a\n", "-1\n", "1 2\n", "4294967296\n", "\n"}) {
        assert_true(scan_pids(text, pids) == Status::malformed);
        assert_true(pids.count == 7);
    }
}

void devices_are_two_numbers(void**) {
    DeviceNumber device;
    assert_true(parse_device("8:16", device) && device.major == 8 && device.minor == 16);
    for (const char* text : {"", "8", "8:", ":8", "8:16:1", "4294967296:1", "a:1"})
        assert_false(parse_device(text, device));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(a_value_is_one_number_or_no_limit),
                                cmocka_unit_test(a_value_that_makes_no_sense_leaves_the_old_one),
                                cmocka_unit_test(cpu_max_is_quota_and_period),
                                cmocka_unit_test(processes_are_counted_and_the_first_kept),
                                cmocka_unit_test(devices_are_two_numbers)};
    return cmocka_run_group_tests_name("cgroups.cgroup_file", tests, nullptr, nullptr);
}
