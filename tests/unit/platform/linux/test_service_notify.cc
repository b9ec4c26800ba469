#include "platform/linux/service_notify.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "platform/linux/clock.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

// Stands in for the service manager.
struct Manager {
    test::Tree tree;
    int socket = -1;
    char name[600] = "";
    char message[1024] = "";
};

void listen_at(Manager& manager, const char* name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::size_t size = std::strlen(name);
    std::memcpy(address.sun_path, name, size);
    if (name[0] == '@') address.sun_path[0] = '\0';
    manager.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
    assert_int_equal(bind(manager.socket, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

const char* received(Manager& manager) {
    const ssize_t size = recv(manager.socket, manager.message, sizeof manager.message - 1, 0);
    manager.message[size < 0 ? 0 : size] = '\0';
    return manager.message;
}

void forget(Manager& manager) {
    if (manager.socket >= 0) close(manager.socket);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        unsetenv(name);
}

void start_at_path(Manager& manager) {
    test::tree_make(manager.tree);
    std::snprintf(manager.name, sizeof manager.name, "%s/notify", manager.tree.path.c_str());
    listen_at(manager, manager.name);
}

void without_a_manager_nothing_happens(void**) {
    unsetenv("NOTIFY_SOCKET");
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    assert_false(notify.has_manager());
    assert_true(notify.ready("up"));
    assert_true(notify.feed_watchdog());
    assert_int_equal(notify.watchdog_period_ns(), 0);
    notify.close();
}

void each_state_is_one_datagram(void**) {
    static Manager manager;
    start_at_path(manager);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    assert_true(notify.has_manager());
    assert_true(notify.ready("3 containers"));
    assert_string_equal(received(manager), "READY=1\nSTATUS=3 containers");
    assert_true(notify.stopping(""));
    assert_string_equal(received(manager), "STOPPING=1");
    assert_true(notify.tell("4 containers"));
    assert_string_equal(received(manager), "STATUS=4 containers");
    assert_true(notify.feed_watchdog());
    assert_string_equal(received(manager), "WATCHDOG=1");
    notify.close();
    assert_false(notify.has_manager());
    forget(manager);
    test::tree_remove(manager.tree);
}

void a_reload_tells_its_moment(void**) {
    static Manager manager;
    start_at_path(manager);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    const unsigned long long before = monotonic_ns() / 1000;
    assert_true(notify.reloading("reading keys"));
    const unsigned long long after = monotonic_ns() / 1000;
    unsigned long long moment = 0;
    char rest[64] = "";
    assert_int_equal(
        std::sscanf(received(manager), "RELOADING=1\nMONOTONIC_USEC=%llu\n%63[^\n]", &moment, rest),
        2);
    assert_in_range(moment, before, after);
    assert_string_equal(rest, "STATUS=reading keys");
    notify.close();
    forget(manager);
    test::tree_remove(manager.tree);
}

void an_abstract_name_is_understood(void**) {
    static Manager manager;
    std::snprintf(manager.name, sizeof manager.name, "@nma-test-notify-%d", getpid());
    listen_at(manager, manager.name);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    assert_true(notify.ready(""));
    assert_string_equal(received(manager), "READY=1");
    notify.close();
    forget(manager);
}

void a_status_cannot_forge_a_state(void**) {
    static Manager manager;
    start_at_path(manager);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    assert_true(notify.tell("a\nREADY=1\x1b"));
    assert_string_equal(received(manager), "STATUS=a?READY=1?");
    static char text[1000];
    std::memset(text, 'x', sizeof text);
    assert_true(notify.ready({text, sizeof text}));
    assert_int_equal(std::strlen(received(manager)), 8 + 7 + 200);
    notify.close();
    forget(manager);
    test::tree_remove(manager.tree);
}

void a_manager_that_is_gone_is_told(void**) {
    static Manager manager;
    start_at_path(manager);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    close(manager.socket);
    assert_false(notify.ready(""));
    unlink(manager.name);
    listen_at(manager, manager.name);
    assert_true(notify.ready(""));
    notify.close();
    forget(manager);
    test::tree_remove(manager.tree);
}

void a_manager_that_takes_nothing_costs_little(void**) {
    static Manager manager;
    start_at_path(manager);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    bool is_sent = true;
    for (int i = 0; i < 100'000 && is_sent; ++i)
        is_sent = notify.feed_watchdog();
    assert_false(is_sent);
    notify.close();
    forget(manager);
    test::tree_remove(manager.tree);
}

void other_kinds_of_addresses_are_malformed(void**) {
    for (const char* name : {"vsock:2:1234", "notify", "@", "/"}) {
        setenv("NOTIFY_SOCKET", name, 1);
        ServiceNotify notify;
        assert_true(notify.open() == Status::malformed);
        assert_false(notify.has_manager());
        assert_true(notify.ready(""));
    }
    static char name[200];
    std::memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    setenv("NOTIFY_SOCKET", name, 1);
    ServiceNotify notify;
    assert_true(notify.open() == Status::malformed);
    unsetenv("NOTIFY_SOCKET");
}

std::uint64_t period_with(const char* period_us, const char* pid) {
    setenv("NOTIFY_SOCKET", "@nma-test-nobody", 1);
    setenv("WATCHDOG_USEC", period_us, 1);
    unsetenv("WATCHDOG_PID");
    if (pid != nullptr) setenv("WATCHDOG_PID", pid, 1);
    ServiceNotify notify;
    assert_true(notify.open() == Status::ok);
    const std::uint64_t period_ns = notify.watchdog_period_ns();
    notify.close();
    return period_ns;
}

void the_watchdog_is_ours_alone(void**) {
    char own[16];
    std::snprintf(own, sizeof own, "%d", getpid());
    assert_int_equal(period_with("30000000", nullptr), 30'000'000'000);
    assert_int_equal(period_with("30000000", own), 30'000'000'000);
    for (const char* other : {"1", "", "x", "-1"})
        assert_int_equal(period_with("30000000", other), 0);
    for (const char* bad : {"", "x", "-5", "5x", "99999999999999999999", "18446744073709551615"})
        assert_int_equal(period_with(bad, nullptr), 0);
    Manager none;
    forget(none);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(each_state_is_one_datagram),
        cmocka_unit_test(a_reload_tells_its_moment),
        cmocka_unit_test(an_abstract_name_is_understood),
        cmocka_unit_test(a_status_cannot_forge_a_state),
        cmocka_unit_test(a_manager_that_is_gone_is_told),
        cmocka_unit_test(a_manager_that_takes_nothing_costs_little),
        cmocka_unit_test(other_kinds_of_addresses_are_malformed),
        cmocka_unit_test(the_watchdog_is_ours_alone),
    };
    return cmocka_run_group_tests_name("service_notify", tests, nullptr, nullptr);
}
