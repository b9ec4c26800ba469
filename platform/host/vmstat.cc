// /proc/vmstat (Documentation/admin-guide/mm, mm/vmstat.c): lines of "pgfault 2554256", counted
// since boot. A selection: what tells of want of memory, of paging and of NUMA misplacement.
// Kernels before 4.8 have a line for each memory zone of some of them ("pgscan_kswapd_normal"), and
// later ones of others ("allocstall_normal"); these are added up, so that a figure means the same
// everywhere.
#include <limits>

#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

// The kernel counts what goes to and from block devices in KiB, all else in pages.
constexpr std::uint64_t kib = 1024;

constexpr MetricSpec counter(const char* name, const char* help, Unit unit = Unit::count) {
    return {.name = name, .help = help, .unit = unit, .kind = MetricKind::counter};
}

constexpr FieldRow rows[] = {
    {"numa_hit", 1, counter("vmstat.numa.hit", "Pages got from the memory node that was wanted")},
    {"numa_miss", 1,
     counter("vmstat.numa.miss", "Pages got from a memory node though another was wanted")},
    {"numa_foreign", 1,
     counter("vmstat.numa.foreign", "Pages wanted from a memory node and got from another")},
    {"numa_interleave", 1,
     counter("vmstat.numa.interleave", "Pages got from the wanted node by interleaving")},
    {"numa_local", 1, counter("vmstat.numa.local", "Pages got from the processor's own node")},
    {"numa_other", 1, counter("vmstat.numa.other", "Pages got from another processor's node")},
    {"workingset_refault", 1,
     counter("vmstat.workingset.refault", "Pages read again soon after they were evicted")},
    {"workingset_refault_anon", 1,
     counter("vmstat.workingset.refault.anon", "Anonymous pages read again soon after eviction")},
    {"workingset_refault_file", 1,
     counter("vmstat.workingset.refault.file", "File pages read again soon after eviction")},
    {"workingset_activate_anon", 1,
     counter("vmstat.workingset.activate.anon", "Refaulted anonymous pages made active at once")},
    {"workingset_activate_file", 1,
     counter("vmstat.workingset.activate.file", "Refaulted file pages made active at once")},
    {"workingset_nodereclaim", 1,
     counter("vmstat.workingset.nodereclaim", "Shadow nodes of evicted pages that were freed")},
    {"nr_dirtied", 1, counter("vmstat.dirtied", "Pages that became dirty")},
    {"nr_written", 1, counter("vmstat.written", "Pages written back")},
    {"pgpgin", kib, counter("memory.paging.in", "Read from block devices", Unit::bytes)},
    {"pgpgout", kib, counter("memory.paging.out", "Written to block devices", Unit::bytes)},
    {"pswpin", 1, counter("vmstat.swap.in", "Pages read from swap")},
    {"pswpout", 1, counter("vmstat.swap.out", "Pages written to swap")},
    {"allocstall", 1,
     counter("vmstat.allocation.stall", "Allocations that had to reclaim memory themselves")},
    {"pgfault", 1, counter("vmstat.fault.all", "Page faults")},
    {"pgmajfault", 1, counter("vmstat.fault.major", "Page faults that had to read")},
    {"pgrefill", 1, counter("vmstat.refill", "Active pages looked at for deactivation")},
    {"pgsteal_kswapd", 1, counter("vmstat.steal.kswapd", "Pages reclaimed in the background")},
    {"pgsteal_direct", 1,
     counter("vmstat.steal.direct", "Pages reclaimed by tasks that wanted memory")},
    {"pgsteal_khugepaged", 1,
     counter("vmstat.steal.khugepaged", "Pages reclaimed to build huge pages")},
    {"pgscan_kswapd", 1, counter("vmstat.scan.kswapd", "Pages looked at in the background")},
    {"pgscan_direct", 1,
     counter("vmstat.scan.direct", "Pages looked at by tasks that wanted memory")},
    {"pgscan_khugepaged", 1,
     counter("vmstat.scan.khugepaged", "Pages looked at to build huge pages")},
    {"pgscan_direct_throttle", 1,
     counter("vmstat.scan.throttle", "Tasks made to wait because reclaim was behind")},
    {"slabs_scanned", 1, counter("vmstat.scan.slab", "Kernel objects looked at for reclaim")},
    {"pageoutrun", 1, counter("vmstat.kswapd.run", "Times that background reclaim went to work")},
    {"drop_pagecache", 1,
     counter("vmstat.drop.pagecache", "Times that somebody had the page cache dropped")},
    {"drop_slab", 1, counter("vmstat.drop.slab", "Times that somebody had kernel caches dropped")},
    {"oom_kill", 1, counter("vmstat.oom_kill", "Processes killed for want of memory")},
    {"numa_hint_faults", 1,
     counter("vmstat.numa.hint_fault", "Faults taken to learn where memory is used")},
    {"numa_hint_faults_local", 1,
     counter("vmstat.numa.hint_fault.local", "Such faults on the processor's own node")},
    {"numa_pages_migrated", 1,
     counter("vmstat.numa.migrated", "Pages moved to the node that uses them")},
    {"pgmigrate_success", 1, counter("vmstat.migrate.success", "Pages moved")},
    {"pgmigrate_fail", 1, counter("vmstat.migrate.fail", "Pages that could not be moved")},
    {"compact_stall", 1,
     counter("vmstat.compact.stall", "Allocations that had to compact memory themselves")},
    {"compact_fail", 1, counter("vmstat.compact.fail", "Compactions that did not help")},
    {"compact_success", 1, counter("vmstat.compact.success", "Compactions that helped")},
    {"thp_fault_alloc", 1, counter("vmstat.thp.fault.alloc", "Huge pages made by page faults")},
    {"thp_fault_fallback", 1,
     counter("vmstat.thp.fault.fallback", "Page faults that wanted a huge page and got none")},
    {"thp_collapse_alloc", 1,
     counter("vmstat.thp.collapse.alloc", "Huge pages made from small ones")},
    {"thp_collapse_alloc_failed", 1,
     counter("vmstat.thp.collapse.fail", "Small pages not joined for want of a huge one")},
    {"thp_split_page", 1, counter("vmstat.thp.split", "Huge pages split")},
};
constexpr auto row_specs = specs_of(rows);

