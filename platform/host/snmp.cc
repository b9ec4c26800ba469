// /proc/net/snmp and netstat (net/ipv4/proc.c): lines in pairs, names and then numbers:
//     Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens …
//     Tcp: 1 200 120000 -1 17 …
// Kernels add names in the middle, so numbers are found by name. MaxConn is -1 for "no limit".

#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

struct SnmpRow {
    std::string_view group;
    std::string_view column;
    MetricSpec spec;
};

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
constexpr std::size_t row_count = std::size(rows);

constexpr auto specs = specs_of(rows);

// The rows of a group stand together in the table.
struct RowRange {
    std::size_t first = 0;
    std::size_t end = 0;
};

RowRange rows_of(std::string_view group) {
    RowRange range;
    while (range.first < row_count && rows[range.first].group != group)
        ++range.first;
    range.end = range.first;
    while (range.end < row_count && rows[range.end].group == group)
        ++range.end;
    return range;
}

std::size_t find_row(const RowRange& range, std::string_view column) {
    std::size_t i = range.first;
    while (i < range.end && rows[i].column != column)
        ++i;
    return i;
}

bool add_pair(const RowRange& range, std::string_view names, std::string_view numbers,
              SnapshotWriter& writer) {
    for (std::string_view name = take_word(names); !name.empty(); name = take_word(names)) {
        const std::string_view number = take_word(numbers);
        if (number.empty()) return false;
        const std::size_t row = find_row(range, name);
        if (row == range.end) continue;
        std::uint64_t value = 0;
        if (!parse_u64(number, value)) return false;
        writer.add(row, value);
    }
    return take_word(numbers).empty();
}

Status scan_snmp(std::string_view text, SnapshotWriter& writer) {
    LineCursor lines(text);
    std::string_view names;
    std::string_view numbers;
    while (lines.next(names)) {
        const std::string_view group = take_word(names);
        if (!lines.next(numbers) || take_word(numbers) != group) return Status::malformed;
        const RowRange range = rows_of(group);
        const bool is_wanted = range.first != range.end;
        if (is_wanted && !add_pair(range, names, numbers, writer)) return Status::malformed;
    }
    return lines.is_torn() || lines.line_number() == 0 ? Status::malformed : Status::ok;
}

constexpr HostFile files[] = {
    {Below::net, "snmp", scan_only<scan_snmp>},
    {Below::net, "netstat", scan_only<scan_snmp>, true, "netstat"},
};

}  // namespace

extern constexpr Collector snmp_collector = {.name = "snmp", .specs = specs, .files = files};

}  // namespace nma
