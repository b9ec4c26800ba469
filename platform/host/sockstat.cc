// /proc/net/sockstat and sockstat6 (net/ipv4/proc.c, net/ipv6/proc.c):
//     sockets: used 136
//     TCP: inuse 8 orphan 0 tw 2 alloc 9 mem 1
//     UDP6: inuse 3
// a protocol, then words and numbers by turns. mem counts pages.
#include <unistd.h>

#include <limits>

#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

struct SocketRow {
    std::string_view protocol;
    std::string_view word;
    MetricSpec spec;
    bool is_pages = false;
};

constexpr MetricSpec count(const char* name, const char* help) {
    return {.name = name, .help = help};
}
constexpr MetricSpec memory(const char* name, const char* help) {
    return {.name = name, .help = help, .unit = Unit::bytes};
}

constexpr SocketRow rows[] = {
    {"sockets:", "used", count("sockets.used", "Sockets of all kinds")},
    {"TCP:", "inuse", count("sockets.tcp.inuse", "TCP sockets in use")},
    {"TCP:", "orphan", count("sockets.tcp.orphan", "TCP sockets that no process has any more")},
    {"TCP:", "tw", count("sockets.tcp.time_wait", "TCP connections in TIME_WAIT")},
    {"TCP:", "alloc", count("sockets.tcp.allocated", "TCP sockets allocated, v6 included")},
    {"TCP:", "mem", memory("sockets.tcp.memory", "Memory in buffers of TCP"), true},
    {"UDP:", "inuse", count("sockets.udp.inuse", "UDP sockets in use")},
    {"UDP:", "mem", memory("sockets.udp.memory", "Memory in buffers of UDP"), true},
    {"UDPLITE:", "inuse", count("sockets.udplite.inuse", "UDP-Lite sockets in use")},
    {"RAW:", "inuse", count("sockets.raw.inuse", "Raw sockets in use")},
    {"FRAG:", "inuse", count("sockets.frag.inuse", "Packets being put together")},
    {"FRAG:", "memory", memory("sockets.frag.memory", "Memory in fragments of packets")},
    {"TCP6:", "inuse", count("sockets.tcp6.inuse", "TCP over IPv6 sockets in use")},
    {"UDP6:", "inuse", count("sockets.udp6.inuse", "UDP over IPv6 sockets in use")},
    {"UDPLITE6:", "inuse", count("sockets.udplite6.inuse", "UDP-Lite over IPv6 sockets in use")},
    {"RAW6:", "inuse", count("sockets.raw6.inuse", "Raw IPv6 sockets in use")},
    {"FRAG6:", "inuse", count("sockets.frag6.inuse", "IPv6 packets being put together")},
    {"FRAG6:", "memory", memory("sockets.frag6.memory", "Memory in fragments of IPv6 packets")},
};
constexpr std::size_t row_count = std::size(rows);

constexpr auto specs = specs_of(rows);

std::size_t find_row(std::string_view protocol, std::string_view word) {
    std::size_t i = 0;
    while (i < row_count && (rows[i].protocol != protocol || rows[i].word != word))
        ++i;
    return i;
}

bool add_pair(std::string_view protocol, std::string_view word, std::string_view number,
              SnapshotWriter& writer) {
    static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::size_t row = find_row(protocol, word);
    if (row == row_count) return true;
    std::uint64_t value = 0;
    if (!parse_u64(number, value)) return false;
    const std::uint64_t multiplier = rows[row].is_pages ? page_bytes : 1;
    if (value > std::numeric_limits<std::uint64_t>::max() / multiplier) return false;
    writer.add(row, value * multiplier);
    return true;
}

Status scan_sockstat(std::string_view text, SnapshotWriter& writer) {
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        const std::string_view protocol = take_word(line);
        for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
            if (!add_pair(protocol, word, take_word(line), writer)) return Status::malformed;
        }
    }
    return lines.is_torn() || lines.line_number() == 0 ? Status::malformed : Status::ok;
}

constexpr HostFile files[] = {
    {Below::net, "sockstat", scan_only<scan_sockstat>},
    {Below::net, "sockstat6", scan_only<scan_sockstat>, true, "sockstat6"},
};

}  // namespace

extern constexpr Collector sockstat_collector = {
    .name = "sockstat", .specs = specs, .files = files};

}  // namespace nma