// "allocstall" for "allocstall_normal", the key itself for others. The zones are all there are.
std::string_view without_zone(std::string_view key) {
    constexpr std::string_view zones[] = {"_dma",  "_dma32",   "_normal",
                                          "_high", "_movable", "_device"};
    for (const std::string_view zone : zones) {
        if (key.ends_with(zone)) return key.substr(0, key.size() - zone.size());
    }
    return key;
}

// Adds up the lines of one figure's zones, which follow each other. The sum is good once a line
// of something else has come: only then it is certain that none is missing.
struct ZoneSum {
    std::size_t row = std::size(rows);
    std::uint64_t value = 0;

    void close(FieldValues& found) {
        if (row != std::size(rows)) {
            found.value[row] = value;
            found.is_present[row] = true;
        }
        *this = ZoneSum{};
    }

    bool add(std::size_t to_row, std::uint64_t addend, FieldValues& found) {
        if (row != to_row) close(found);
        row = to_row;
        if (addend > std::numeric_limits<std::uint64_t>::max() - value) return false;
        value += addend;
        return true;
    }
};

Status add_zones(std::string_view text, FieldValues& found) {
    LineCursor lines(text);
    std::string_view line;
    ZoneSum sum;
    while (lines.next(line)) {
        const std::string_view key = take_word(line);
        const std::string_view base = without_zone(key);
        if (base.size() == key.size()) {
            sum.close(found);
            continue;
        }
        const std::size_t row = find_field(rows, base);
        if (row == std::size(rows)) continue;
        std::uint64_t value = 0;
        if (!take_u64(line, value) || !sum.add(row, value, found)) return Status::malformed;
    }
    return Status::ok;
}

Status scan_vmstat(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    Status status = scan_fields(text, rows, found);
    if (status == Status::ok) status = add_zones(text, found);
    if (status != Status::ok) return status;
    add_fields(found, std::size(rows), writer);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "vmstat", scan_only<scan_vmstat>}};

}  // namespace

extern constexpr Collector vmstat_collector = {
    .name = "vmstat", .specs = row_specs, .files = files};

}  // namespace nma
