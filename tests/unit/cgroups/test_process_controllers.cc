// Controllers that look at a container's processes in proc, and at files that are not one by one:
// figures, and the reasons for which they are missing.
#include <stdio.h>
#include <string.h>

#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define ID "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60"
#define CGROUP "sys/fs/cgroup/pids/mesos/" ID "/"
#define UNIFIED "sys/fs/cgroup/unified/mesos/" ID "/"

static ContainerBed bed;

void make(const char* controller) {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, &controller, 1);
}

void start() {
    container_bed_start(bed);
    container_bed_tick(bed);
}

bool has(const char* line) {
    const std::string whole = std::string("\n") + container_bed_dump(bed);
    const bool is_there = whole.find(std::string("\n" ID " ") + line + "\n") != whole.npos;
    if (!is_there) print_error("no %s in:\n%s", line, whole.c_str());
    return is_there;
}

bool has_none(const char* prefix) {
    return strstr(container_bed_dump(bed), (std::string(ID " ") + prefix).c_str()) == nullptr;
}

// The word of the reason for which a group is missing; "" when it is not.
const char* missing(const char* group) {
    for (const MissingGroup& entry : bed.snapshot.missing_of(bed.snapshot.containers[0])) {
        if (strcmp(entry.group, group) == 0) return reason_name(entry.reason);
    }
    return "";
}

Status status_of(const char* reader) {
    return container_bed_report(bed, reader).status;
}

void threads_have_a_limit_and_hits_of_it(void**) {
    make("pids");
    tree_write(bed.tree, CGROUP "cgroup.procs", "12\n13\n");
    tree_write(bed.tree, CGROUP "pids.current", "5\n");
    tree_write(bed.tree, CGROUP "pids.max", "10\n");
    tree_write(bed.tree, CGROUP "pids.events", "max 3\n");
    tree_write(bed.tree, CGROUP "pids.peak", "9\n");
    start();
    assert_true(has("container.processes 2") && has("container.threads 5"));
    assert_true(has("container.threads_limit 10") && has("container.threads_limit_hits 3"));
    assert_true(has("container.threads_peak 9"));
    tree_write(bed.tree, CGROUP "pids.events", "max three\n");
    tree_delete(bed.tree, CGROUP "pids.peak");
    container_bed_tick(bed);
    assert_true(has_none("container.threads_limit_hits") && has_none("container.threads_peak"));
    assert_string_equal(missing("pids.events"), "unreadable");
    assert_string_equal(missing("pids.peak"), "kernel_too_old");
    container_bed_remove(bed);
}

void without_the_pids_controller_threads_are_counted(void**) {
    make("memory");
    tree_write(bed.tree, "sys/fs/cgroup/memory/mesos/" ID "/cgroup.procs", "12\n");
    tree_write(bed.tree, "sys/fs/cgroup/memory/mesos/" ID "/tasks", "12\n14\n");
    start();
    assert_true(has("container.threads 2"));
    assert_string_equal(missing("pids"), "controller_disabled");
    assert_string_equal(missing("pids.peak"), "");
    container_bed_remove(bed);
}

constexpr const char stat_text[] =
    "12 (a) b) c) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 250 1 1 18446744073709551615\n";
constexpr const char later_text[] =
    "13 (d) R 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 251 1\n";

void make_with_processes(const char* pids) {
    make("pids");
    tree_write(bed.tree, CGROUP "cgroup.procs", pids);
    tree_write(bed.tree, "proc/stat", "cpu  1 2 3 4\nbtime 1700000000\nprocesses 9\n");
    tree_write(bed.tree, "proc/13/stat", later_text);
    tree_write(bed.tree, "proc/12/stat", stat_text);
}

void a_container_starts_with_its_oldest_process(void**) {
    make_with_processes("13\n12\n11\n");  // 11 has ended
    start();
    assert_true(has("container.start_time_secs 1700000002.5"));
    tree_delete(bed.tree, "proc/12/stat");
    container_bed_tick(bed);
    assert_true(has("container.start_time_secs 1700000002.5"));  // it does not start again
    container_bed_remove(bed);
}

