// /proc/loadavg (proc(5)): "0.20 0.18 0.12 1/80 11206": load averages over 1, 5 and 15 minutes,
// runnable/existing scheduling entities, the newest process id.
#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr unsigned decimals = 2;

enum Index { load_1min, load_5min, load_15min, threads_runnable, threads_total };

constexpr MetricSpec specs[] = {
    {.name = "load.1min",
     .help = "Load average over 1 minute",
     .view = View::standard,
     .decimals = decimals},
    {.name = "load.5min",
     .help = "Load average over 5 minutes",
     .view = View::standard,
     .decimals = decimals},
    {.name = "load.15min",
     .help = "Load average over 15 minutes",
     .view = View::standard,
     .decimals = decimals},
    {.name = "threads.runnable", .help = "Scheduling entities that run or could run now"},
    {.name = "threads.total", .help = "Scheduling entities that exist"},
};

// "1/80"
bool parse_entities(std::string_view word, std::uint64_t& runnable, std::uint64_t& total) {
    const std::size_t slash = word.find('/');
    return slash != std::string_view::npos && parse_u64(word.substr(0, slash), runnable) &&
           parse_u64(word.substr(slash + 1), total);
}

Status scan_loadavg(std::string_view text, SnapshotWriter& writer) {
    std::string_view line;
    if (!single_line(text, line)) return Status::malformed;
    for (const Index index : {load_1min, load_5min, load_15min}) {
        std::uint64_t load = 0;
        if (!parse_decimal(take_word(line), decimals, load)) return Status::malformed;
        writer.add(index, load);
    }
    std::uint64_t runnable = 0;
    std::uint64_t total = 0;
    if (!parse_entities(take_word(line), runnable, total)) return Status::malformed;
    writer.add(threads_runnable, runnable);
    writer.add(threads_total, total);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "loadavg", scan_only<scan_loadavg>}};

}  // namespace

extern constexpr Collector loadavg_collector = {.name = "loadavg", .specs = specs, .files = files};

}  // namespace nma
