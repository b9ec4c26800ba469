#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include <unistd.h>

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector pressure_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view two_lines =
    "some avg10=12.34 avg60=1.20 avg300=100.00 total=9777115\n"
    "full avg10=0.00 avg60=0.01 avg300=0.09 total=1000000\n";

// Linux 4.20 to 5.12 have no `full` for processors.
constexpr std::string_view one_line = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

constexpr std::string_view malformed[] = {
    "",
    "\n",
    "most avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    "some\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=-1\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551616\n",
    "some avg10=x avg60=0.00 avg300=0.00 total=0\n",
    "some avg60=0.00 avg10=0.00 avg300=0.00 total=0\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00\n",
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
};

ReaderBed bed;

// The reader with only one of its files: the standard cases are about one.
void check_one_file(std::size_t index, const char* path, const char* two_lines_dump,
                    const char* one_line_dump) {
    static Collector one;
    one = pressure_collector;
    one.files = pressure_collector.files.subspan(index, 1);
    check_file_cases({
        .collector = &one,
        .path = path,
        .typical = two_lines,
        .typical_dump = two_lines_dump,
        .oldest = one_line,
        .oldest_dump = one_line_dump,
        .malformed = malformed,
        .is_optional = one.files[0].is_optional,
    });
}

void standard_cases_of_cpu_hold(void**) {
    check_one_file(0, "proc/pressure/cpu",
                   "pressure.cpu.some.avg10 12.34\npressure.cpu.some.avg60 1.2\n"
                   "pressure.cpu.some.avg300 100\npressure.cpu.some.total 9.777115\n"
                   "pressure.cpu.full.avg10 0\npressure.cpu.full.avg60 0.01\n"
                   "pressure.cpu.full.avg300 0.09\npressure.cpu.full.total 1\n",
                   "pressure.cpu.some.avg10 0\npressure.cpu.some.avg60 0\n"
                   "pressure.cpu.some.avg300 0\npressure.cpu.some.total 0\n");
}

void standard_cases_of_memory_hold(void**) {
    check_one_file(1, "proc/pressure/memory",
                   "pressure.memory.some.avg10 12.34\npressure.memory.some.avg60 1.2\n"
                   "pressure.memory.some.avg300 100\npressure.memory.some.total 9.777115\n"
                   "pressure.memory.full.avg10 0\npressure.memory.full.avg60 0.01\n"
                   "pressure.memory.full.avg300 0.09\npressure.memory.full.total 1\n",
                   "pressure.memory.some.avg10 0\npressure.memory.some.avg60 0\n"
                   "pressure.memory.some.avg300 0\npressure.memory.some.total 0\n");
}

void standard_cases_of_io_hold(void**) {
    check_one_file(2, "proc/pressure/io",
                   "pressure.io.some.avg10 12.34\npressure.io.some.avg60 1.2\n"
                   "pressure.io.some.avg300 100\npressure.io.some.total 9.777115\n"
                   "pressure.io.full.avg10 0\npressure.io.full.avg60 0.01\n"
                   "pressure.io.full.avg300 0.09\npressure.io.full.total 1\n",
                   "pressure.io.some.avg10 0\npressure.io.some.avg60 0\n"
                   "pressure.io.some.avg300 0\npressure.io.some.total 0\n");
}

// A `some` line of irq would be news: it has no specs, so it is passed over.
void standard_cases_of_irq_hold(void**) {
    check_one_file(3, "proc/pressure/irq",
                   "pressure.irq.full.avg10 0\npressure.irq.full.avg60 0.01\n"
                   "pressure.irq.full.avg300 0.09\npressure.irq.full.total 1\n",
                   "");
}

void one_absent_file_takes_nothing_from_the_others(void**) {
    bed_make(bed, pressure_collector);
    tree_write(bed.tree, "proc/pressure/cpu", one_line);
    tree_write(bed.tree, "proc/pressure/io", "rubbish\n");
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "absent");
    assert_int_equal(bed_report(bed).sample_count, 4);
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    if (access("/proc/pressure/cpu", R_OK) != 0) skip();
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t value = 0;
    constexpr const char* key = "some avg10=%*f avg60=%*f avg300=%*f total=%llu";
    const auto read_total = [](std::uint64_t& total) {
        FILE* file = std::fopen("/proc/pressure/cpu", "r");
        if (file == nullptr) return false;
        unsigned long long number = 0;
        const bool is_read = std::fscanf(file, key, &number) == 1;
        std::fclose(file);
        total = number;
        return is_read;
    };
    bed_make_live(bed, pressure_collector);
    if (!read_total(before)) {
        bed_tick(bed);
        assert_string_equal(status_name(bed_report(bed).status), "unsupported");
    } else {
        bed_tick(bed);
        assert_true(read_total(after));
        assert_string_equal(status_name(bed_report(bed).status), "ok");
        assert_true(bed_value(bed, "pressure.cpu.some.total", value));
        assert_true(before <= value && value <= after);
    }
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_of_cpu_hold),
        cmocka_unit_test(standard_cases_of_memory_hold),
        cmocka_unit_test(standard_cases_of_io_hold),
        cmocka_unit_test(standard_cases_of_irq_hold),
        cmocka_unit_test(one_absent_file_takes_nothing_from_the_others),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("pressure", tests, nullptr, nullptr);
}
