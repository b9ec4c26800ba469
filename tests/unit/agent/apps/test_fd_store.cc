#include "agent/apps/fd_store.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "platform/linux/clock.h"
#include "tests/support/emulator.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;
int systemd = -1;  // who listens in its place

const char* notify_socket() {
    static FixedText<600> path;
    (void)path.assign(tree.path.view());
    (void)path.append("/notify");
    return path.c_str();
}

FdStore to_systemd(std::uint32_t wait_ms = 0) {
    return {notify_socket(), wait_ms};
}

FdStoreName name_of(std::uint16_t port) {
    return fd_store_name(loopback(), port, loopback());
}

int make(void**) {
    tree_make(tree);
    systemd = open_unix_datagram_socket(notify_socket(), 0600, 0);
    return systemd >= 0 ? 0 : -1;
}

int unmake(void**) {
    close(systemd);
    tree_remove(tree);
    return 0;
}

// The next message, and the descriptor with it, or -1.
std::string receive(int& descriptor) {
    char text[256];
    iovec vector = {text, sizeof text};
    alignas(cmsghdr) char control[256] = {};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    descriptor = -1;
    const ssize_t bytes = recvmsg(systemd, &message, MSG_DONTWAIT);
    if (bytes < 0) return "nothing";
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_type != SCM_RIGHTS) continue;
        memcpy(&descriptor, CMSG_DATA(item), sizeof descriptor);
    }
    return {text, static_cast<std::size_t>(bytes)};
}

void names_hold_the_port_and_are_known_again(void**) {
    assert_string_equal(name_of(65535).c_str(), "statsd-65535");
    assert_true(is_fd_store_name("statsd-8125"));
    for (const char* name :
         {"", "statsd", "statsd-", "statsd-x", "statsd-65536", "api", "statsd-1-", "statsd--1",
          "statsd-1-x", "statsd-1-127.0.0.1-", "statsd-x-127.0.0.1",
          "statsd-1-1111_1111_1111_1111_1111_1111_1111_1111_1111_1111"})
        assert_false(is_fd_store_name(name));
}

void a_name_holds_the_address_unless_it_is_the_usual_one(void**) {
    for (const char* text :
         {"198.51.100.1", "fd00::1", "::", "1111:2222:3333:4444:5555:6666:7777:8888"}) {
        IpAddress host;
        assert_true(parse_ip_address(text, host));
        const FdStoreName name = fd_store_name(host, 65535, loopback());
        assert_true(is_fd_store_name(name.view()));
        assert_true(name.view().size() > name_of(65535).view().size());
        assert_true(name.view().find(':') == std::string_view::npos);
        assert_string_equal(fd_store_name(host, 65535, host).c_str(), "statsd-65535");
    }
    IpAddress host;
    assert_true(parse_ip_address("fd00::1", host));
    assert_string_equal(fd_store_name(host, 8125, loopback()).c_str(), "statsd-8125-fd00__1");
}

void a_socket_goes_to_systemd_and_comes_back(void**) {
    const int socket = open_udp_socket(loopback(), 0, 0);
    const FdStoreName name = name_of(bound_port(socket));
    assert_int_equal(store_descriptor(to_systemd(), name, socket), Status::ok);
    int kept = -1;
    assert_string_equal(receive(kept).c_str(),
                        (std::string("FDSTORE=1\nFDPOLL=0\nFDNAME=") + name.c_str()).c_str());
    assert_int_equal(bound_port(kept), bound_port(socket));
    assert_int_equal(forget_descriptor(to_systemd(), name), Status::ok);
    int none = 0;
    assert_string_equal(receive(none).c_str(),
                        (std::string("FDSTOREREMOVE=1\nFDNAME=") + name.c_str()).c_str());
    assert_int_equal(none, -1);
    close(kept);
    close(socket);
}

void without_systemd_nothing_is_kept(void**) {
    const FdStoreName name = name_of(1);
    for (const char* path : {"", "/", "@", "relative", "/no/such/socket", "@nma-no-such-socket"})
        assert_int_equal(store_descriptor({path}, name, 0), Status::absent);
    const std::string long_path(200, '/');
    assert_int_equal(store_descriptor({long_path.c_str()}, name, 0), Status::absent);
}

void a_full_queue_is_not_waited_for(void**) {
    Status status = Status::ok;
    for (int i = 0; i < 100'000 && status == Status::ok; ++i)
        status = forget_descriptor(to_systemd(), name_of(1));
    assert_int_equal(status, Status::timeout);
}

void a_full_queue_is_waited_for_when_that_is_asked_for(void**) {
    while (forget_descriptor(to_systemd(), name_of(1)) == Status::ok) {
    }
    const std::uint64_t before_ns = boottime_ns();
    assert_int_equal(forget_descriptor(to_systemd(50), name_of(1)), Status::timeout);
    assert_true(boottime_ns() - before_ns >= 50'000'000);
    const pid_t reader = fork();
    if (reader == 0) {
        usleep(50'000);
        int none = -1;
        _exit(receive(none) == "nothing" ? 1 : 0);
    }
    assert_int_equal(forget_descriptor(to_systemd(60'000), name_of(1)), Status::ok);
    int status = 1;
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
}

// What the registry does with it, and that no packet is lost between two agents.
void packets_that_come_between_two_agents_are_read_by_the_second(void**) {
    skip_if_emulated("fd_store.packets", emulator_has_no_drop_counts);
    Registry& before = registry_make(4);
    RegistryOptions options = registry_options();
    const std::string directory = std::string(tree.path.c_str()) + "/state";
    options.directory = directory.c_str();
    options.notify_socket = notify_socket();
    before.start(options, {});
    assert_int_equal(before.load().status, Status::ok);
    registry_add(before, "a");
    registry_add(before, "gone");
    const std::uint16_t port = before.find("a")->port;
    int kept = -1;
    int kept_gone = -1;
    receive(kept);
    receive(kept_gone);
    before.close();
    // The next agent has no file of the second.
    tree_delete(tree, "state/gone");
    sockaddr_storage target;
    const socklen_t bytes = fill_socket_address(loopback(), port, target);
    const int sender = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(sendto(sender, "x", 1, 0, reinterpret_cast<sockaddr*>(&target), bytes), 1);
    Registry& after = registry_make(4);
    after.start(options, {});
    const FdStoreName gone = name_of(bound_port(kept_gone));
    assert_true(after.adopt(kept));
    assert_true(after.adopt(kept_gone));
    assert_int_equal(after.load().loaded_count, 1);
    char packet = 0;
    assert_int_equal(recv(after.find("a")->socket, &packet, 1, MSG_DONTWAIT), 1);
    int none = -1;
    assert_string_equal(receive(none).c_str(),
                        (std::string("FDSTOREREMOVE=1\nFDNAME=") + gone.c_str()).c_str());
    assert_string_equal(receive(none).c_str(), "nothing");
    close(sender);
    after.close();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_hold_the_port_and_are_known_again, make, unmake),
        cmocka_unit_test_setup_teardown(a_name_holds_the_address_unless_it_is_the_usual_one, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_socket_goes_to_systemd_and_comes_back, make, unmake),
        cmocka_unit_test_setup_teardown(without_systemd_nothing_is_kept, make, unmake),
        cmocka_unit_test_setup_teardown(a_full_queue_is_not_waited_for, make, unmake),
        cmocka_unit_test_setup_teardown(a_full_queue_is_waited_for_when_that_is_asked_for, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(packets_that_come_between_two_agents_are_read_by_the_second,
                                        make, unmake),
    };
    return cmocka_run_group_tests_name("fd_store", tests, nullptr, nullptr);
}
