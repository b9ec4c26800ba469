// /proc/vmstat (Documentation/admin-guide/mm, mm/vmstat.c): lines of "pgfault 2554256", counted
// since boot. A selection: what tells of want of memory, of paging and of NUMA misplacement.
// Kernels before 4.8 have a line for each memory zone of some of them ("pgscan_kswapd_normal"), and
// later ones of others ("allocstall_normal"); these are added up, so that a figure means the same
// everywhere.
#include <limits>

#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

// The kernel counts what goes to and from block devices in KiB, all else in pages.
constexpr std::uint64_t kib = 1024;

constexpr MetricSpec counter(const char* name, const char* help, Unit unit = Unit::count) {
    return {.name = name, .help = help, .unit = unit, .kind = MetricKind::counter};
}

// All zones that there are. A macro, because the keys are put together from literals.
#define NMA_ZONE_ROWS(key)                                                                    \
    {key "_dma", 1, {}}, {key "_dma32", 1, {}}, {key "_normal", 1, {}}, {key "_high", 1, {}}, \
        {key "_movable", 1, {}}, {                                                            \
        key "_device", 1, {}                                                                  \
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

    // From here on parts of the rows above, which are not shown themselves.
    NMA_ZONE_ROWS("allocstall"),
    NMA_ZONE_ROWS("pgrefill"),
    NMA_ZONE_ROWS("pgsteal_kswapd"),
    NMA_ZONE_ROWS("pgsteal_direct"),
    NMA_ZONE_ROWS("pgscan_kswapd"),
    NMA_ZONE_ROWS("pgscan_direct"),
};
constexpr auto keys = keys_of(rows);
constexpr FieldIndex index = index_of(keys);

constexpr std::size_t row_of(std::string_view key) {
    std::size_t row = 0;
    while (keys[row].key != key)
        ++row;
    return row;
}

constexpr std::size_t zone_count = 6;
constexpr std::size_t shown_count = row_of("allocstall_dma");

constexpr auto specs = [] {
    std::array<MetricSpec, shown_count> all = {};
    for (std::size_t i = 0; i < shown_count; ++i)
        all[i] = rows[i].spec;
    return all;
}();

// Comes after the zones of all figures, in kernels old and new: with it none of them is missing.
constexpr std::size_t after_zones = row_of("pageoutrun");

// The row that a group of zones adds up to: "allocstall" for the group of "allocstall_dma".
constexpr std::size_t sum_row_of(std::size_t first_zone) {
    const std::string_view key = keys[first_zone].key;
    return row_of(key.substr(0, key.rfind('_')));
}

// False when the sum leaves 64 bits.
bool add_zones(std::size_t first_zone, FieldValues& found) {
    const std::size_t sum_row = sum_row_of(first_zone);
    if (found.is_present[sum_row]) return true;
    std::uint64_t sum = 0;
    bool is_any = false;
    for (std::size_t row = first_zone; row < first_zone + zone_count; ++row) {
        if (!found.is_present[row]) continue;
        if (found.value[row] > std::numeric_limits<std::uint64_t>::max() - sum) return false;
        sum += found.value[row];
        is_any = true;
    }
    found.value[sum_row] = sum;
    found.is_present[sum_row] = is_any;
    return true;
}

Status scan_vmstat(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, keys, index, found);
    if (status != Status::ok) return status;
    for (std::size_t row = shown_count; row < keys.size(); row += zone_count) {
        if (found.is_present[after_zones] && !add_zones(row, found)) return Status::malformed;
    }
    add_fields(found, shown_count, writer);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "vmstat", scan_only<scan_vmstat>}};

}  // namespace

extern constexpr Collector vmstat_collector = {.name = "vmstat", .specs = specs, .files = files};

}  // namespace nma
