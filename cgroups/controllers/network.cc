// Traffic of a container's own network namespace: /proc/PID/net/dev of one of its processes
// (proc(5)), summed over its interfaces without lo, and its protocols' counters, net/snmp. A
// container that shares the host's namespace has none.
//
// Which namespace a process is in, /proc/PID/ns/net tells only to those who may trace it. But the
// file net/dev itself belongs to the namespace: two processes of one namespace have it under the
// same inode, and stat needs no privilege.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <limits>

#include "cgroups/container_processes.h"
#include "cgroups/controller.h"
#include "platform/metrics/net_dev_text.h"
#include "platform/metrics/snmp_text.h"

namespace nma {

namespace {

constexpr MetricSpec figure(const char* name, const char* help, Unit unit) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .kind = MetricKind::counter,
            .view = View::standard,
            .about = SubjectKind::container};
}

constexpr MetricSpec traffic_specs[] = {
    figure("net.rx_bytes", "Bytes received", Unit::bytes),
    figure("net.rx_packets", "Packets received", Unit::count),
    figure("net.rx_errors", "Packets received with errors", Unit::count),
    figure("net.rx_dropped", "Packets received and dropped", Unit::count),
    figure("net.tx_bytes", "Bytes sent", Unit::bytes),
    figure("net.tx_packets", "Packets sent", Unit::count),
    figure("net.tx_errors", "Packets that could not be sent", Unit::count),
    figure("net.tx_dropped", "Packets dropped before they were sent", Unit::count),
};
constexpr std::size_t traffic_count = std::size(traffic_specs);
static_assert(traffic_count == InterfaceCounters::value_count);  // and in the same order
using Totals = std::array<std::uint64_t, traffic_count>;

constexpr MetricSpec protocol(const char* name, const char* help) {
    return {
        .name = name, .help = help, .kind = MetricKind::counter, .about = SubjectKind::container};
}
constexpr MetricSpec gauge(const char* name, const char* help) {
    return {.name = name, .help = help, .about = SubjectKind::container};
}

