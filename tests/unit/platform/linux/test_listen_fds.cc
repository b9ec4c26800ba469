#include "platform/linux/listen_fds.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr pid_t own = 4321;

int find(const ListenFdsTexts& texts, std::string_view name, Status expected) {
    int fd = -1;
    assert_true(find_listen_fd(texts, own, name, fd) == expected);
    assert_int_equal(fd >= 0, expected == Status::ok);
    return fd;
}

void sockets_are_found_by_name_and_by_position(void**) {
    const ListenFdsTexts texts = {"4321", "3", "metrics:other:third.socket"};
    assert_int_equal(find(texts, "metrics", Status::ok), 3);
    assert_int_equal(find(texts, "other", Status::ok), 4);
    assert_int_equal(find(texts, "third.socket", Status::ok), 5);
    assert_int_equal(find(texts, "0", Status::ok), 3);
    assert_int_equal(find(texts, "2", Status::ok), 5);
    find(texts, "3", Status::absent);
    find(texts, "metric", Status::absent);
    find(texts, "third", Status::absent);
}

void each_socket_is_found_with_its_name(void**) {
    const ListenFdsTexts texts = {"4321", "3", "metrics::statsd-1"};
    FixedText<256> name;
    int fd = -1;
    assert_true(find_listen_fd_at(texts, own, 0, name, fd) == Status::ok);
    assert_string_equal(name.c_str(), "metrics");
    assert_true(find_listen_fd_at(texts, own, 1, name, fd) == Status::ok);
    assert_string_equal(name.c_str(), "");
    assert_true(find_listen_fd_at(texts, own, 2, name, fd) == Status::ok);
    assert_string_equal(name.c_str(), "statsd-1");
    assert_int_equal(fd, 5);
    assert_true(find_listen_fd_at(texts, own, 3, name, fd) == Status::absent);
    assert_true(find_listen_fd_at(texts, own + 1, 0, name, fd) == Status::absent);
    assert_true(find_listen_fd_at({"4321", "2", nullptr}, own, 1, name, fd) == Status::ok);
    assert_string_equal(name.c_str(), "");
}

void position_needs_no_names(void**) {
    assert_int_equal(find({"4321", "1", nullptr}, "0", Status::ok), 3);
    find({"4321", "1", nullptr}, "metrics", Status::absent);
}

// Which descriptors a test has cannot be chosen, so that all from 3 on are looked at.
void unix_sockets_are_found_by_path(void**) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/nma-fds-%d", getpid());
    unlink(address.sun_path);
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    char count[16];
    snprintf(count, sizeof count, "%d", made - 2);
    const ListenFdsTexts texts = {"4321", count, nullptr};
    assert_int_equal(find(texts, address.sun_path, Status::ok), made);
    snprintf(count, sizeof count, "%d", made - 3);
    find(texts, address.sun_path, Status::absent);
    snprintf(count, sizeof count, "%d", made - 2);
    find(texts, "/tmp/nma-fds", Status::absent);
    find(texts, "/", Status::absent);
    find({"4322", count, nullptr}, address.sun_path, Status::absent);
    close(made);
    unlink(address.sun_path);
}

void sockets_of_another_process_are_not_ours(void**) {
    find({"4322", "1", "metrics"}, "0", Status::absent);
    find({nullptr, "1", "metrics"}, "0", Status::absent);
    find({"4321", nullptr, "metrics"}, "0", Status::absent);
    find({nullptr, nullptr, nullptr}, "0", Status::absent);
    find({"4321", "0", ""}, "0", Status::absent);
}

void name_of_several_is_none(void**) {
    find({"4321", "2", "metrics:metrics"}, "metrics", Status::full);
    assert_int_equal(find({"4321", "2", "metrics:metrics"}, "1", Status::ok), 4);
    // Names of what was not handed over do not count.
    assert_int_equal(find({"4321", "1", "metrics:metrics"}, "metrics", Status::ok), 3);
    find({"4321", "1", "other:metrics"}, "metrics", Status::absent);
}

void texts_that_systemd_does_not_write_are_malformed(void**) {
    for (const char* count : {"", "-1", "1 ", "x", "32769", "18446744073709551616"})
        find({"4321", count, "metrics"}, "0", Status::malformed);
    for (const char* pid : {"", "-1", " 4321", "4321x"})
        find({pid, "1", "metrics"}, "0", Status::malformed);
}

void listening_socket_is_made_one_of_ours(void**) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(adopt_listen_fd(fd) == Status::unsupported);  // it does not listen
    assert_int_equal(listen(fd, 1), 0);
    assert_true(adopt_listen_fd(fd) == Status::ok);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    close(fd);
    assert_true(adopt_listen_fd(fd) == Status::io_error);
}

void what_is_no_listening_stream_is_refused(void**) {
    const int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(adopt_listen_fd(datagrams) == Status::unsupported);
    assert_true(adopt_listen_fd(file) == Status::unsupported);
    close(datagrams);
    close(file);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_found_by_name_and_by_position),
        cmocka_unit_test(each_socket_is_found_with_its_name),
        cmocka_unit_test(position_needs_no_names),
        cmocka_unit_test(unix_sockets_are_found_by_path),
        cmocka_unit_test(sockets_of_another_process_are_not_ours),
        cmocka_unit_test(name_of_several_is_none),
        cmocka_unit_test(texts_that_systemd_does_not_write_are_malformed),
        cmocka_unit_test(listening_socket_is_made_one_of_ours),
        cmocka_unit_test(what_is_no_listening_stream_is_refused),
    };
    return cmocka_run_group_tests_name("listen_fds", tests, nullptr, nullptr);
}
