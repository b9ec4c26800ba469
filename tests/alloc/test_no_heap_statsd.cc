// Packets of every dialect, and what is shown of them; here, that none of it comes from the heap,
// the C++ library's parser of numbers included.
#include <cstdlib>

#include "tests/alloc/counting_malloc.h"
#include "tests/support/app_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr const char* packets[] = {
    "a:1|c\nb:12345678901234567890.12345e-7|g\nc:x|s\nd:3.25|ms|@0.1|#k:v,j:w\nbad\n",
    "e,k=v:1:2:3|h|#l:m|c:ci-1|T1700000000\n_e{1,1}:a|b\n_sc|a|0\n",
    "f:123456789012345678901234567890123456789012345678901234567890.5e-300|g",
    "g:2.2250738585072011e-308|g\ng:1e999|g\ng:NaN|g",
};

void packets_and_answers_never_take_from_the_heap(void**) {
    static AppBed bed;
    assert_true(bed.make({}));
    start_counting();
    for (int round = 0; round < 100; ++round) {
        for (const char* packet : packets)
            bed.send(packet);
        bed.put("h", "", round, 1);
        bed.store.end_group(bed.container, 1, bed.now_ns);
        bed.shown();
        bed.wait_s(7);
    }
    bed.store.close(bed.container);
    const AllocationCounts counts = stop_counting();
    if (counts.ours > 0) print_error("first by %p\n", counts.first_ours);
    assert_int_equal(counts.ours, 0);
    bed.give_back();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(packets_and_answers_never_take_from_the_heap),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
