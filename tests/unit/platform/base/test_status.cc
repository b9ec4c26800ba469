#include "platform/base/status.h"

#include <cerrno>
#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void every_status_has_a_word_of_its_own(void**) {
    for (int i = 0; i < status_count; ++i) {
        const char* name = status_name(static_cast<Status>(i));
        assert_true(std::strlen(name) > 1);
        for (int j = 0; j < i; ++j)
            assert_string_not_equal(name, status_name(static_cast<Status>(j)));
    }
    assert_string_equal(status_name(Status::ok), "ok");
    assert_string_equal(status_name(Status::io_error), "io_error");
}

void a_status_out_of_range_has_a_word_too(void**) {
    assert_string_equal(status_name(static_cast<Status>(status_count)), "io_error");
    assert_string_equal(status_name(static_cast<Status>(255)), "io_error");
}

void errno_is_told_apart(void**) {
    assert_true(status_from_errno(0) == Status::ok);
    assert_true(status_from_errno(ENOENT) == Status::absent);
    assert_true(status_from_errno(ENOTDIR) == Status::absent);
    assert_true(status_from_errno(EACCES) == Status::denied);
    assert_true(status_from_errno(EPERM) == Status::denied);
    assert_true(status_from_errno(EOPNOTSUPP) == Status::unsupported);
    assert_true(status_from_errno(ENOSYS) == Status::unsupported);
    assert_true(status_from_errno(ENODEV) == Status::gone);
    assert_true(status_from_errno(ESRCH) == Status::gone);
    assert_true(status_from_errno(ETIMEDOUT) == Status::timeout);
    assert_true(status_from_errno(EIO) == Status::io_error);
    assert_true(status_from_errno(EMFILE) == Status::io_error);
    assert_true(status_from_errno(-1) == Status::io_error);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_word_of_its_own),
        cmocka_unit_test(a_status_out_of_range_has_a_word_too),
        cmocka_unit_test(errno_is_told_apart),
    };
    return cmocka_run_group_tests_name("status", tests, nullptr, nullptr);
}
