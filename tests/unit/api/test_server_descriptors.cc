// threaded
// What a lack of descriptors, or of the kernel's memory for watches, does to newcomers.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/http_client.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr const char* ping = "GET /v0/ping HTTP/1.1\r\nHost: x\r\n\r\n";

// The server shares the test's descriptors: those below the limit are all in use, and one more is
// let in when the limit is lifted.
void lack_of_descriptors_passes(void**) {
    server_start("127.0.0.1:0", {});
    const int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rlimit before = {};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(late) + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    server_connect(late);
    http_send(late, ping);
    usleep(250'000);
    char byte = 0;
    assert_int_equal(recv(late, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(http_status(http_receive_one(late, false)), 200);
    close(late);
    server_stop();
}

bool is_listening(int fd) {
    int is_it = 0;
    socklen_t bytes = sizeof is_it;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_it, &bytes) == 0 && is_it == 1;
}

// The epoll descriptor of this process that watches `fd`.
int epoll_that_watches(int fd) {
    const std::string line = "tfd: " + std::string(fd < 10 ? 7 : 6, ' ') + std::to_string(fd) + " ";
    for (int epoll = 3; epoll < 64; ++epoll) {
        char text[4096] = {};
        const std::string path = "/proc/self/fdinfo/" + std::to_string(epoll);
        const int info = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (info < 0) continue;
        (void)!read(info, text, sizeof text - 1);
        close(info);
        if (strstr(text, line.c_str()) != nullptr) return epoll;
    }
    return -1;
}

// While nobody is let in, the test watches the listening socket in the server's stead, so that the
// kernel refuses it to the server.
void refusal_to_watch_the_socket_passes(void**) {
    server_start("127.0.0.1:0", {});
    int listening = 3;
    while (listening < 64 && !is_listening(listening))
        ++listening;
    const int epoll = epoll_that_watches(listening);
    assert_true(epoll >= 0);
    const int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rlimit before = {};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(late) + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    server_connect(late);
    http_send(late, ping);
    epoll_event nothing = {};
    int status = -1;
    for (int i = 0; i < 2000 && status != 0; ++i) {
        status = epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &nothing);
        if (status != 0) usleep(1000);
    }
    assert_int_equal(status, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    usleep(250'000);
    char byte = 0;
    assert_int_equal(recv(late, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_DEL, listening, nullptr), 0);
    assert_int_equal(http_status(http_receive_one(late, false)), 200);
    close(late);
    server_stop();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_descriptors_passes),
        cmocka_unit_test(refusal_to_watch_the_socket_passes),
    };
    return cmocka_run_group_tests_name("server_descriptors", tests, nullptr, nullptr);
}
