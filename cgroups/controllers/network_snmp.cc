// The protocols' counters of a container's own network namespace: /proc/PID/net/snmp of the process
// by which network.cc, which comes before, found it. Where that found none, this has nothing to
// add.
#include "cgroups/container_processes.h"
#include "platform/metrics/snmp_text.h"

namespace nma {

namespace {

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

constexpr auto keys = keys_of(snmp_rows);
constexpr auto specs = specs_of(snmp_rows);

Status run(ContainerReading& reading, SnapshotWriter& writer) {
    const std::uint32_t pid = reading.memory.network_pid;
    if (pid == 0) return Status::ok;
    std::string_view text;
    FieldValues found;
    const ProcessPath path = process_path(pid, "net/snmp");
    Status status = reading.host.reader.read(reading.host.root.proc(), path.text, text);
    if (status == Status::ok) status = scan_snmp(text, keys, found);
    if (status == Status::ok) {
        add_fields(found, keys.size(), writer, writer.container_subject());
        return Status::ok;
    }
    writer.add_missing("network.snmp", reason_of(status));
    const bool is_quiet = status == Status::absent || status == Status::gone;
    return is_quiet ? Status::ok : status;
}

}  // namespace

extern constexpr Controller network_snmp_controller = {
    .name = "network_snmp", .specs = specs, .run = run};

}  // namespace nma
