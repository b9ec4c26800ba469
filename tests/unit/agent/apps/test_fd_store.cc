#include "agent/apps/fd_store.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

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
    assert_string_equal(fd_store_name(65535).c_str(), "statsd-65535");
    assert_true(is_fd_store_name("statsd-8125"));
    for (const char* name : {"", "statsd", "statsd-", "statsd-x", "statsd-65536", "api"})
        assert_false(is_fd_store_name(name));
}

void a_socket_goes_to_systemd_and_comes_back(void**) {
    const int socket = open_udp_socket(loopback(), 0, 0);
    const FdStoreName name = fd_store_name(bound_port(socket));
    assert_int_equal(store_descriptor(notify_socket(), name, socket), Status::ok);
    int kept = -1;
    assert_string_equal(receive(kept).c_str(),
                        (std::string("FDSTORE=1\nFDPOLL=0\nFDNAME=") + name.c_str()).c_str());
    assert_int_equal(bound_port(kept), bound_port(socket));
    assert_int_equal(forget_descriptor(notify_socket(), name), Status::ok);
    int none = 0;
    assert_string_equal(receive(none).c_str(),
                        (std::string("FDSTOREREMOVE=1\nFDNAME=") + name.c_str()).c_str());
    assert_int_equal(none, -1);
    close(kept);
    close(socket);
}

void without_systemd_nothing_is_kept(void**) {
    const FdStoreName name = fd_store_name(1);
    for (const char* path : {"", "/", "@", "relative", "/no/such/socket", "@nma-no-such-socket"})
        assert_int_equal(store_descriptor(path, name, 0), Status::absent);
    assert_int_equal(store_descriptor(std::string(200, '/').c_str(), name, 0), Status::absent);
}

void a_full_queue_is_not_waited_for(void**) {
    Status status = Status::ok;
    for (int i = 0; i < 100'000 && status == Status::ok; ++i)
        status = forget_descriptor(notify_socket(), fd_store_name(1));
    assert_int_equal(status, Status::timeout);
}

// What the registry does with it, and that no packet is lost between two agents.
void packets_that_come_between_two_agents_are_read_by_the_second(void**) {
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
    const FdStoreName gone = fd_store_name(bound_port(kept_gone));
    assert_true(after.adopt(kept));
    assert_true(after.adopt(kept_gone));
    assert_int_equal(after.load().loaded_count, 1);
    char packet = 0;
    assert_int_equal(recv(after.find("a")->socket, &packet, 1, MSG_DONTWAIT), 1);
    int none = -1;
    assert_string_equal(receive(none).c_str(),
                        (std::string("FDSTOREREMOVE=1\nFDNAME=") + gone.c_str()).c_str());
    assert_string_equal(receive(none).c_str(), "nothing");
    assert_int_equal(after.unkept_count(), 0);
    close(sender);
    after.close();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_hold_the_port_and_are_known_again, make, unmake),
        cmocka_unit_test_setup_teardown(a_socket_goes_to_systemd_and_comes_back, make, unmake),
        cmocka_unit_test_setup_teardown(without_systemd_nothing_is_kept, make, unmake),
        cmocka_unit_test_setup_teardown(a_full_queue_is_not_waited_for, make, unmake),
        cmocka_unit_test_setup_teardown(packets_that_come_between_two_agents_are_read_by_the_second,
                                        make, unmake),
    };
    return cmocka_run_group_tests_name("fd_store", tests, nullptr, nullptr);
}
