#include "agent/apps/offenders.h"

#include <cstdio>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

static Offenders offenders;

int begin(void**) {
    offenders.clear();
    return 0;
}

void the_metric_that_overflowed_most_is_named(void**) {
    assert_int_equal(offenders.worst().count, 0);
    assert_true(offenders.worst().name.empty());
    offenders.note("a");
    offenders.note("b");
    offenders.note("b");
    assert_string_equal(offenders.worst().name.c_str(), "b");
    assert_int_equal(offenders.worst().count, 2);
}

void one_with_more_than_a_fourth_is_found_among_any_others(void**) {
    for (unsigned i = 0; i < 3000; ++i) {
        char name[16];
        std::snprintf(name, sizeof name, "other%u", i);
        offenders.note(i % 3 == 0 ? "worst" : name);
    }
    assert_string_equal(offenders.worst().name.c_str(), "worst");
    assert_true(offenders.worst().count >= 1000);
}

void a_longer_name_than_any_metric_may_have_is_cut_off(void**) {
    char name[400];
    memset(name, 'n', sizeof name);
    offenders.note({name, sizeof name});
    offenders.note({name, sizeof name});
    assert_int_equal(offenders.worst().name.size(), limits::app_name_bytes_max);
    assert_int_equal(offenders.worst().count, 2);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_metric_that_overflowed_most_is_named, begin),
        cmocka_unit_test_setup(one_with_more_than_a_fourth_is_found_among_any_others, begin),
        cmocka_unit_test_setup(a_longer_name_than_any_metric_may_have_is_cut_off, begin),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
