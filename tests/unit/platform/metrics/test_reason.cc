#include "platform/metrics/reason.h"

#include <string.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void every_reason_has_a_name_of_its_own(void**) {
    for (int i = 0; i < reason_count; ++i) {
        for (int j = 0; j < i; ++j) {
            assert_string_not_equal(reason_name(static_cast<Reason>(i)),
                                    reason_name(static_cast<Reason>(j)));
        }
    }
}

void only_success_has_no_reason(void**) {
    for (int i = 0; i < status_count; ++i) {
        const Reason reason = reason_of(static_cast<Status>(i));
        assert_int_equal(reason == Reason::none, static_cast<Status>(i) == Status::ok);
    }
}

void failures_keep_their_meaning(void**) {
    assert_string_equal(reason_name(reason_of(Status::denied)), "no_permission");
    assert_string_equal(reason_name(reason_of(Status::full)), "limit_reached");
    assert_string_equal(reason_name(reason_of(Status::timeout)), "timeout");
    assert_string_equal(reason_name(reason_of(Status::malformed)), "unreadable");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(every_reason_has_a_name_of_its_own),
                                cmocka_unit_test(only_success_has_no_reason),
                                cmocka_unit_test(failures_keep_their_meaning)};
    return cmocka_run_group_tests_name("reason", tests, nullptr, nullptr);
}
