// threaded
#include "api/listen_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(unix_socket_is_private_and_goes_at_the_end),
        cmocka_unit_test(stale_unix_socket_is_replaced_and_other_files_are_not),
        cmocka_unit_test(ipv6_is_served_where_there_is_any),
    };
    return cmocka_run_group_tests_name("listen_socket", tests, nullptr, nullptr);
}
