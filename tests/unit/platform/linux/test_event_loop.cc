#include "platform/linux/event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

EventLoop loop;
int event = -1;

// What handlers and hooks did, in order.
char history[32];
std::size_t history_bytes;

void note(char what) {
    if (history_bytes < sizeof history - 1) history[history_bytes++] = what;
}

int open_loop(void**) {
    history_bytes = 0;
    for (char& byte : history)
        byte = '\0';
    event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return event >= 0 && loop.open() == Status::ok ? 0 : -1;
}

int close_loop(void**) {
    loop.close();
    close(event);
    return 0;
}

void take_event(void* context, std::uint32_t ready) {
    std::uint64_t count = 0;
    if ((ready & EPOLLIN) != 0 && read(event, &count, sizeof count) == sizeof count) {
        note(static_cast<char>('0' + count));
    }
    if (context != nullptr) static_cast<EventLoop*>(context)->stop();
}

void send_event(std::uint64_t count) {
    assert_int_equal(write(event, &count, sizeof count), sizeof count);
}

void a_ready_descriptor_calls_its_handler_and_stop_ends_the_run(void**) {
    assert_true(loop.watch(event, EPOLLIN, {take_event, &loop}) == Status::ok);
    send_event(3);
    loop.run();
    assert_string_equal(history, "3");
    send_event(4);
    loop.run();
    assert_string_equal(history, "34");
}

void nobody_is_called_for_another_descriptor(void**) {
    const int other = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    const auto stop = [](void* context, std::uint32_t) {
        note('o');
        static_cast<EventLoop*>(context)->stop();
    };
    assert_true(loop.watch(event, EPOLLIN, {take_event, nullptr}) == Status::ok);
    assert_true(loop.watch(other, EPOLLIN, {stop, &loop}) == Status::ok);
    loop.run();
    close(other);
    assert_string_equal(history, "o");
}

int timeout_of_10_ms(void*) {
    note('t');
    return 10;
}
int timeout_never(void*) {
    note('n');
    return -1;
}
void after_stops(void* context) {
    note('a');
    static_cast<EventLoop*>(context)->stop();
}
void after_only(void*) {
    note('b');
}

void the_shortest_timeout_of_all_hooks_ends_the_wait(void**) {
    assert_true(loop.add_hook({timeout_never, after_only, nullptr}) == Status::ok);
    assert_true(loop.add_hook({timeout_of_10_ms, after_stops, &loop}) == Status::ok);
    loop.run();
    assert_string_equal(history, "ntba");
}

void hooks_run_after_handlers(void**) {
    assert_true(loop.watch(event, EPOLLIN, {take_event, nullptr}) == Status::ok);
    assert_true(loop.add_hook({timeout_never, after_stops, &loop}) == Status::ok);
    send_event(1);
    loop.run();
    assert_string_equal(history, "n1a");
}

void what_epoll_refuses_is_an_error_and_takes_no_place(void**) {
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    for (std::size_t i = 0; i <= EventLoop::watch_count_max; ++i)
        assert_true(loop.watch(file, EPOLLIN, {take_event, nullptr}) == Status::io_error);
    assert_true(loop.watch(-1, EPOLLIN, {take_event, nullptr}) == Status::io_error);
    assert_true(loop.watch(event, EPOLLIN, {take_event, &loop}) == Status::ok);
    close(file);
}

void more_watches_than_there_is_room_for_are_refused(void**) {
    static int events[EventLoop::watch_count_max + 1];
    Status last = Status::ok;
    for (std::size_t i = 0; i <= EventLoop::watch_count_max; ++i) {
        events[i] = eventfd(0, EFD_CLOEXEC);
        last = loop.watch(events[i], EPOLLIN, {take_event, nullptr});
        assert_true(i == EventLoop::watch_count_max || last == Status::ok);
    }
    for (const int fd : events)
        close(fd);
    assert_true(last == Status::full);
}

// Two that are ready in one batch, and two that take their slots and are not.
int ready_fds[2];
int quiet_fds[2];

void note_quiet(void*, std::uint32_t) {
    note('q');
}

// Whoever of the ready ones comes first.
void replace_both(void*, std::uint32_t) {
    note('r');
    for (const int fd : ready_fds)
        loop.unwatch(fd);
    for (const int fd : quiet_fds)
        assert_true(loop.watch(fd, EPOLLIN, {note_quiet, nullptr}) == Status::ok);
}

