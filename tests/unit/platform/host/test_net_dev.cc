#include <cstdio>
#include <cstring>

#include "platform/limits.h"
#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector net_dev_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

#define HEADER                                                                                 \
    "Inter-|   Receive                                                |  Transmit\n"           \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
    "drop fifo colls carrier compressed\n"

constexpr std::string_view typical = HEADER
    "    lo:    1296      16    0    0    0     0          0         0     1296      16    0    0  "
    "  "
    "0     0       0          0\n"
    "  eth0: 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";

constexpr std::string_view malformed[] = {
    "",
    "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    "Inter-|   Receive\neth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
};

constexpr std::string_view bad_lines[] = {
    "eth1: 1 2 3\n",
    "eth1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    " : 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    "eth1: 1 2 -3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    "eth1: 18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    "rubbish\n",
    "eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
};

void bad_line_costs_only_its_interface(void**) {
    static ReaderBed bed;
    for (const std::string_view line : bad_lines) {
        static char text[4096];
        const int size =
            snprintf(text, sizeof text, "%seth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n%.*s",
                     HEADER, static_cast<int>(line.size()), line.data());
        bed_make(bed, net_dev_collector);
        tree_write(bed.tree, "proc/net/dev", {text, static_cast<std::size_t>(size)});
        bed_tick(bed);
        assert_string_equal(status_name(bed_report(bed).status), "ok");
        assert_int_equal(bed_report(bed).skipped_count, 1);
        assert_int_equal(bed.snapshot.samples.size(), 8);
        bed_remove(bed);
    }
}

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &net_dev_collector,
        .path = "proc/net/dev",
        .typical = typical,
        .typical_dump = "network.in{interface=lo} 1296\n"
                        "network.in.packets{interface=lo} 16\n"
                        "network.in.errors{interface=lo} 0\n"
                        "network.in.dropped{interface=lo} 0\n"
                        "network.out{interface=lo} 1296\n"
                        "network.out.packets{interface=lo} 16\n"
                        "network.out.errors{interface=lo} 0\n"
                        "network.out.dropped{interface=lo} 0\n"
                        "network.in{interface=eth0} 18446744073709551615\n"
                        "network.in.packets{interface=eth0} 2\n"
                        "network.in.errors{interface=eth0} 3\n"
                        "network.in.dropped{interface=eth0} 4\n"
                        "network.out{interface=eth0} 9\n"
                        "network.out.packets{interface=eth0} 10\n"
                        "network.out.errors{interface=eth0} 11\n"
                        "network.out.dropped{interface=eth0} 12\n",
        .oldest = HEADER "eth0:1:99999999 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        .oldest_dump = "network.in{interface=eth0:1} 99999999\n"
                       "network.in.packets{interface=eth0:1} 2\n"
                       "network.in.errors{interface=eth0:1} 3\n"
                       "network.in.dropped{interface=eth0:1} 4\n"
                       "network.out{interface=eth0:1} 9\n"
                       "network.out.packets{interface=eth0:1} 10\n"
                       "network.out.errors{interface=eth0:1} 11\n"
                       "network.out.dropped{interface=eth0:1} 12\n",
        .malformed = malformed,
    });
}

void more_interfaces_than_fit_are_counted(void**) {
    static ReaderBed bed;
    static char text[512 * 1024];
    std::size_t size = strlen(HEADER);
    memcpy(text, HEADER, size);
    constexpr std::size_t count = limits::interface_count_max + 3;
    for (std::size_t i = 0; i < count; ++i) {
        size += static_cast<std::size_t>(
            snprintf(text + size, sizeof text - size,
                     "veth%zu: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", i));
    }
    bed_make(bed, net_dev_collector);
    tree_write(bed.tree, "proc/net/dev", {text, size});
    bed_tick(bed);
    assert_int_equal(bed_report(bed).overflow_count, 3);
    assert_string_equal(status_name(bed_report(bed).status), "full");
    assert_int_equal(bed.snapshot.samples.size(), limits::interface_count_max * 8);
    bed_remove(bed);
}

void another_hosts_interfaces_are_those_of_its_first_process(void**) {
    static ReaderBed bed;
    bed_make(bed, net_dev_collector);
    tree_write(bed.tree, "proc/net/dev", HEADER "ours: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    tree_write(bed.tree, "proc/1/net/dev", HEADER "host: 7 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    bed.root.close();
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    bed_tick(bed);
    assert_non_null(strstr(bed_dump(bed), "network.in{interface=host} 7\n"));
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    static ReaderBed bed;
    bed_make_live(bed, net_dev_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_non_null(strstr(bed_dump(bed), "network.in{interface=lo} "));
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_hold),
        cmocka_unit_test(bad_line_costs_only_its_interface),
        cmocka_unit_test(more_interfaces_than_fit_are_counted),
        cmocka_unit_test(another_hosts_interfaces_are_those_of_its_first_process),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("net_dev", tests, nullptr, nullptr);
}