// All counters of the four protocols; the others of their columns are settings.
constexpr SnmpRow snmp_rows[] = {
    {"Ip:", "InReceives", protocol("net.ip_in_receives", "IPv4 packets received")},
    {"Ip:", "InHdrErrors", protocol("net.ip_in_hdr_errors", "IPv4 packets with a bad header")},
    {"Ip:", "InAddrErrors",
     protocol("net.ip_in_addr_errors", "IPv4 packets for addresses that are not ours")},
    {"Ip:", "ForwDatagrams", protocol("net.ip_forw_datagrams", "IPv4 packets forwarded")},
    {"Ip:", "InUnknownProtos",
     protocol("net.ip_in_unknown_protos", "IPv4 packets of unknown protocols")},
    {"Ip:", "InDiscards",
     protocol("net.ip_in_discards", "Good IPv4 packets received and thrown away")},
    {"Ip:", "InDelivers", protocol("net.ip_in_delivers", "IPv4 packets handed to their protocols")},
    {"Ip:", "OutRequests", protocol("net.ip_out_requests", "IPv4 packets that were to be sent")},
    {"Ip:", "OutDiscards",
     protocol("net.ip_out_discards", "IPv4 packets thrown away before sending")},
    {"Ip:", "OutNoRoutes", protocol("net.ip_out_no_routes", "IPv4 packets without a route")},
    {"Ip:", "ReasmTimeout", protocol("net.ip_reasm_timeout", "Reassemblies that took too long")},
    {"Ip:", "ReasmReqds", protocol("net.ip_reasm_reqds", "IPv4 fragments to be put together")},
    {"Ip:", "ReasmOKs", protocol("net.ip_reasm_oks", "IPv4 packets put together")},
    {"Ip:", "ReasmFails",
     protocol("net.ip_reasm_fails", "IPv4 packets that could not be put together")},
    {"Ip:", "FragOKs", protocol("net.ip_frag_oks", "IPv4 packets cut into fragments")},
    {"Ip:", "FragFails", protocol("net.ip_frag_fails", "IPv4 packets that could not be cut")},
    {"Ip:", "FragCreates", protocol("net.ip_frag_creates", "IPv4 fragments made")},
    {"Icmp:", "InMsgs", protocol("net.icmp_in_msgs", "ICMP messages received")},
    {"Icmp:", "InErrors", protocol("net.icmp_in_errors", "ICMP messages received with errors")},
    {"Icmp:", "InCsumErrors",
     protocol("net.icmp_in_csum_errors", "ICMP messages received with a bad checksum")},
    {"Icmp:", "InDestUnreachs",
     protocol("net.icmp_in_dest_unreachs", "Messages \"destination unreachable\" received")},
    {"Icmp:", "InTimeExcds",
     protocol("net.icmp_in_time_excds", "Messages \"time exceeded\" received")},
    {"Icmp:", "InParmProbs",
     protocol("net.icmp_in_parm_probs", "Messages \"parameter problem\" received")},
    {"Icmp:", "InSrcQuenchs",
     protocol("net.icmp_in_src_quenchs", "Messages \"source quench\" received")},
    {"Icmp:", "InRedirects", protocol("net.icmp_in_redirects", "Messages \"redirect\" received")},
    {"Icmp:", "InEchos", protocol("net.icmp_in_echos", "Echo requests received")},
    {"Icmp:", "InEchoReps", protocol("net.icmp_in_echo_reps", "Echo replies received")},
    {"Icmp:", "InTimestamps", protocol("net.icmp_in_timestamps", "Timestamp requests received")},
    {"Icmp:", "InTimestampReps",
     protocol("net.icmp_in_timestamp_reps", "Timestamp replies received")},
    {"Icmp:", "InAddrMasks", protocol("net.icmp_in_addr_masks", "Address mask requests received")},
    {"Icmp:", "InAddrMaskReps",
     protocol("net.icmp_in_addr_mask_reps", "Address mask replies received")},
    {"Icmp:", "OutMsgs", protocol("net.icmp_out_msgs", "ICMP messages sent")},
    {"Icmp:", "OutErrors", protocol("net.icmp_out_errors", "ICMP messages that could not be sent")},
    {"Icmp:", "OutDestUnreachs",
     protocol("net.icmp_out_dest_unreachs", "Messages \"destination unreachable\" sent")},
    {"Icmp:", "OutTimeExcds",
     protocol("net.icmp_out_time_excds", "Messages \"time exceeded\" sent")},
    {"Icmp:", "OutParmProbs",
     protocol("net.icmp_out_parm_probs", "Messages \"parameter problem\" sent")},
    {"Icmp:", "OutSrcQuenchs",
     protocol("net.icmp_out_src_quenchs", "Messages \"source quench\" sent")},
    {"Icmp:", "OutRedirects", protocol("net.icmp_out_redirects", "Messages \"redirect\" sent")},
    {"Icmp:", "OutEchos", protocol("net.icmp_out_echos", "Echo requests sent")},
    {"Icmp:", "OutEchoReps", protocol("net.icmp_out_echo_reps", "Echo replies sent")},
    {"Icmp:", "OutTimestamps", protocol("net.icmp_out_timestamps", "Timestamp requests sent")},
    {"Icmp:", "OutTimestampReps",
     protocol("net.icmp_out_timestamp_reps", "Timestamp replies sent")},
    {"Icmp:", "OutAddrMasks", protocol("net.icmp_out_addr_masks", "Address mask requests sent")},
    {"Icmp:", "OutAddrMaskReps",
     protocol("net.icmp_out_addr_mask_reps", "Address mask replies sent")},
    {"Tcp:", "ActiveOpens",
     protocol("net.tcp_active_opens", "Connections that the container opened")},
    {"Tcp:", "PassiveOpens", protocol("net.tcp_passive_opens", "Connections that others opened")},
    {"Tcp:", "AttemptFails", protocol("net.tcp_attempt_fails", "Connections that came to nothing")},
    {"Tcp:", "EstabResets", protocol("net.tcp_estab_resets", "Connections that were reset")},
    {"Tcp:", "CurrEstab", gauge("net.tcp_curr_estab", "Connections that are open")},
    {"Tcp:", "InSegs", protocol("net.tcp_in_segs", "Segments received")},
    {"Tcp:", "OutSegs", protocol("net.tcp_out_segs", "Segments sent, without those sent again")},
    {"Tcp:", "RetransSegs", protocol("net.tcp_retrans_segs", "Segments sent again")},
    {"Tcp:", "InErrs", protocol("net.tcp_in_errs", "Segments received with errors")},
    {"Tcp:", "OutRsts", protocol("net.tcp_out_rsts", "Segments sent with RST")},
    {"Tcp:", "InCsumErrors",
     protocol("net.tcp_in_csum_errors", "Segments received with a bad checksum")},
    {"Udp:", "InDatagrams", protocol("net.udp_in_datagrams", "Datagrams received")},
    {"Udp:", "NoPorts",
     protocol("net.udp_no_ports", "Datagrams for ports at which nobody listens")},
    {"Udp:", "InErrors", protocol("net.udp_in_errors", "Datagrams that could not be delivered")},
    {"Udp:", "OutDatagrams", protocol("net.udp_out_datagrams", "Datagrams sent")},
    {"Udp:", "RcvbufErrors",
     protocol("net.udp_rcvbuf_errors", "Datagrams lost because a receive buffer was full")},
    {"Udp:", "SndbufErrors",
     protocol("net.udp_sndbuf_errors", "Datagrams lost because a send buffer was full")},
    {"Udp:", "InCsumErrors",
     protocol("net.udp_in_csum_errors", "Datagrams received with a bad checksum")},
    {"Udp:", "IgnoredMulti",
     protocol("net.udp_ignored_multi", "Multicast datagrams that nobody wanted")},
};