void processes_that_ended_tell_no_start(void**) {
    make_with_processes("11\n13\n");
    tree_delete(bed.tree, "proc/13/stat");
    start();
    assert_string_equal(missing("start_time"), "gone");
    assert_true(status_of("start_time") == Status::ok);
    tree_write(bed.tree, CGROUP "cgroup.procs", "");
    container_bed_tick(bed);
    assert_string_equal(missing("start_time"), "gone");
    assert_string_equal(missing("descriptors"), "gone");
    tree_write(bed.tree, CGROUP "cgroup.procs", "13\n");
    tree_write(bed.tree, "proc/13/stat", later_text);
    container_bed_tick(bed);
    assert_true(has("container.start_time_secs 1700000002.51"));
    container_bed_remove(bed);
}

void a_start_that_cannot_be_read_is_left_out(void**) {
    make_with_processes("12\n");
    tree_write(bed.tree, "proc/12/stat", "");
    start();
    for (std::size_t size = 0; size < sizeof stat_text - 1; ++size) {
        tree_write(bed.tree, "proc/12/stat", std::string_view(stat_text, size));
        container_bed_tick(bed);
        assert_true(has_none("container.start_time_secs"));
        assert_string_equal(missing("start_time"), "unreadable");
        assert_true(status_of("start_time") == Status::malformed);
    }
    tree_write(bed.tree, "proc/12/stat",
               "12 (a) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 18446744073709551615 1\n");
    container_bed_tick(bed);
    assert_string_equal(missing("start_time"), "unreadable");
    tree_write(bed.tree, "proc/12/stat", stat_text);
    for (const char* text : {"btime 18446744073709551615\n", "btime x\n", ""}) {
        tree_write(bed.tree, "proc/stat", text);
        container_bed_tick(bed);
        assert_string_equal(missing("start_time"), "unreadable");
    }
    tree_write(bed.tree, "proc/stat", "cpu 1\n");
    container_bed_tick(bed);
    assert_string_equal(missing("start_time"), "not_available");
    assert_true(status_of("start_time") == Status::ok);
    tree_chmod(bed.tree, "proc/12/stat", 0);
    if (become_nobody()) {
        container_bed_tick(bed);
        become_root_again();
        assert_string_equal(missing("start_time"), "no_permission");
    }
    container_bed_remove(bed);
}

void processes_of_other_namespaces_leave_figures_of_all_unknown(void**) {
    make_with_processes("0\n12\n");
    start();
    assert_true(has("container.processes 2"));
    assert_string_equal(missing("start_time"), "not_available");
    assert_string_equal(missing("descriptors"), "not_available");
    container_bed_remove(bed);
}

void descriptors_are_counted_over_all_processes(void**) {
    make_with_processes("12\n13\n14\n");  // 14 has ended
    tree_write(bed.tree, "proc/12/fd/0", "");
    tree_write(bed.tree, "proc/12/fd/1", "");
    tree_mkdir(bed.tree, "proc/13/fd");
    start();
    assert_true(has("container.open_descriptors 2"));
    tree_write(bed.tree, "proc/13/fd/255", "");
    container_bed_tick(bed);
    assert_true(has("container.open_descriptors 3"));
    tree_chmod(bed.tree, "proc/13/fd", 0);
    if (become_nobody()) {
        container_bed_tick(bed);
        become_root_again();
        assert_true(has_none("container.open_descriptors"));
        assert_string_equal(missing("descriptors"), "no_permission");
    }
    container_bed_remove(bed);
}

void what_is_beyond_a_limit_is_said_and_not_guessed(void**) {
    std::string pids;
    for (std::size_t i = 0; i <= limits::processes_per_container_max; ++i)
        pids += std::to_string(100 + i) + "\n";
    make_with_processes(pids.c_str());
    start();
    assert_string_equal(missing("descriptors"), "limit_reached");
    assert_string_equal(missing("start_time"), "limit_reached");
    tree_write(bed.tree, CGROUP "cgroup.procs", "12\n13\n");
    for (std::size_t i = 0; i < limits::descriptors_listed_max; ++i)
        tree_write(bed.tree, ("proc/12/fd/" + std::to_string(i)).c_str(), "");
    container_bed_tick(bed);
    assert_true(has(
        ("container.open_descriptors " + std::to_string(limits::descriptors_listed_max)).c_str()));
    tree_write(bed.tree, "proc/13/fd/0", "");
    container_bed_tick(bed);
    assert_string_equal(missing("descriptors"), "limit_reached");
    container_bed_remove(bed);
}

