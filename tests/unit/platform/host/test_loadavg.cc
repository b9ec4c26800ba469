#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector loadavg_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view malformed[] = {
    "",
    "\n",
    "0.20 0.18 0.12 1/80\n\n",
    "0.20 0.18\n",
    "-0.20 0.18 0.12 1/80 3\n",
    "0.20 0.18 0.12 180 3\n",
    "0.20 0.18 0.12 1/ 3\n",
    "99999999999999999999.0 0 0 1/80 3\n",
};

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &loadavg_collector,
        .path = "proc/loadavg",
        .typical = "0.20 0.18 10.00 1/80 11206\n",
        .typical_dump = "load.1min 0.2\nload.5min 0.18\nload.15min 10\n"
                        "threads.runnable 1\nthreads.total 80\n",
        .oldest = "0.00 0.01 0.05 2/112 1234\n",
        .oldest_dump = "load.1min 0\nload.5min 0.01\nload.15min 0.05\n"
                       "threads.runnable 2\nthreads.total 112\n",
        .malformed = malformed,
    });
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(standard_cases_hold)};
    return cmocka_run_group_tests_name("loadavg", tests, nullptr, nullptr);
}
