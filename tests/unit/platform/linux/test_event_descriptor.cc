#include "platform/linux/event_descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

bool is_readable(int descriptor, int wait_ms = 0) {
    pollfd waited = {descriptor, POLLIN, 0};
    return poll(&waited, 1, wait_ms) == 1;
}

void an_event_is_readable_from_its_signal_until_it_is_drained(void**) {
    const int event = open_event();
    assert_true(event >= 0);
    assert_int_equal(fcntl(event, F_GETFD), FD_CLOEXEC);
    assert_false(is_readable(event));
    signal_event(event);
    signal_event(event);
    assert_true(is_readable(event));
    drain_event(event);
    assert_false(is_readable(event));
    drain_event(event);  // does not wait
    close(event);
}

void a_timer_is_drained_alike(void**) {
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const itimerspec soon = {{0, 0}, {0, 1000}};
    assert_int_equal(timerfd_settime(timer, 0, &soon, nullptr), 0);
    assert_true(is_readable(timer, 5000));
    drain_event(timer);
    assert_false(is_readable(timer));
    close(timer);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_readable_from_its_signal_until_it_is_drained),
        cmocka_unit_test(a_timer_is_drained_alike),
    };
    return cmocka_run_group_tests_name("event_descriptor", tests, nullptr, nullptr);
}