constexpr const char* net_dev_text =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n"
    "    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n"
    "  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"
    "  eth1:10 20 30 40 0 0 0 0 50 60 70 80 0 0 0 0\n";

constexpr const char snmp_text[] =
    "Ip: Forwarding DefaultTTL InReceives ReasmOKs FragCreates\n"
    "Ip: 1 64 100 3 18446744073709551615\n"
    "Icmp: InMsgs InAddrMaskReps OutMsgs\n"
    "Icmp: 7 8 9\n"
    "IcmpMsg: InType3\n"
    "IcmpMsg: 7\n"
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens CurrEstab InCsumErrors\n"
    "Tcp: 1 200 120000 -1 17 2 0\n"
    "Udp: InDatagrams NoPorts RcvbufErrors\n"
    "Udp: 4 5 6\n";

void make_with_network() {
    make("pids");
    tree_write(bed.tree, CGROUP "cgroup.procs", "12\n13\n");
    tree_symlink(bed.tree, "net:[1]", "proc/1/ns/net");
    tree_symlink(bed.tree, "net:[2]", "proc/13/ns/net");
    tree_write(bed.tree, "proc/13/net/dev", net_dev_text);
    tree_write(bed.tree, "proc/13/net/snmp", snmp_text);
}

void traffic_is_that_of_a_namespace_of_its_own(void**) {
    make_with_network();
    start();
    assert_true(has("net.rx_bytes 11") && has("net.rx_packets 22") && has("net.rx_errors 33"));
    assert_true(has("net.rx_dropped 44") && has("net.tx_bytes 55") && has("net.tx_packets 66"));
    assert_true(has("net.tx_errors 77") && has("net.tx_dropped 88"));
    assert_string_equal(missing("network"), "");
    tree_delete(bed.tree, "proc/13/ns/net");
    tree_symlink(bed.tree, "net:[1]", "proc/13/ns/net");
    container_bed_tick(bed);
    assert_true(has_none("net."));
    assert_string_equal(missing("network"), "shared_netns");
    tree_write(bed.tree, CGROUP "cgroup.procs", "12\n");
    container_bed_tick(bed);
    assert_string_equal(missing("network"), "gone");
    container_bed_remove(bed);
}

void protocols_have_their_counters(void**) {
    make_with_network();
    start();
    assert_true(has("net.ip_in_receives 100") && has("net.ip_reasm_oks 3"));
    assert_true(has("net.ip_frag_creates 18446744073709551615") && has("net.icmp_in_msgs 7"));
    assert_true(has("net.icmp_in_addr_mask_reps 8") && has("net.icmp_out_msgs 9"));
    assert_true(has("net.tcp_active_opens 17") && has("net.tcp_curr_estab 2"));
    assert_true(has("net.tcp_in_csum_errors 0") && has("net.udp_in_datagrams 4"));
    assert_true(has("net.udp_no_ports 5") && has("net.udp_rcvbuf_errors 6"));
    assert_true(has_none("net.ip_forwarding") && has_none("net.udp_out_datagrams"));
    container_bed_remove(bed);
}

void counters_that_cannot_be_read_do_not_take_the_traffic_along(void**) {
    make_with_network();
    start();
    const std::string whole = std::string("\n") + container_bed_dump(bed);
    for (std::size_t size = 0; size < sizeof snmp_text - 1; ++size) {
        tree_write(bed.tree, "proc/13/net/snmp", std::string_view(snmp_text, size));
        container_bed_tick(bed);
        assert_true(has("net.rx_bytes 11"));
        const std::string dump = container_bed_dump(bed);
        for (std::size_t at = 0; at < dump.size();) {
            const std::size_t end = dump.find('\n', at);
            assert_true(whole.find("\n" + dump.substr(at, end - at + 1)) != whole.npos);
            at = end + 1;
        }
    }
    assert_string_equal(missing("network.snmp"), "unreadable");
    tree_delete(bed.tree, "proc/13/net/snmp");
    container_bed_tick(bed);
    assert_string_equal(missing("network.snmp"), "not_available");
    assert_true(status_of("network") == Status::ok && has("net.rx_bytes 11"));
    tree_write(bed.tree, "proc/13/net/dev", "nothing\n");
    container_bed_tick(bed);
    assert_string_equal(missing("network"), "unreadable");
    assert_true(status_of("network") == Status::malformed && has_none("net."));
    container_bed_remove(bed);
}