constexpr auto specs = [] {
    std::array<MetricSpec, traffic_count + std::size(snmp_rows)> all = {};
    for (std::size_t i = 0; i < traffic_count; ++i)
        all[i] = traffic_specs[i];
    for (std::size_t i = 0; i < std::size(snmp_rows); ++i)
        all[traffic_count + i] = snmp_rows[i].spec;
    return all;
}();

// A sum over interfaces that leaves 64 bits is as wrong as a number that does.
bool add_interface(const InterfaceCounters& counters, Totals& totals) {
    for (std::size_t i = 0; i < traffic_count; ++i) {
        if (counters.values[i] > std::numeric_limits<std::uint64_t>::max() - totals[i]) {
            return false;
        }
        totals[i] += counters.values[i];
    }
    return true;
}

Status scan(std::string_view text, Totals& totals) {
    totals = {};
    NetDevCursor cursor(text);
    InterfaceCounters counters;
    while (cursor.next(counters)) {
        if (!counters.is_loopback() && !add_interface(counters, totals)) return Status::malformed;
    }
    // A sum without one of its parts would be a lie.
    const bool is_whole = cursor.has_header() && cursor.skipped_count() == 0;
    return is_whole ? Status::ok : Status::malformed;
}

enum class Namespace : std::uint8_t { own, host, unknown };

struct Paths {
    ProcessPath file;
    ProcessPath link;
};

Paths paths_of(std::uint32_t pid) {
    return {process_path(pid, "net/dev"), process_path(pid, "ns/net")};
}

bool read_link(int proc, const char* path, FixedText<64>& target) {
    char memory[64];
    const ssize_t size = readlinkat(proc, path, memory, sizeof memory);
    return size > 0 && target.assign({memory, static_cast<std::size_t>(size)});
}

// Copies of proc have no inodes that mean anything, but they may have the links.
Namespace namespace_by_link(int proc, const Paths& paths, const Paths& host) {
    FixedText<64> ours;
    FixedText<64> theirs;
    if (!read_link(proc, host.link.text, ours) || !read_link(proc, paths.link.text, theirs))
        return Namespace::unknown;
    return ours.view() == theirs.view() ? Namespace::host : Namespace::own;
}

Namespace namespace_of(const HostRoot& root, const Paths& paths) {
    static constexpr std::uint32_t first_process = 1;
    const Paths host = paths_of(first_process);
    if (!root.is_live()) return namespace_by_link(root.proc(), paths, host);
    struct stat ours = {};
    struct stat theirs = {};
    if (fstatat(root.proc(), host.file.text, &ours, 0) != 0 ||
        fstatat(root.proc(), paths.file.text, &theirs, 0) != 0) {
        return Namespace::unknown;
    }
    const bool is_same = ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
    return is_same ? Namespace::host : Namespace::own;
}

Status read_traffic(const HostContext& host, std::uint32_t pid, Totals& totals) {
    std::string_view text;
    const Status status =
        host.reader.read(host.root.proc(), process_path(pid, "net/dev").text, text);
    return status == Status::ok ? scan(text, totals) : status;
}

// The protocols' counters may be missing while the traffic is there.
void add_protocols(const HostContext& host, std::uint32_t pid, SnapshotWriter& writer) {
    std::string_view text;
    FieldValues found;
    Status status = host.reader.read(host.root.proc(), process_path(pid, "net/snmp").text, text);
    if (status == Status::ok) status = scan_snmp(text, snmp_rows, found);
    if (status == Status::ok) {
        add_fields(found, std::size(snmp_rows), writer, writer.container_subject(), traffic_count);
        return;
    }
    writer.add_missing("network.snmp", reason_of(status));
    if (status != Status::absent && status != Status::gone) writer.note(status);
}

// The next process is asked when one ended between listing and reading.
Status run(ContainerReading& reading, SnapshotWriter& writer) {
    for (const std::uint32_t pid : reading.pids.first) {
        if (pid == 0) break;
        const Namespace whose = namespace_of(reading.host.root, paths_of(pid));
        if (whose == Namespace::unknown) continue;
        if (whose == Namespace::host) {
            writer.add_missing("network", Reason::shared_netns);
            return Status::ok;
        }
        Totals totals;
        const Status status = read_traffic(reading.host, pid, totals);
        if (status == Status::absent || status == Status::gone) continue;
        if (status != Status::ok) {
            writer.add_missing("network", reason_of(status));
            return status;
        }
        for (std::size_t i = 0; i < traffic_count; ++i)
            writer.add(i, totals[i], writer.container_subject());
        add_protocols(reading.host, pid, writer);
        return Status::ok;
    }
    writer.add_missing("network", reason_unseen(reading));
    return Status::ok;
}

}  // namespace

extern constexpr Controller network_controller = {
    .name = "network", .specs = specs, .is_always_read = true, .run = run};

}  // namespace nma
