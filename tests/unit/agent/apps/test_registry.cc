#include "agent/apps/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "platform/linux/clock.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

// A port that is free now, and with `count` - 1 behind it.
std::uint16_t free_ports(std::uint16_t count) {
    for (std::uint32_t first = 20000; first < 60000; first += count) {
        std::uint16_t free_count = 0;
        for (; free_count < count; ++free_count) {
            const int probe =
                open_udp_socket(loopback(), static_cast<std::uint16_t>(first + free_count), 0);
            if (probe < 0) break;
            close(probe);
        }
        if (free_count == count) return static_cast<std::uint16_t>(first);
    }
    return 0;
}

void a_registered_container_has_a_bound_port_until_it_is_removed(void**) {
    Registry& registry = registry_make(4);
    registry.start(registry_options(), {});
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    const Registration* a = registry.find("a");
    assert_non_null(a);
    assert_int_not_equal(a->port, 0);
    assert_int_equal(bound_port(a->socket), a->port);
    IpAddress address;
    std::uint16_t bound = 0;
    assert_true(read_bound_address(a->socket, address, bound));
    assert_true(address == loopback());
    assert_int_equal(bound, a->port);
    assert_int_equal(fcntl(a->socket, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(open_udp_socket(loopback(), a->port, 0), -1);
    assert_int_equal(errno, EADDRINUSE);
    assert_ptr_equal(registry.at(0), a);
    assert_int_equal(registry.count(), 1);
    const std::uint16_t port = a->port;
    assert_true(registry.remove("a"));
    assert_null(registry.find("a"));
    assert_null(registry.at(0));
    assert_false(registry.remove("a"));
    const int again = open_udp_socket(loopback(), port, 0);
    assert_true(again >= 0);
    close(again);
    registry.close();
}

void a_second_registration_gives_the_first(void**) {
    Registry& registry = registry_make(4);
    registry.start(registry_options(), {});
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    const std::uint16_t port = registry.find("a")->port;
    assert_int_equal(registry_add(registry, "a", "192.0.2.1", 7), RegistryStatus::exists);
    assert_int_equal(registry.find("a")->port, port);
    assert_int_equal(registry.count(), 1);
    registry.close();
}

void ids_that_are_ways_are_refused(void**) {
    Registry& registry = registry_make(4);
    registry.start(registry_options(), {});
    for (const char* id : {"", ".", "..", "../a", "a/b", "/etc/passwd", ".new"}) {
        assert_int_equal(registry_add(registry, id), RegistryStatus::bad_id);
        assert_false(registry.remove(id));
        assert_null(registry.find(id));
    }
    assert_int_equal(registry.count(), 0);
    registry.close();
}

void a_client_may_name_the_configured_host_only(void**) {
    Registry& registry = registry_make(8);
    registry.start(registry_options(), {});
    assert_int_equal(registry_add(registry, "a", "127.0.0.1"), RegistryStatus::created);
    for (const char* host : {"0.0.0.0", "127.0.0.2", "::", "::1", "localhost", "::ffff:127.0.0.1"})
        assert_int_equal(registry_add(registry, "b", host), RegistryStatus::bad_host);
    registry.close();
}

void any_host_that_is_allowed_is_one_of_this_machine(void**) {
    Registry& registry = registry_make(8);
    RegistryOptions options = registry_options();
    options.is_any_host_allowed = true;
    registry.start(options, {});
    assert_int_equal(registry_add(registry, "a", "127.0.0.2"), RegistryStatus::created);
    assert_string_equal(ip_text(registry.find("a")->host).c_str(), "127.0.0.2");
    for (const char* host : {"0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "::ffff:0.0.0.0"})
        assert_int_equal(registry_add(registry, "b", host), RegistryStatus::bad_host);
    assert_int_equal(registry_add(registry, "b", "192.0.2.77"), RegistryStatus::host_missing);
    registry.close();
}

void all_interfaces_are_bound_only_when_the_configuration_says_so(void**) {
    Registry& registry = registry_make(8);
    RegistryOptions options;
    assert_true(parse_ip_address("0.0.0.0", options.host));
    registry.start(options, {});
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    assert_true(registry.find("a")->host.is_unspecified());
    registry.close();
}

void a_named_port_that_is_taken_is_a_conflict(void**) {
    Registry& registry = registry_make(4);
    registry.start(registry_options(), {});
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    const std::uint16_t port = registry.find("a")->port;
    assert_int_equal(registry_add(registry, "b", {}, port), RegistryStatus::port_taken);
    const int other = open_udp_socket(loopback(), 0, 0);
    assert_int_equal(registry_add(registry, "b", {}, bound_port(other)),
                     RegistryStatus::port_taken);
    const std::uint16_t free = bound_port(other);
    close(other);
    assert_int_equal(registry_add(registry, "b", {}, free), RegistryStatus::created);
    assert_int_equal(registry.find("b")->port, free);
    assert_int_equal(registry_add(registry, "c", {}, 53), RegistryStatus::bad_port);
    registry.close();
}

void ports_come_from_the_range_and_rest_before_they_are_used_again(void**) {
    const std::uint16_t first = free_ports(4);
    assert_int_not_equal(first, 0);
    Registry& registry = registry_make(8);
    RegistryOptions options = registry_options();
    options.port_first = first;
    options.port_last = static_cast<std::uint16_t>(first + 3);
    registry.start(options, {});
    // Another program has one of them.
    const int other = open_udp_socket(loopback(), static_cast<std::uint16_t>(first + 1), 0);
    assert_true(other >= 0);
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    const std::uint16_t port = registry.find("a")->port;
    assert_true(port >= first && port <= first + 3 && port != first + 1);
    assert_true(registry.remove("a"));
    assert_int_equal(registry_add(registry, "b"), RegistryStatus::created);
    assert_int_not_equal(registry.find("b")->port, port);
    assert_int_equal(registry_add(registry, "c"), RegistryStatus::created);
    assert_int_equal(registry_add(registry, "d"), RegistryStatus::created);
    assert_int_equal(registry_add(registry, "e"), RegistryStatus::no_room);
    assert_int_equal(registry_add(registry, "e", {}, 61000), RegistryStatus::bad_port);
    close(other);
    assert_int_equal(registry_add(registry, "e"), RegistryStatus::created);
    assert_int_equal(registry.find("e")->port, first + 1);
    registry.close();
}

void a_full_registry_refuses_and_takes_again_after_a_removal(void**) {
    Registry& registry = registry_make(2);
    registry.start(registry_options(), {});
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    assert_int_equal(registry_add(registry, "b"), RegistryStatus::created);
    assert_int_equal(registry_add(registry, "c"), RegistryStatus::no_room);
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::exists);
    assert_true(registry.remove("a"));
    assert_int_equal(registry_add(registry, "c"), RegistryStatus::created);
    registry.close();
}

void without_a_descriptor_there_is_no_room(void**) {
    Registry& registry = registry_make(8);
    registry.start(registry_options(), {});
    rlimit before = {};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = dup(0);
    close(next);
    const rlimit tight = {static_cast<rlim_t>(next), before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const RegistryStatus status = registry_add(registry, "a");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, RegistryStatus::no_room);
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    registry.close();
}

void the_sink_hears_of_every_change(void**) {
    static char history[64];
    static std::size_t size;
    size = 0;
    RegistrySink sink;
    sink.added = [](void*, std::uint32_t index, const Registration& registration) {
        size += static_cast<std::size_t>(snprintf(history + size, sizeof history - size, "+%u%s",
                                                  index, registration.id.c_str()));
    };
    sink.removed = [](void*, std::uint32_t index, const Registration& registration) {
        NMA_CHECK(fcntl(registration.socket, F_GETFD) >= 0);
        size += static_cast<std::size_t>(snprintf(history + size, sizeof history - size, "-%u%s",
                                                  index, registration.id.c_str()));
    };
    Registry& registry = registry_make(4);
    registry.start(registry_options(), sink);
    registry_add(registry, "a");
    registry_add(registry, "b");
    registry_add(registry, "a");
    registry.remove("a");
    registry.remove("x");
    registry_add(registry, "c");
    registry.close();
    assert_string_equal(history, "+0a+1b-0a+0c");
}

void many_come_and_go_without_loss(void**) {
    constexpr std::uint32_t count = 500;
    Registry& registry = registry_make(count);
    registry.start(registry_options(), {});
    char id[32];
    for (std::uint32_t round = 0; round < 3; ++round) {
        for (std::uint32_t i = 0; i < count; ++i) {
            snprintf(id, sizeof id, "c-%u-%u", round, i);
            assert_int_equal(registry_add(registry, id), RegistryStatus::created);
        }
        assert_int_equal(registry.count(), count);
        for (std::uint32_t i = 0; i < count; ++i) {
            snprintf(id, sizeof id, "c-%u-%u", round, i * 7 % count);
            assert_non_null(registry.find(id));
            assert_true(registry.remove(id));
            assert_null(registry.find(id));
        }
        assert_int_equal(registry.count(), 0);
    }
    registry.close();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_registered_container_has_a_bound_port_until_it_is_removed),
        cmocka_unit_test(a_second_registration_gives_the_first),
        cmocka_unit_test(ids_that_are_ways_are_refused),
        cmocka_unit_test(a_client_may_name_the_configured_host_only),
        cmocka_unit_test(any_host_that_is_allowed_is_one_of_this_machine),
        cmocka_unit_test(all_interfaces_are_bound_only_when_the_configuration_says_so),
        cmocka_unit_test(a_named_port_that_is_taken_is_a_conflict),
        cmocka_unit_test(ports_come_from_the_range_and_rest_before_they_are_used_again),
        cmocka_unit_test(a_full_registry_refuses_and_takes_again_after_a_removal),
        cmocka_unit_test(without_a_descriptor_there_is_no_room),
        cmocka_unit_test(the_sink_hears_of_every_change),
        cmocka_unit_test(many_come_and_go_without_loss),
    };
    return cmocka_run_group_tests_name("registry", tests, nullptr, nullptr);
}
