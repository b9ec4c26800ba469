#include "agent/apps/datagram_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "tests/support/emulator.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

int option(int socket, int name) {
    int value = 0;
    socklen_t bytes = sizeof value;
    assert_int_equal(getsockopt(socket, SOL_SOCKET, name, &value, &bytes), 0);
    return value;
}

void an_udp_socket_never_blocks_counts_drops_and_shares_its_port_with_nobody(void**) {
    skip_if_emulated("datagram_socket.drops", emulator_has_no_drop_counts);
    const int socket = open_udp_socket(loopback(), 0, 64 * 1024);
    assert_true(socket >= 0);
    assert_int_equal(fcntl(socket, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(socket, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(option(socket, SO_RXQ_OVFL), 1);
    assert_int_equal(option(socket, SO_REUSEADDR), 0);
    assert_int_equal(option(socket, SO_RCVBUF), 64 * 1024);
    std::uint32_t drop_count = 7;
    assert_true(read_drop_count(socket, drop_count));
    assert_int_equal(drop_count, 0);
    close(socket);
}

void an_address_of_another_machine_cannot_be_bound(void**) {
    IpAddress address;
    assert_true(parse_ip_address("192.0.2.77", address));
    assert_int_equal(open_udp_socket(address, 0, 0), -1);
    assert_int_equal(errno, EADDRNOTAVAIL);
}

void ipv6_is_bound_where_there_is_any(void**) {
    IpAddress address;
    assert_true(parse_ip_address("::1", address));
    const int socket = open_udp_socket(address, 0, 0);
    if (socket < 0) skip();
    IpAddress bound;
    std::uint16_t port = 0;
    assert_true(read_bound_address(socket, bound, port));
    assert_true(bound == address);
    assert_int_equal(port, bound_port(socket));
    assert_false(read_bound_address(STDIN_FILENO, bound, port));
    close(socket);
}

void a_unix_socket_gets_its_mode_and_replaces_only_what_is_dead(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string path = std::string(tree.path.c_str()) + "/s";
    const int first = open_unix_datagram_socket(path.c_str(), 0622, 0);
    assert_true(first >= 0);
    struct stat info = {};
    assert_int_equal(stat(path.c_str(), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0622);
    assert_int_equal(option(first, SO_PASSCRED), 1);
    assert_int_equal(bound_port(first), 0);
    assert_int_equal(open_unix_datagram_socket(path.c_str(), 0600, 0), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(first);
    const int second = open_unix_datagram_socket(path.c_str(), 0600, 0);
    assert_true(second >= 0);
    close(second);
    tree_write(tree, "precious", "precious");
    const std::string precious = std::string(tree.path.c_str()) + "/precious";
    assert_int_equal(open_unix_datagram_socket(precious.c_str(), 0600, 0), -1);
    assert_int_equal(errno, EADDRINUSE);
    assert_int_equal(access(precious.c_str(), F_OK), 0);
    assert_int_equal(open_unix_datagram_socket(std::string(200, 'a').c_str(), 0600, 0), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(open_unix_datagram_socket("", 0600, 0), -1);
    tree_remove(tree);
}

void only_datagram_sockets_are_adopted(void**) {
    skip_if_emulated("datagram_socket.adopted", emulator_has_no_drop_counts);
    bool is_unix = false;
    const int udp = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(adopt_datagram_socket(udp, 0, is_unix));
    assert_false(is_unix);
    assert_int_equal(option(udp, SO_RXQ_OVFL), 1);
    assert_int_equal(fcntl(udp, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(udp);
    const int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(adopt_datagram_socket(datagram, 0, is_unix));
    assert_true(is_unix);
    assert_int_equal(option(datagram, SO_PASSCRED), 1);
    close(datagram);
    const int stream = socket(AF_INET, SOCK_STREAM, 0);
    assert_false(adopt_datagram_socket(stream, 0, is_unix));
    close(stream);
    const int file = open("/dev/null", O_RDONLY);
    assert_false(adopt_datagram_socket(file, 0, is_unix));
    close(file);
    assert_false(adopt_datagram_socket(-1, 0, is_unix));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_udp_socket_never_blocks_counts_drops_and_shares_its_port_with_nobody),
        cmocka_unit_test(an_address_of_another_machine_cannot_be_bound),
        cmocka_unit_test(ipv6_is_bound_where_there_is_any),
        cmocka_unit_test(a_unix_socket_gets_its_mode_and_replaces_only_what_is_dead),
        cmocka_unit_test(only_datagram_sockets_are_adopted),
    };
    return cmocka_run_group_tests_name("datagram_socket", tests, nullptr, nullptr);
}
