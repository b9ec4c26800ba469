#include "agent/apps/inlets.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "platform/linux/clock.h"
#include "tests/support/apps_bed.h"
#include "tests/support/emulator.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::size_t registration_count_max = 1200;

Tree tree;  // whose proc says what the tests want
HostRoot root;
EventLoop loop;
AppStore* store;
Registry* registry;
Inlets* inlets;
int sender = -1;  // an UDP socket

Inlets& inlets_make() {
    static Arena arena;
    static Inlets result;
    arena.unmap();
    arena = Arena();
    result = Inlets();
    Arena measuring;
    result.init(measuring, registration_count_max);
    NMA_CHECK(arena.map(measuring.used_bytes()));
    result.init(arena, registration_count_max);
    return result;
}

void start_unwatched(ReceiveBufferBytes buffer_bytes = 0, std::string_view nobody_id = {}) {
    InletOptions options;
    options.receive_buffer_bytes = buffer_bytes;
    options.nobody_id = nobody_id;
    assert_int_equal(inlets->start(*store, root, bed_questions(), options), Status::ok);
    RegistryOptions registry_choice = registry_options();
    registry_choice.receive_buffer_bytes = buffer_bytes;
    registry->start(registry_choice, inlets->sink());
}

void start(ReceiveBufferBytes buffer_bytes = 0, std::string_view nobody_id = {}) {
    start_unwatched(buffer_bytes, nobody_id);
    assert_int_equal(inlets->watch(loop), Status::ok);
}

// A packet that takes as long as any: tags to the limit, and then values.
const std::string& heavy_packet() {
    static std::string text = "heavy,key=" + std::string(1000, 'x');
    while (text.size() < limits::packet_bytes_max - 4)
        text += ":1";
    if (text.back() != 'g') text += "|g";
    return text;
}

int make(void**) {
    tree_make(tree);
    store = &store_make(64);
    registry = &registry_make(registration_count_max);
    inlets = &inlets_make();
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    const EventLoop::Hook once = {[](void*) { return 0; },
                                  [](void* itself) { static_cast<EventLoop*>(itself)->stop(); },
                                  &loop};
    const bool is_made = root.open(tree.path.c_str()) == Status::ok && loop.open() == Status::ok &&
                         loop.add_hook(once) == Status::ok;
    return is_made ? 0 : -1;
}

int unmake(void**) {
    registry->close();
    inlets->stop();
    loop.close();
    root.close();
    close(sender);
    tree_remove(tree);
    return 0;
}

// Until nothing waits any more: on this machine, what was sent has arrived.
void run_loop() {
    std::uint64_t before = 0;
    do {
        before = inlets->counts().packets;
        loop.run();
    } while (inlets->counts().packets != before);
}

void send_udp(std::uint16_t port, std::string_view text) {
    sockaddr_storage target;
    const socklen_t bytes = fill_socket_address(loopback(), port, target);
    const auto* address = reinterpret_cast<const sockaddr*>(&target);
    assert_int_equal(sendto(sender, text.data(), text.size(), 0, address, bytes), text.size());
}

std::uint16_t registered_port(const char* id) {
    registry_add(*registry, id);
    return registry->find(id)->port;
}

std::string unix_path() {
    return std::string(tree.path.c_str()) + "/statsd.sock";
}