void an_event_of_the_same_batch_does_not_reach_the_next_owner_of_its_slot(void**) {
    for (int& fd : ready_fds) {
        fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_true(loop.watch(fd, EPOLLIN, {replace_both, nullptr}) == Status::ok);
    }
    for (int& fd : quiet_fds)
        fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(loop.add_hook({timeout_never, after_stops, &loop}) == Status::ok);
    loop.run();
    for (std::size_t i = 0; i < 2; ++i) {
        close(ready_fds[i]);
        close(quiet_fds[i]);
    }
    assert_string_equal(history, "nra");
}

void unwatch_other(void* other, std::uint32_t) {
    note('r');
    loop.unwatch(*static_cast<int*>(other));
}

void who_was_removed_by_another_of_the_same_batch_is_not_called(void**) {
    for (std::size_t i = 0; i < 2; ++i) {
        ready_fds[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        const EventHandler handler = {unwatch_other, &ready_fds[1 - i]};
        assert_true(loop.watch(ready_fds[i], EPOLLIN, handler) == Status::ok);
    }
    assert_true(loop.add_hook({timeout_never, after_stops, &loop}) == Status::ok);
    loop.run();
    close(ready_fds[0]);
    close(ready_fds[1]);
    assert_string_equal(history, "nra");
}

void unwatch_itself(void*, std::uint32_t) {
    note('u');
    loop.unwatch(event);
}

void a_handler_that_removes_itself_is_not_called_again(void**) {
    assert_true(loop.watch(event, EPOLLIN, {unwatch_itself, nullptr}) == Status::ok);
    const auto stop_at_second = [](void* context) {
        if (history_bytes >= 5) static_cast<EventLoop*>(context)->stop();
    };
    assert_true(loop.add_hook({timeout_of_10_ms, after_only, nullptr}) == Status::ok);
    assert_true(loop.add_hook({[](void*) { return -1; }, stop_at_second, &loop}) == Status::ok);
    send_event(1);
    loop.run();
    assert_string_equal(history, "tubtb");
}

void slots_are_used_again_without_end(void**) {
    for (std::size_t i = 0; i < 10 * EventLoop::watch_count_max; ++i) {
        assert_true(loop.watch(event, EPOLLIN, {take_event, &loop}) == Status::ok);
        assert_true(loop.watch(event, EPOLLIN, {take_event, &loop}) == Status::io_error);
        loop.unwatch(event);
        loop.unwatch(event);
    }
    loop.unwatch(-1);
    assert_true(loop.watch(event, EPOLLIN, {take_event, &loop}) == Status::ok);
    send_event(2);
    loop.run();
    assert_string_equal(history, "2");
}

void a_number_that_was_closed_unasked_takes_its_slot_again(void**) {
    for (std::size_t i = 0; i < 10 * EventLoop::watch_count_max; ++i) {
        const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_true(loop.watch(fd, EPOLLIN, {take_event, nullptr}) == Status::ok);
        close(fd);
    }
}

void more_hooks_than_there_is_room_for_are_refused(void**) {
    Status status = Status::ok;
    for (int i = 0; i < 1000 && status == Status::ok; ++i)
        status = loop.add_hook({timeout_never, after_only, nullptr});
    assert_true(status == Status::full);
}

}  // namespace

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main() {
    const CMUnitTest tests[] = {
        WITH_LOOP(a_ready_descriptor_calls_its_handler_and_stop_ends_the_run),
        WITH_LOOP(nobody_is_called_for_another_descriptor),
        WITH_LOOP(the_shortest_timeout_of_all_hooks_ends_the_wait),
        WITH_LOOP(hooks_run_after_handlers),
        WITH_LOOP(what_epoll_refuses_is_an_error_and_takes_no_place),
        WITH_LOOP(more_watches_than_there_is_room_for_are_refused),
        WITH_LOOP(an_event_of_the_same_batch_does_not_reach_the_next_owner_of_its_slot),
        WITH_LOOP(who_was_removed_by_another_of_the_same_batch_is_not_called),
        WITH_LOOP(a_handler_that_removes_itself_is_not_called_again),
        WITH_LOOP(slots_are_used_again_without_end),
        WITH_LOOP(a_number_that_was_closed_unasked_takes_its_slot_again),
        WITH_LOOP(more_hooks_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests_name("event_loop", tests, nullptr, nullptr);
}
