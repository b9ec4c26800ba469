#include "api/listen_address.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using Kind = ListenAddress::Kind;

void loopback_and_unix_addresses_are_taken(void**) {
    ListenAddress address;
    ListenError error;
    assert_true(parse_listen_address("127.0.0.1:61092", address, error));
    assert_true(address.kind == Kind::ipv4 && address.port == 61092 && address.bytes[0] == 127);
    assert_true(parse_listen_address("127.8.9.1:0", address, error));
    assert_true(address.port == 0 && address.bytes[1] == 8);
    assert_true(parse_listen_address("localhost:1", address, error));
    assert_true(address.kind == Kind::ipv4 && address.bytes[3] == 1);
    assert_true(parse_listen_address("[::1]:65535", address, error));
    assert_true(address.kind == Kind::ipv6 && address.port == 65535 && address.bytes[15] == 1);
    assert_true(parse_listen_address("unix:/run/a b.sock", address, error));
    assert_true(address.kind == Kind::unix_socket);
    assert_string_equal(address.path.c_str(), "/run/a b.sock");
}

void addresses_that_others_can_reach_are_not_local(void**) {
    for (const char* text : {"0.0.0.0:80", "10.0.0.1:80", "128.0.0.1:80", "[::]:80", "[fe80::1]:80",
                             "[::ffff:127.0.0.1]:80", "[2001:db8::1]:80", "255.255.255.255:1",
                             "systemd:0", "systemd:metrics.socket"}) {
        ListenAddress address;
        ListenError error;
        assert_true(parse_listen_address(text, address, error));
        assert_false(is_local(address));
    }
    for (const char* text : {"127.0.0.1:80", "127.255.0.1:80", "[::1]:80", "unix:/run/a"}) {
        ListenAddress address;
        ListenError error;
        assert_true(parse_listen_address(text, address, error));
        assert_true(is_local(address));
    }
}

void everything_else_is_refused_with_a_cure(void**) {
    for (const std::string_view text : {"",
                                        ":",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:x",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:-1",
                                        "127.0.0.1:80 ",
                                        " 127.0.0.1:80",
                                        "127.0.0.1.1:80",
                                        "127.1:80",
                                        "::1:80",
                                        "[::1]",
                                        "[::1",
                                        "[]:80",
                                        "[127.0.0.1]:80",
                                        "example.org:80",
                                        "http://127.0.0.1:80",
                                        "unix:",
                                        "unix:a",
                                        "unix:/run/",
                                        "UNIX:/run/a",
                                        "systemd:",
                                        "systemd:a:b",
                                        "systemd:a b",
                                        "systemd:a\n",
                                        "/run/a"}) {
        ListenAddress address;
        ListenError error;
        if (parse_listen_address(text, address, error)) print_error("taken: %s\n", text.data());
        assert_false(parse_listen_address(text, address, error));
        assert_false(error.empty());
    }
}

void path_is_as_long_as_the_kernel_takes(void**) {
    char text[128] = "unix:/";
    ListenAddress address;
    ListenError error;
    memset(text + 6, 'x', 120);
    assert_true(parse_listen_address({text, 5 + 107}, address, error));
    assert_int_equal(address.path.size(), 107);
    assert_false(parse_listen_address({text, 5 + 108}, address, error));
    text[20] = '\0';
    assert_false(parse_listen_address({text, 40}, address, error));
    assert_false(parse_listen_address({"127.0.0.1\0:80", 13}, address, error));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(loopback_and_unix_addresses_are_taken),
        cmocka_unit_test(addresses_that_others_can_reach_are_not_local),
        cmocka_unit_test(everything_else_is_refused_with_a_cure),
        cmocka_unit_test(path_is_as_long_as_the_kernel_takes),
    };
    return cmocka_run_group_tests_name("listen_address", tests, nullptr, nullptr);
}