int connect_unix() {
    const int result = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    unix_path().copy(address.sun_path, sizeof address.sun_path - 1);
    NMA_CHECK(connect(result, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return result;
}

void send_unix(int socket, std::string_view text) {
    assert_int_equal(send(socket, text.data(), text.size(), 0), text.size());
}

void a_container_s_port_feeds_its_container(void**) {
    start();
    const std::uint16_t a = registered_port("a");
    const std::uint16_t b = registered_port("b");
    send_udp(a, "m:1|c\nm:2|c");
    send_udp(b, "m:4|c\n");
    send_udp(a, "m:8|c|c:b");
    run_loop();
    assert_true(store_sum(*store, "a") == 11);
    assert_true(store_sum(*store, "b") == 4);
    assert_int_equal(inlets->counts().packets, 3);
}

void what_waits_at_a_removal_is_read_and_stays(void**) {
    start();
    const std::uint16_t port = registered_port("a");
    send_udp(port, "m:1|c");
    assert_true(registry->remove("a"));
    assert_true(store_sum(*store, "a") == 1);
    inlets->tick(boottime_ns() + 1000 * ns_per_s);
    assert_true(store_sum(*store, "a") == 1);
}

void more_at_a_removal_than_one_turn_has_time_for_is_lost(void**) {
    start(8 << 20);
    const std::uint16_t port = registered_port("a");
    constexpr std::uint64_t sent_count = 256;
    for (std::uint64_t i = 0; i < sent_count; ++i)
        send_udp(port, heavy_packet());
    assert_true(registry->remove("a"));
    assert_true(inlets->counts().packets >= limits::packets_per_batch);
    assert_true(inlets->counts().packets + inlets->counts().dropped_packets < sent_count);
}

void what_waits_at_the_end_stays_for_the_next_agent(void**) {
    start();
    send_udp(registered_port("a"), "m:1|c");
    const int kept = dup(registry->find("a")->socket);
    registry->close();
    inlets->stop();
    assert_int_equal(inlets->counts().packets, 0);
    char packet[16];
    assert_int_equal(recv(kept, packet, sizeof packet, MSG_DONTWAIT), 5);
    close(kept);
}

void packets_wait_until_the_loop_is_to_watch(void**) {
    start_unwatched();
    send_udp(registered_port("a"), "m:1|c");
    run_loop();
    assert_int_equal(inlets->counts().packets, 0);
    assert_int_equal(inlets->watch(loop), Status::ok);
    run_loop();
    assert_true(store_sum(*store, "a") == 1);
}

void what_was_dropped_while_there_was_no_agent_is_told(void**) {
    skip_if_emulated("inlets.dropped", emulator_has_no_drop_counts);
    start();
    Registration kept;
    assert_true(kept.id.assign("a"));
    kept.host = loopback();
    kept.socket = open_udp_socket(loopback(), 0, 4096);
    kept.port = bound_port(kept.socket);
    constexpr std::uint64_t flood_count = 1000;
    for (std::uint64_t i = 0; i < flood_count; ++i)
        send_udp(kept.port, "m:1|c");
    const RegistrySink sink = inlets->sink();
    sink.added(sink.context, 0, kept);
    run_loop();
    inlets->tick(boottime_ns());
    const std::uint64_t dropped = store_count(*store, "a", AppCount::dropped_packet);
    assert_true(dropped > 0);
    assert_int_equal(dropped + store_count(*store, "a", AppCount::sample), flood_count);
    sink.removed(sink.context, 0, kept);
    close(kept.socket);
}

void sockets_with_heavy_packets_let_all_others_have_their_turn(void**) {
    start(1 << 20);
    std::uint16_t ports[8];
    char id[16];
    for (int i = 0; i < 8; ++i) {
        snprintf(id, sizeof id, "c%d", i);
        ports[i] = registered_port(id);
    }
    for (int i = 0; i < 60; ++i)
        send_udp(ports[i % 2], heavy_packet());
    for (int i = 2; i < 8; ++i)
        send_udp(ports[i], "m:1|c");
    for (int i = 0; i < 8; ++i)
        loop.run();
    for (int i = 2; i < 8; ++i) {
        snprintf(id, sizeof id, "c%d", i);
        assert_true(store_sum(*store, id) == 1);
    }
}

void a_shared_port_takes_the_field_and_counts_the_rest(void**) {
    start();
    FixedText<256> error;
    const int shared = inlets->listen_udp(loopback(), 0, error);
    assert_true(shared >= 0);
    send_udp(bound_port(shared), "m:1|c|c:web\nm:2|c|c:in-42\nm:4|c\nm:8|c|c:gone");
    run_loop();
    assert_true(store_sum(*store, "web") == 1);
    assert_true(store_sum(*store, "db") == 2);
    assert_int_equal(inlets->intake_counts().unattributed_samples, 1);
    assert_int_equal(inlets->intake_counts().unknown_container_samples, 1);
}

void a_unix_socket_believes_the_kernel_before_the_sender(void**) {
    start(0, "node");
    FixedText<256> error;
    assert_true(inlets->listen_unix(unix_path().c_str(), 0666, error) >= 0);
    const std::string cgroup = "proc/" + std::to_string(getpid()) + "/cgroup";
    tree_write(tree, cgroup.c_str(), "0::/box/web\n");
    const int client = connect_unix();
    send_unix(client, "m:1|c\nm:2|c|c:db");
    run_loop();
    assert_true(store_sum(*store, "web") == 3);
    assert_true(store_sum(*store, "db") == -1);
    // Another process, by its ID: a forwarder on the host, which is in no container.
    tree_delete(tree, ("proc/" + std::to_string(getpid())).c_str());
    tree_write(tree, cgroup.c_str(), "0::/system.slice/forwarder.service\n");
    const std::string stat = "proc/" + std::to_string(getpid()) + "/stat";
    tree_write(tree, stat.c_str(), "1 (forwarder) S 1 1 1 0 -1 4194560 0\n");
    send_unix(client, "m:4|c|c:db\nm:8|c");
    run_loop();
    assert_true(store_sum(*store, "db") == 4);
    assert_true(store_sum(*store, "node") == 8);
    close(client);
}

// A container's process that forks, sends and ends, to pass for one of the host.
void a_sender_that_is_gone_cannot_speak_for_another(void**) {
    start(0, "node");
    FixedText<256> error;
    assert_true(inlets->listen_unix(unix_path().c_str(), 0666, error) >= 0);
    const int client = connect_unix();
    const pid_t child = fork();
    if (child == 0) _exit(send(client, "m:1|c|c:web\nm:2|c", 17, 0) == 17 ? 0 : 1);
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    run_loop();
    assert_int_equal(inlets->counts().packets, 1);
    assert_true(store_sum(*store, "web") == -1);
    assert_true(store_sum(*store, "node") == -1);
    assert_int_equal(inlets->intake_counts().unattributed_samples, 2);
    close(client);
}

void a_flood_is_dropped_counted_and_bounded(void**) {
    skip_if_emulated("inlets.flood", emulator_has_no_drop_counts);
    start(16 * 1024);
    const std::uint16_t port = registered_port("a");
    constexpr std::uint64_t flood_count = 5000;
    for (std::uint64_t i = 0; i < flood_count; ++i)
        send_udp(port, "m:1|c");
    send_udp(registered_port("b"), "m:1|c");
    run_loop();
    // No packet comes after the last drops: the tick asks for them.
    inlets->tick(boottime_ns());
    const std::uint64_t dropped = store_count(*store, "a", AppCount::dropped_packet);
    assert_true(dropped > 0);
    assert_int_equal(dropped + store_count(*store, "a", AppCount::sample), flood_count);
    assert_int_equal(inlets->counts().dropped_packets, dropped);
    assert_int_equal(store_count(*store, "b", AppCount::dropped_packet), 0);
    assert_true(store_sum(*store, "b") == 1);
    // Neither twice when the next packet tells of them again.
    send_udp(port, "m:1|c");
    run_loop();
    inlets->tick(boottime_ns());
    assert_int_equal(store_count(*store, "a", AppCount::dropped_packet), dropped);
}

void packets_that_are_too_large_count_up_to_their_last_whole_line(void**) {
    start();
    const std::uint16_t port = registered_port("a");
    std::string text;
    while (text.size() < limits::packet_bytes_max + 100)
        text += "m:1|c\n";
    send_udp(port, text);
    run_loop();
    constexpr std::size_t whole_line_count = limits::packet_bytes_max / 6;
    assert_true(store_sum(*store, "a") == static_cast<double>(whole_line_count));
    assert_int_equal(store_count(*store, "a", AppCount::truncated_packet), 1);
}

void a_thousand_ports_are_read_on_one_place_of_the_loop(void**) {
    store = &store_make(1024);
    start();
    char id[16];
    for (int i = 0; i < 1000; ++i) {
        snprintf(id, sizeof id, "c%d", i);
        send_udp(registered_port(id), "m:1|c");
    }
    run_loop();
    assert_int_equal(inlets->counts().packets, 1000);
    for (int i = 0; i < 1000; ++i) {
        snprintf(id, sizeof id, "c%d", i);
        assert_true(store_sum(*store, id) == 1);
    }
    inlets->tick(boottime_ns());
}

void sockets_that_somebody_else_made_are_adopted(void**) {
    skip_if_emulated("inlets.adopted", emulator_has_no_drop_counts);
    start();
    FixedText<256> error;
    const int other = open_udp_socket(loopback(), 0, 0);
    const std::uint16_t port = bound_port(other);
    assert_int_equal(inlets->adopt(other, error), other);
    send_udp(port, "m:1|c|c:web");
    run_loop();
    assert_true(store_sum(*store, "web") == 1);
    assert_int_equal(inlets->adopt(STDIN_FILENO, error), -1);
    assert_non_null(strstr(error.c_str(), "no datagram socket"));
}

void what_cannot_be_bound_is_told(void**) {
    start();
    FixedText<256> error;
    const int shared = inlets->listen_udp(loopback(), 0, error);
    assert_int_equal(inlets->listen_udp(loopback(), bound_port(shared), error), -1);
    assert_non_null(strstr(error.c_str(), "cannot bind UDP port"));
    assert_non_null(strstr(error.c_str(), "in use"));
    assert_int_equal(inlets->listen_unix("/no/such/directory/s", 0666, error), -1);
    assert_non_null(strstr(error.c_str(), "cannot bind /no/such/directory/s: No such file"));
    for (std::size_t i = 1; i < limits::shared_inlet_count_max; ++i)
        assert_true(inlets->listen_udp(loopback(), 0, error) >= 0);
    assert_int_equal(inlets->listen_udp(loopback(), 0, error), -1);
    assert_non_null(strstr(error.c_str(), "are the most"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_container_s_port_feeds_its_container, make, unmake),
        cmocka_unit_test_setup_teardown(what_waits_at_a_removal_is_read_and_stays, make, unmake),
        cmocka_unit_test_setup_teardown(more_at_a_removal_than_one_turn_has_time_for_is_lost, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(what_waits_at_the_end_stays_for_the_next_agent, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(packets_wait_until_the_loop_is_to_watch, make, unmake),
        cmocka_unit_test_setup_teardown(what_was_dropped_while_there_was_no_agent_is_told, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(sockets_with_heavy_packets_let_all_others_have_their_turn,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(a_shared_port_takes_the_field_and_counts_the_rest, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_unix_socket_believes_the_kernel_before_the_sender, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_sender_that_is_gone_cannot_speak_for_another, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_flood_is_dropped_counted_and_bounded, make, unmake),
        cmocka_unit_test_setup_teardown(
            packets_that_are_too_large_count_up_to_their_last_whole_line, make, unmake),
        cmocka_unit_test_setup_teardown(a_thousand_ports_are_read_on_one_place_of_the_loop, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(sockets_that_somebody_else_made_are_adopted, make, unmake),
        cmocka_unit_test_setup_teardown(what_cannot_be_bound_is_told, make, unmake),
    };
    return cmocka_run_group_tests_name("inlets", tests, nullptr, nullptr);
}
