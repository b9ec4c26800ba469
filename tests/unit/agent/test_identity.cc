#include "agent/identity.h"

#include <bit>

#include "agent/default_address.h"
#include "tests/support/cmocka.h"
#include "tests/support/tree.h"

namespace {

using namespace nma;
using namespace nma::test;

// The kernel writes these addresses in its own byte order.
constexpr std::string_view little_endian_route =
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth1\t00000000\t0101A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
    "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "eth0\t0000000A\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0\n"
    "eth1\t0001A8C0\t00000000\t0001\t0\t0\t200\t00FFFFFF\t0\t0\t0\n";

constexpr std::string_view big_endian_route =
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth1\t00000000\tC0A80101\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
    "eth0\t00000000\t0A000001\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "eth0\t0A000000\t00000000\t0001\t0\t0\t100\tFFFF0000\t0\t0\t0\n"
    "eth1\tC0A80100\t00000000\t0001\t0\t0\t200\tFFFFFF00\t0\t0\t0\n";

constexpr std::string_view route =
    std::endian::native == std::endian::big ? big_endian_route : little_endian_route;

constexpr std::string_view fib_trie =
    "Main:\n"
    "  +-- 0.0.0.0/0 3 0 5\n"
    "     |-- 10.0.0.0\n"
    "        /16 link UNICAST\n"
    "Local:\n"
    "     |-- 127.0.0.1\n"
    "        /32 host LOCAL\n"
    "     |-- 192.168.1.7\n"
    "        /32 host LOCAL\n"
    "     |-- 10.0.0.193\n"
    "        /32 host LOCAL\n"
    "     |-- 10.0.255.255\n"
    "        /32 link BROADCAST\n";

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
};

void bed_start(Bed& bed) {
    bed = Bed{};
    tree_make(bed.tree);
    assert_true(bed.arena.map(std::size_t{4} << 20));
    bed.reader.init(bed.arena);
}

void bed_end(Bed& bed) {
    bed.root.close();
    bed.arena.unmap();
    tree_remove(bed.tree);
}

void address_of_the_best_default_route_is_found(void**) {
    AddressText address;
    assert_true(find_default_address(route, fib_trie, address));
    assert_string_equal(address.c_str(), "10.0.0.193");
}

void no_default_route_gives_no_address(void**) {
    AddressText address;
    assert_false(find_default_address("", fib_trie, address));
    assert_false(find_default_address(route.substr(route.rfind("eth0")), fib_trie, address));
    assert_false(find_default_address(route, "", address));
    assert_true(address.empty());
}

void every_prefix_gives_a_listed_address_or_none(void**) {
    for (std::size_t size = 0; size < route.size(); ++size) {
        AddressText address;
        if (!find_default_address(route.substr(0, size), fib_trie, address)) continue;
        assert_true(address.view() == "10.0.0.193" || address.view() == "192.168.1.7");
    }
    for (std::size_t size = 0; size < fib_trie.size(); ++size) {
        AddressText address;
        if (!find_default_address(route, fib_trie.substr(0, size), address)) continue;
        assert_string_equal(address.c_str(), "10.0.0.193");
    }
}

void mesos_and_dcos_files_name_the_node(void**) {
    static Bed bed;
    bed_start(bed);
    tree_symlink(bed.tree, "/var/lib/mesos/slave/meta/slaves/8d2e-S1",
                 "var/lib/mesos/slave/meta/slaves/latest");
    tree_write(bed.tree, "var/lib/dcos/cluster-id", "0c1d\n");
    tree_write(bed.tree, "proc/net/route", route);
    tree_write(bed.tree, "proc/net/fib_trie", fib_trie);
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    NodeIdentity identity;
    discover_identity(bed.root, bed.reader, identity);
    assert_string_equal(identity.mesos_id.c_str(), "8d2e-S1");
    assert_string_equal(identity.cluster_id.c_str(), "0c1d");
    assert_string_equal(identity.hostname.c_str(), "10.0.0.193");
    bed_end(bed);
}

void configured_fields_are_left_alone(void**) {
    static Bed bed;
    bed_start(bed);
    tree_write(bed.tree, "var/lib/dcos/cluster-id", "0c1d\n");
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    NodeIdentity identity;
    assert_true(identity.cluster_id.assign("mine"));
    discover_identity(bed.root, bed.reader, identity);
    assert_string_equal(identity.cluster_id.c_str(), "mine");
    bed_end(bed);
}

void nothing_to_discover_leaves_all_empty(void**) {
    static Bed bed;
    bed_start(bed);
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    NodeIdentity identity;
    discover_identity(bed.root, bed.reader, identity);
    assert_true(identity.mesos_id.empty() && identity.cluster_id.empty());
    assert_true(identity.hostname.empty());
    bed_end(bed);
}

void link_that_leads_to_itself_names_nobody(void**) {
    static Bed bed;
    bed_start(bed);
    tree_symlink(bed.tree, "latest", "var/lib/mesos/slave/meta/slaves/latest");
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    NodeIdentity identity;
    discover_identity(bed.root, bed.reader, identity);
    assert_true(identity.mesos_id.empty());
    bed_end(bed);
}

void id_that_cannot_stand_in_a_url_is_not_taken(void**) {
    static Bed bed;
    bed_start(bed);
    tree_symlink(bed.tree, "../../etc/pa sswd", "var/lib/mesos/slave/meta/slaves/latest");
    tree_write(bed.tree, "var/lib/dcos/cluster-id", "two\nlines\n");
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    NodeIdentity identity;
    discover_identity(bed.root, bed.reader, identity);
    assert_true(identity.mesos_id.empty() && identity.cluster_id.empty());
    bed_end(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(address_of_the_best_default_route_is_found),
        cmocka_unit_test(no_default_route_gives_no_address),
        cmocka_unit_test(every_prefix_gives_a_listed_address_or_none),
        cmocka_unit_test(mesos_and_dcos_files_name_the_node),
        cmocka_unit_test(configured_fields_are_left_alone),
        cmocka_unit_test(nothing_to_discover_leaves_all_empty),
        cmocka_unit_test(link_that_leads_to_itself_names_nobody),
        cmocka_unit_test(id_that_cannot_stand_in_a_url_is_not_taken),
    };
    return cmocka_run_group_tests_name("identity", tests, nullptr, nullptr);
}
