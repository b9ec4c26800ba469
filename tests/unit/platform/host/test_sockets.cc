// Readers of the network's counters: sockstat, snmp and snmp6.
#include <cstring>

#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector sockstat_collector;
extern const Collector snmp_collector;
extern const Collector snmp6_collector;
}  // namespace nma

namespace {

using namespace nma;
using namespace nma::test;

// The harness knows readers of one file: a copy of the reader with just that.
Collector with_file(const Collector& collector, std::size_t index) {
    Collector copy = collector;
    copy.files = collector.files.subspan(index, 1);
    return copy;
}

constexpr std::string_view bad_sockstat[] = {
    "",
    "sockets: used\n",
    "sockets: used x\n",
    "TCP: inuse -1\n",
    "TCP: inuse 1 orphan\n",
    "TCP: mem 18446744073709551615\n",
};

void sockstat_standard_cases_hold(void**) {
    static const Collector reader = with_file(sockstat_collector, 0);
    check_file_cases({
        .collector = &reader,
        .path = "proc/net/sockstat",
        .typical = "sockets: used 136\nTCP: inuse 8 orphan 1 tw 2 alloc 9 mem 3\n"
                   "UDP: inuse 4 mem 2\nUDPLITE: inuse 0\nRAW: inuse 5\nFRAG: inuse 6 memory 7\n",
        .typical_dump = "sockets.used 136\nsockets.tcp.inuse 8\nsockets.tcp.orphan 1\n"
                        "sockets.tcp.time_wait 2\nsockets.tcp.allocated 9\n"
                        "sockets.tcp.memory 12288\nsockets.udp.inuse 4\nsockets.udp.memory 8192\n"
                        "sockets.udplite.inuse 0\nsockets.raw.inuse 5\nsockets.frag.inuse 6\n"
                        "sockets.frag.memory 7\n",
        .oldest = "sockets: used 1\nTCP: inuse 2 orphan 0 tw 0 alloc 2 mem 0\nNEW: odd 1\n",
        .oldest_dump = "sockets.used 1\nsockets.tcp.inuse 2\nsockets.tcp.orphan 0\n"
                       "sockets.tcp.time_wait 0\nsockets.tcp.allocated 2\nsockets.tcp.memory 0\n",
        .malformed = bad_sockstat,
    });
}

void sockstat6_standard_cases_hold(void**) {
    static const Collector reader = with_file(sockstat_collector, 1);
    check_file_cases({
        .collector = &reader,
        .path = "proc/net/sockstat6",
        .typical = "TCP6: inuse 3\nUDP6: inuse 4\nUDPLITE6: inuse 5\nRAW6: inuse 6\n"
                   "FRAG6: inuse 7 memory 8\n",
        .typical_dump = "sockets.tcp6.inuse 3\nsockets.udp6.inuse 4\nsockets.udplite6.inuse 5\n"
                        "sockets.raw6.inuse 6\nsockets.frag6.inuse 7\nsockets.frag6.memory 8\n",
        .oldest = "TCP6: inuse 3\n",
        .oldest_dump = "sockets.tcp6.inuse 3\n",
        .malformed = bad_sockstat,
        .is_optional = true,
    });
}

constexpr std::string_view bad_snmp[] = {
    "",
    "Tcp: ActiveOpens\n",
    "Tcp: ActiveOpens\nUdp: 1\n",
    "Tcp: ActiveOpens PassiveOpens\nTcp: 1\n",
    "Tcp: ActiveOpens\nTcp: 1 2\n",
    "Tcp: ActiveOpens\nTcp: -1\n",
    "Tcp: ActiveOpens\nTcp: 18446744073709551616\n",
};

void snmp_standard_cases_hold(void**) {
    static const Collector reader = with_file(snmp_collector, 0);
    check_file_cases({
        .collector = &reader,
        .path = "proc/net/snmp",
        .typical = "Ip: Forwarding InReceives OutRequests\nIp: 1 22 33\n"
                   "Tcp: RtoMin MaxConn ActiveOpens CurrEstab RetransSegs\nTcp: 200 -1 17 3 5\n"
                   "New: Column\nNew: 1\nUdp: InDatagrams RcvbufErrors\nUdp: 40 2\n",
        .typical_dump = "ip.in.packets 22\nip.out.packets 33\ntcp.active_opens 17\n"
                        "tcp.established 3\ntcp.out.retransmitted 5\nudp.in.datagrams 40\n"
                        "udp.receive_buffer_errors 2\n",
        .oldest = "Udp: InDatagrams NoPorts\nUdp: 1 2\n",
        .oldest_dump = "udp.in.datagrams 1\nudp.no_ports 2\n",
        .malformed = bad_snmp,
    });
}

void netstat_standard_cases_hold(void**) {
    static const Collector reader = with_file(snmp_collector, 1);
    check_file_cases({
        .collector = &reader,
        .path = "proc/net/netstat",
        .typical = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 2 3\n",
        .typical_dump = "tcp.listen_overflows 2\ntcp.listen_drops 3\n",
        .oldest = "TcpExt: ListenDrops\nTcpExt: 3\n",
        .oldest_dump = "tcp.listen_drops 3\n",
        .malformed = bad_snmp,
        .is_optional = true,
    });
}

constexpr std::string_view bad_snmp6[] = {
    "",
    "Udp6InDatagrams\n",
    "Udp6InDatagrams x\n",
    "Ip6InReceives -1\n",
    "Ip6InReceives 18446744073709551616\n",
};

void snmp6_standard_cases_hold(void**) {
    check_file_cases({
        .collector = &snmp6_collector,
        .path = "proc/net/snmp6",
        .typical = "Ip6InReceives                   \t51\nIp6InNoRoutes                   \t0\n"
                   "Icmp6OutMsgs                    \t7\nUdp6InDatagrams                 \t4\n"
                   "Udp6NoPorts                     \t1\nUdp6OutDatagrams                \t5\n"
                   "UdpLite6InDatagrams             \t9\n",
        .typical_dump = "ip6.in.packets 51\nicmp6.out.messages 7\nudp6.in.datagrams 4\n"
                        "udp6.no_ports 1\nudp6.out.datagrams 5\n",
        .oldest = "Udp6InDatagrams 18446744073709551615\n",
        .oldest_dump = "udp6.in.datagrams 18446744073709551615\n",
        .malformed = bad_snmp6,
        .is_optional = true,
    });
}

void live_machine_agrees(void**) {
    static ReaderBed bed;
    bed_make_live(bed, sockstat_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_non_null(strstr(bed_dump(bed), "sockets.used "));
    bed_remove(bed);
    bed_make_live(bed, snmp_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_non_null(strstr(bed_dump(bed), "tcp.out.segments "));
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(sockstat_standard_cases_hold),
        cmocka_unit_test(sockstat6_standard_cases_hold),
        cmocka_unit_test(snmp_standard_cases_hold),
        cmocka_unit_test(netstat_standard_cases_hold),
        cmocka_unit_test(snmp6_standard_cases_hold),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("sockets", tests, nullptr, nullptr);
}
