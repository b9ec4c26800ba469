// /proc/net/snmp6 (net/ipv6/proc.c): lines of "Udp6InDatagrams   40". TCP's counters in
// /proc/net/snmp are of both versions of IP; all others there are of version 4 only. Absent where
// IPv6 is turned off.
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

constexpr MetricSpec counter(const char* name, const char* help) {
    return {.name = name, .help = help, .kind = MetricKind::counter};
}

constexpr FieldRow rows[] = {
    {"Ip6InReceives", 1, counter("ip6.in.packets", "IPv6 packets received")},
    {"Ip6InHdrErrors", 1, counter("ip6.in.header_errors", "IPv6 packets with a bad header")},
    {"Ip6InDiscards", 1, counter("ip6.in.discarded", "Good IPv6 packets received and thrown away")},
    {"Ip6OutForwDatagrams", 1, counter("ip6.forwarded", "IPv6 packets forwarded")},
    {"Ip6OutRequests", 1, counter("ip6.out.packets", "IPv6 packets that this node sent")},
    {"Ip6OutDiscards", 1, counter("ip6.out.discarded", "IPv6 packets thrown away before sending")},
    {"Ip6ReasmFails", 1,
     counter("ip6.reassembly_failures", "IPv6 packets that could not be put together")},
    {"Icmp6InMsgs", 1, counter("icmp6.in.messages", "ICMPv6 messages received")},
    {"Icmp6InErrors", 1, counter("icmp6.in.errors", "ICMPv6 messages received with errors")},
    {"Icmp6OutMsgs", 1, counter("icmp6.out.messages", "ICMPv6 messages sent")},
    {"Udp6InDatagrams", 1, counter("udp6.in.datagrams", "Datagrams received over IPv6")},
    {"Udp6NoPorts", 1,
     counter("udp6.no_ports", "Datagrams over IPv6 for ports at which nobody listens")},
    {"Udp6InErrors", 1,
     counter("udp6.in.errors", "Datagrams over IPv6 that could not be delivered")},
    {"Udp6OutDatagrams", 1, counter("udp6.out.datagrams", "Datagrams sent over IPv6")},
    {"Udp6RcvbufErrors", 1,
     counter("udp6.receive_buffer_errors",
             "Datagrams over IPv6 lost because a receive buffer was full")},
    {"Udp6SndbufErrors", 1,
     counter("udp6.send_buffer_errors", "Datagrams over IPv6 lost because a send buffer was full")},
};

constexpr auto keys = keys_of(rows);
constexpr auto specs = specs_of(rows);
constexpr FieldIndex index = index_of(keys);

Status scan_snmp6(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, keys, index, found);
    if (status == Status::ok) add_fields(found, keys.size(), writer);
    return status;
}

constexpr HostFile files[] = {{Below::net, "snmp6", scan_only<scan_snmp6>, true}};

}  // namespace

extern constexpr Collector snmp6_collector = {.name = "snmp6", .specs = specs, .files = files};

}  // namespace nma
