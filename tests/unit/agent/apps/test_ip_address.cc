#include "agent/apps/ip_address.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

bool is_good(std::string_view text) {
    IpAddress address;
    return parse_ip_address(text, address);
}

bool is_unicast(std::string_view text) {
    IpAddress address;
    assert_true(parse_ip_address(text, address));
    return address.is_unicast();
}

void addresses_are_read_and_written_in_one_form(void**) {
    IpAddress address;
    assert_true(parse_ip_address("198.51.100.1", address));
    assert_false(address.is_ipv6);
    assert_string_equal(ip_text(address).c_str(), "198.51.100.1");
    assert_true(parse_ip_address("FD00:0:0::1", address));
    assert_true(address.is_ipv6);
    assert_string_equal(ip_text(address).c_str(), "fd00::1");
}

void what_is_no_address_is_refused_and_changes_nothing(void**) {
    IpAddress address;
    assert_true(parse_ip_address("127.0.0.1", address));
    for (const char* text : {"", "localhost", "127.0.0.1:80", "127.1", "0x7f.0.0.1", "127.0.0.01 ",
                             "[::1]", "::1%lo", "1.2.3.4.5", "256.0.0.1", "::g"}) {
        assert_false(parse_ip_address(text, address));
    }
    assert_false(is_good(std::string_view("127.0.0.1\0", 10)));
    assert_false(is_good("0000000000000000000000000000000000000000000000000000000000000001"));
    assert_string_equal(ip_text(address).c_str(), "127.0.0.1");
}

void only_addresses_of_one_machine_are_unicast(void**) {
    for (const char* text : {"127.0.0.1", "10.0.0.1", "223.255.255.255", "::1", "fe80::1"})
        assert_true(is_unicast(text));
    for (const char* text : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1",
                             "::ffff:0.0.0.0", "::ffff:127.0.0.1"}) {
        assert_false(is_unicast(text));
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written_in_one_form),
        cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
        cmocka_unit_test(only_addresses_of_one_machine_are_unicast),
    };
    return cmocka_run_group_tests_name("ip_address", tests, nullptr, nullptr);
}
