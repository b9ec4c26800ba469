// The counters of protocols, /proc/net/snmp and netstat: see platform/metrics/snmp_text.h.
#include "platform/metrics/snmp_text.h"

#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr MetricSpec counter(const char* name, const char* help) {
    return {.name = name, .help = help, .kind = MetricKind::counter};
}

constexpr SnmpRow rows[] = {
    {"Ip:", "InReceives", counter("ip.in.packets", "IPv4 packets received")},
    {"Ip:", "InHdrErrors", counter("ip.in.header_errors", "IPv4 packets with a bad header")},
    {"Ip:", "InDiscards", counter("ip.in.discarded", "Good IPv4 packets received and thrown away")},
    {"Ip:", "ForwDatagrams", counter("ip.forwarded", "IPv4 packets forwarded")},
    {"Ip:", "OutRequests", counter("ip.out.packets", "IPv4 packets that this node sent")},
    {"Ip:", "OutDiscards", counter("ip.out.discarded", "IPv4 packets thrown away before sending")},
    {"Ip:", "ReasmFails",
     counter("ip.reassembly_failures", "IPv4 packets that could not be put together")},
    {"Icmp:", "InMsgs", counter("icmp.in.messages", "ICMP messages received")},
    {"Icmp:", "InErrors", counter("icmp.in.errors", "ICMP messages received with errors")},
    {"Icmp:", "OutMsgs", counter("icmp.out.messages", "ICMP messages sent")},
    {"Tcp:", "ActiveOpens", counter("tcp.active_opens", "Connections that this node opened")},
    {"Tcp:", "PassiveOpens", counter("tcp.passive_opens", "Connections that others opened")},
    {"Tcp:", "AttemptFails", counter("tcp.attempt_failures", "Connections that came to nothing")},
    {"Tcp:", "EstabResets", counter("tcp.established_resets", "Connections that were reset")},
    {"Tcp:", "CurrEstab", {.name = "tcp.established", .help = "Connections that are open"}},
    {"Tcp:", "InSegs", counter("tcp.in.segments", "Segments received")},
    {"Tcp:", "OutSegs", counter("tcp.out.segments", "Segments sent, without those sent again")},
    {"Tcp:", "RetransSegs", counter("tcp.out.retransmitted", "Segments sent again")},
    {"Tcp:", "InErrs", counter("tcp.in.errors", "Segments received with errors")},
    {"Tcp:", "OutRsts", counter("tcp.out.resets", "Segments sent with RST")},
    {"Udp:", "InDatagrams", counter("udp.in.datagrams", "Datagrams received over IPv4")},
    {"Udp:", "NoPorts",
     counter("udp.no_ports", "Datagrams over IPv4 for ports at which nobody listens")},
    {"Udp:", "InErrors",
     counter("udp.in.errors", "Datagrams over IPv4 that could not be delivered")},
    {"Udp:", "OutDatagrams", counter("udp.out.datagrams", "Datagrams sent over IPv4")},
    {"Udp:", "RcvbufErrors",
     counter("udp.receive_buffer_errors",
             "Datagrams over IPv4 lost because a receive buffer was full")},
    {"Udp:", "SndbufErrors",
     counter("udp.send_buffer_errors", "Datagrams over IPv4 lost because a send buffer was full")},
    {"TcpExt:", "ListenOverflows",
     counter("tcp.listen_overflows", "Connections lost because a listen queue was full")},
    {"TcpExt:", "ListenDrops",
     counter("tcp.listen_drops", "Connections lost before they were accepted")},
};
constexpr auto keys = keys_of(rows);
constexpr auto specs = specs_of(rows);

Status scan(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_snmp(text, keys, found);
    if (status == Status::ok) add_fields(found, keys.size(), writer);
    return status;
}

constexpr HostFile files[] = {
    {Below::net, "snmp", scan_only<scan>},
    {Below::net, "netstat", scan_only<scan>, true, "netstat"},
};

}  // namespace

extern constexpr Collector snmp_collector = {.name = "snmp", .specs = specs, .files = files};

}  // namespace nma
