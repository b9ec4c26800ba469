#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector uptime_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view malformed[] = {
    "", "\n", "12.34\n", "12.34 \n", "-1.0 2.0\n", "1.0 x\n", "1.0 2.0\n3.0 4.0\n", "1.0 2.0",
};

ReaderBed bed;

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &uptime_collector,
        .path = "proc/uptime",
        .typical = "14827.97 29551.45\n",
        .typical_dump = "system.uptime 14827\nsystem.idle_time 29551.45\n",
        .oldest = "0.00 0.10\n",
        .oldest_dump = "system.uptime 0\nsystem.idle_time 0.1\n",
        .malformed = malformed,
    });
}

void live_machine_agrees(void**) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t value = 0;
    bed_make_live(bed, uptime_collector);
    assert_true(live_number("/proc/uptime", "", before));
    bed_tick(bed);
    assert_true(live_number("/proc/uptime", "", after));
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_true(bed_value(bed, "system.uptime", value));
    assert_true(before <= value && value <= after);
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_hold),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("uptime", tests, nullptr, nullptr);
}