void pressure_is_missing_with_a_reason(void**) {
    constexpr const char* text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    make("");
    tree_write(bed.tree, UNIFIED "cgroup.procs", "12\n");
    start();
    assert_string_equal(missing("pressure"), "not_available");
    tree_write(bed.tree, UNIFIED "cpu.pressure", text);
    tree_write(bed.tree, UNIFIED "io.pressure", "some avg10=high\n");
    container_bed_tick(bed);
    assert_true(has("cpus.pressure.some.avg10 0") && has_none("blkio.pressure"));
    assert_string_equal(missing("pressure"), "");
    assert_string_equal(missing("pressure.memory"), "not_available");
    assert_string_equal(missing("pressure.io"), "unreadable");
    assert_string_equal(missing("pressure.irq"), "not_available");
    assert_true(status_of("pressure") == Status::malformed);
    container_bed_remove(bed);
}

// Whatever version 1 has, the unified hierarchy has the pressure.
void pressure_of_a_hybrid_host_is_that_of_its_unified_hierarchy(void**) {
    constexpr const char* mounts[] = {"memory", "cpu,cpuacct", "blkio", "pids", "hugetlb", ""};
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, mounts, std::size(mounts));
    tree_write(bed.tree, CGROUP "cgroup.procs", "12\n");
    tree_write(bed.tree, UNIFIED "cgroup.procs", "12\n");
    tree_write(bed.tree, UNIFIED "memory.current", "7\n");
    tree_write(bed.tree, UNIFIED "cpu.pressure",
               "some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n");
    start();
    assert_true(has("container.processes 1") && has("cpus.pressure.some.avg10 1"));
    assert_true(has_none("mem.total_bytes"));
    tree_delete(bed.tree, UNIFIED "cpu.pressure");
    container_bed_tick(bed);
    assert_string_equal(missing("pressure"), "not_available");
    container_bed_remove(bed);
}

// What kernels around 5.15 write of devices without figures, and the cost model's figures.
void devices_without_figures_need_no_line_of_their_own(void**) {
    make("");
    tree_write(bed.tree, UNIFIED "cgroup.procs", "12\n");
    tree_write(bed.tree, UNIFIED "io.stat",
               "7:1 7:0 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.vrate=100.00 "
               "cost.usage=7 cost.wait=8 cost.indebt=9 cost.indelay=1000000\n7:3 7:4 ");
    start();
    assert_true(has("blkio.io_service_bytes_total{8.0,io} 8"));
    assert_true(has("blkio.io_service_bytes_total{default,io} 8"));
    assert_true(has("blkio.io_cost_usage{8.0,io} 0.000007"));
    assert_true(has("blkio.io_cost_indelay{default,io} 1"));
    assert_null(strstr(container_bed_dump(bed), "{7."));
    for (const char* text :
         {"7:1 7:x 8:0 rbytes=1\n", "7:1 rbytes=1\n7:2", "rbytes=1\n", "7:1 x "}) {
        tree_write(bed.tree, UNIFIED "io.stat", text);
        container_bed_tick(bed);
        assert_true(status_of("io") == Status::malformed);
    }
    container_bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(threads_have_a_limit_and_hits_of_it),
        cmocka_unit_test(without_the_pids_controller_threads_are_counted),
        cmocka_unit_test(a_container_starts_with_its_oldest_process),
        cmocka_unit_test(processes_that_ended_tell_no_start),
        cmocka_unit_test(a_start_that_cannot_be_read_is_left_out),
        cmocka_unit_test(processes_of_other_namespaces_leave_figures_of_all_unknown),
        cmocka_unit_test(descriptors_are_counted_over_all_processes),
        cmocka_unit_test(what_is_beyond_a_limit_is_said_and_not_guessed),
        cmocka_unit_test(traffic_is_that_of_a_namespace_of_its_own),
        cmocka_unit_test(protocols_have_their_counters),
        cmocka_unit_test(counters_that_cannot_be_read_do_not_take_the_traffic_along),
        cmocka_unit_test(pressure_is_missing_with_a_reason),
        cmocka_unit_test(pressure_of_a_hybrid_host_is_that_of_its_unified_hierarchy),
        cmocka_unit_test(devices_without_figures_need_no_line_of_their_own),
    };
    return cmocka_run_group_tests_name("cgroups.process_controllers", tests, nullptr, nullptr);
}
