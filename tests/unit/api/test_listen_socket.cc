// threaded
#include "api/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/http_client.h"
#include "tests/support/server_bed.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

void unix_socket_is_private_and_goes_at_the_end(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string listen = std::string("unix:") + tree.path.c_str() + "/s";
    const std::string path = listen.substr(5);
    server_start(listen.c_str(), {});
    struct stat info = {};
    assert_int_equal(stat(path.c_str(), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0660);
    assert_int_equal(http_status(http_get(listen, "GET /v0/ping")), 200);
    server_stop();
    assert_int_equal(access(path.c_str(), F_OK), -1);
    tree_remove(tree);
}

void stale_unix_socket_is_replaced_and_other_files_are_not(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string listen = std::string("unix:") + tree.path.c_str() + "/s";
    sockaddr_un path = {};
    path.sun_family = AF_UNIX;
    listen.copy(path.sun_path, sizeof path.sun_path - 1, 5);
    const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(dead, reinterpret_cast<sockaddr*>(&path), sizeof path), 0);
    close(dead);
    server_start(listen.c_str(), {});
    assert_int_equal(http_status(http_get(listen, "GET /v0/ping")), 200);
    ListenError error;
    const ListenerOptions options = listener_on(listen.c_str());
    assert_false(server_itself().listen(options, error));  // somebody answers there: we
    assert_non_null(strstr(error.c_str(), "in use"));
    server_stop();
    tree_write(tree, "s", "precious");
    static Server other;
    assert_false(other.listen(options, error));
    other.stop();
    assert_int_equal(access(path.sun_path, F_OK), 0);
    tree_remove(tree);
}

void ipv6_is_served_where_there_is_any(void**) {
    const int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool has_ipv6 = probe >= 0 && access("/proc/net/if_inet6", F_OK) == 0;
    if (probe >= 0) close(probe);
    if (!has_ipv6) {
        print_message("SKIP server.ipv6: this machine has no IPv6\n");
        skip();
    }
    server_start("[::1]:0", {});
    assert_true(server_address().starts_with("http://[::1]:"));
    assert_int_equal(http_status(http_get(server_address(), "GET /v0/ping")), 200);
    server_stop();
}

// As systemd does: a descriptor, and variables that tell of it.
struct Handed {
    int fd = -1;
    std::string address;  // systemd:POSITION
};

void tell(const Handed& handed, const char* names) {
    assert_int_equal(setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1), 0);
    assert_int_equal(setenv("LISTEN_FDS", std::to_string(handed.fd - 2).c_str(), 1), 0);
    if (names != nullptr) assert_int_equal(setenv("LISTEN_FDNAMES", names, 1), 0);
}

void tell_nothing() {
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

Handed hand_over(int fd, const sockaddr* address, socklen_t bytes) {
    assert_int_equal(bind(fd, address, bytes), 0);
    assert_int_equal(listen(fd, 8), 0);
    Handed handed = {fd, "systemd:" + std::to_string(fd - 3)};
    tell(handed, nullptr);
    return handed;
}

void socket_of_systemd_is_served_and_left_in_place(void**) {
    static Tree tree;
    tree_make(tree);
    const std::string url = std::string("unix:") + tree.path.c_str() + "/s";
    sockaddr_un path = {};
    path.sun_family = AF_UNIX;
    url.copy(path.sun_path, sizeof path.sun_path - 1, 5);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const int kept = fcntl(fd, F_DUPFD_CLOEXEC, 100);  // systemd keeps it open, too
    const Handed handed = hand_over(fd, reinterpret_cast<sockaddr*>(&path), sizeof path);
    server_start(listener_on(handed.address.c_str()), {});
    assert_true(server_address() == url);
    assert_int_equal(http_status(http_get(url, "GET /v0/ping")), 200);
    server_do([](Server& server) { server.drain(); });
    const int later = http_connect(url);  // systemd's queue takes it, for who comes after us
    assert_true(later >= 0);
    server_do([](Server&) {});
    server_stop();
    assert_int_equal(access(path.sun_path, F_OK), 0);
    const int taken = accept(kept, nullptr, nullptr);
    assert_true(taken >= 0);
    for (const int open : {taken, later, kept})
        close(open);
    tell_nothing();
    tree_remove(tree);
}

void socket_of_systemd_is_judged_by_what_it_is_bound_to(void**) {
    static Server server;
    static Arena arena;
    static NodeIdentity identity;
    ListenError error;
    assert_true(arena.map(std::size_t{64} << 20));
    server.init(arena, {}, {}, identity, {});
    sockaddr_in everywhere = {};
    everywhere.sin_family = AF_INET;
    const Handed handed = hand_over(socket(AF_INET, SOCK_STREAM, 0),
                                    reinterpret_cast<sockaddr*>(&everywhere), sizeof everywhere);
    ListenerOptions listener = listener_on(handed.address.c_str());
    assert_false(server.listen(listener, error));
    assert_non_null(strstr(error.c_str(), "others can reach this address"));
    listener.auth = AuthMode::peer;
    listener.peers.uid_count = 1;
    assert_int_equal(fcntl(handed.fd, F_GETFD), -1);  // closed, for it would only fill up
    const Handed again = hand_over(socket(AF_INET, SOCK_STREAM, 0),
                                   reinterpret_cast<sockaddr*>(&everywhere), sizeof everywhere);
    assert_false(server.listen(listener, error));
    assert_non_null(strstr(error.c_str(), "unix sockets"));
    (void)again;
    server.stop();
    arena.unmap();
    tell_nothing();
}

void socket_of_systemd_is_used_once(void**) {
    static Server server;
    static Arena arena;
    static NodeIdentity identity;
    ListenError error;
    assert_true(arena.map(std::size_t{64} << 20));
    server.init(arena, {}, {}, identity, {});
    sockaddr_in loopback = {};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const Handed handed = hand_over(socket(AF_INET, SOCK_STREAM, 0),
                                    reinterpret_cast<sockaddr*>(&loopback), sizeof loopback);
    std::string names;
    for (int i = 3; i < handed.fd; ++i)
        names += "other:";
    tell(handed, (names + "metrics").c_str());
    assert_true(server.listen(listener_on("systemd:metrics"), error));
    assert_true(server.address(0).view().starts_with("http://127.0.0.1:"));
    assert_false(server.listen(listener_on(handed.address.c_str()), error));
    assert_non_null(strstr(error.c_str(), "same socket"));
    assert_false(server.listen(listener_on("systemd:nothing"), error));
    assert_non_null(strstr(error.c_str(), "FileDescriptorName="));
    const int client = http_connect(server.address(0).view());
    assert_true(client >= 0);  // the first of the two still listens
    close(client);
    server.stop();
    arena.unmap();
    tell_nothing();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(unix_socket_is_private_and_goes_at_the_end),
        cmocka_unit_test(stale_unix_socket_is_replaced_and_other_files_are_not),
        cmocka_unit_test(socket_of_systemd_is_served_and_left_in_place),
        cmocka_unit_test(socket_of_systemd_is_judged_by_what_it_is_bound_to),
        cmocka_unit_test(socket_of_systemd_is_used_once),
        cmocka_unit_test(ipv6_is_served_where_there_is_any),
    };
    return cmocka_run_group_tests_name("listen_socket", tests, nullptr, nullptr);
}
