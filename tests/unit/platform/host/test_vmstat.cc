#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector vmstat_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

// Linux 6.18.
constexpr std::string_view typical =
    "nr_free_pages 100\n"
    "nr_free_pages_blocks 101\n"
    "nr_zone_inactive_anon 102\n"
    "nr_zone_active_anon 103\n"
    "nr_zone_inactive_file 104\n"
    "nr_zone_active_file 105\n"
    "nr_zone_unevictable 106\n"
    "nr_zone_write_pending 107\n"
    "nr_mlock 108\n"
    "nr_zspages 109\n"
    "nr_free_cma 110\n"
    "numa_hit 111\n"
    "numa_miss 112\n"
    "numa_foreign 113\n"
    "numa_interleave 114\n"
    "numa_local 115\n"
    "numa_other 116\n"
    "nr_inactive_anon 117\n"
    "nr_active_anon 118\n"
    "nr_inactive_file 119\n"
    "nr_active_file 120\n"
    "nr_unevictable 121\n"
    "nr_slab_reclaimable 122\n"
    "nr_slab_unreclaimable 123\n"
    "nr_isolated_anon 124\n"
    "nr_isolated_file 125\n"
    "workingset_nodes 126\n"
    "workingset_refault_anon 127\n"
    "workingset_refault_file 128\n"
    "workingset_activate_anon 129\n"
    "workingset_activate_file 130\n"
    "workingset_restore_anon 131\n"
    "workingset_restore_file 132\n"
    "workingset_nodereclaim 133\n"
    "nr_anon_pages 134\n"
    "nr_mapped 135\n"
    "nr_file_pages 136\n"
    "nr_dirty 137\n"
    "nr_writeback 138\n"
    "nr_shmem 139\n"
    "nr_shmem_hugepages 140\n"
    "nr_shmem_pmdmapped 141\n"
    "nr_file_hugepages 142\n"
    "nr_file_pmdmapped 143\n"
    "nr_anon_transparent_hugepages 144\n"
    "nr_vmscan_write 145\n"
    "nr_vmscan_immediate_reclaim 146\n"
    "nr_dirtied 147\n"
    "nr_written 148\n"
    "nr_throttled_written 149\n"
    "nr_kernel_misc_reclaimable 150\n"
    "nr_foll_pin_acquired 151\n"
    "nr_foll_pin_released 152\n"
    "nr_kernel_stack 153\n"
    "nr_page_table_pages 154\n"
    "nr_sec_page_table_pages 155\n"
    "nr_iommu_pages 156\n"
    "nr_swapcached 157\n"
    "pgpromote_success 158\n"
    "pgpromote_candidate 159\n"
    "pgpromote_candidate_nrl 160\n"
    "pgdemote_kswapd 161\n"
    "pgdemote_direct 162\n"
    "pgdemote_khugepaged 163\n"
    "pgdemote_proactive 164\n"
    "nr_hugetlb 165\n"
    "nr_balloon_pages 166\n"
    "nr_kernel_file_pages 167\n"
    "nr_dirty_threshold 168\n"
    "nr_dirty_background_threshold 169\n"
    "nr_memmap_pages 170\n"
    "nr_memmap_boot_pages 171\n"
    "pgpgin 172\n"
    "pgpgout 173\n"
    "pswpin 174\n"
    "pswpout 175\n"
    "pgalloc_dma 176\n"
    "pgalloc_dma32 177\n"
    "pgalloc_normal 178\n"
    "pgalloc_movable 179\n"
    "pgalloc_device 180\n"
    "allocstall_dma 181\n"
    "allocstall_dma32 182\n"
    "allocstall_normal 183\n"
    "allocstall_movable 184\n"
    "allocstall_device 185\n"
    "pgskip_dma 186\n"
    "pgskip_dma32 187\n"
    "pgskip_normal 188\n"
    "pgskip_movable 189\n"
    "pgskip_device 190\n"
    "pgfree 191\n"
    "pgactivate 192\n"
    "pgdeactivate 193\n"
    "pglazyfree 194\n"
    "pgfault 195\n"
    "pgmajfault 196\n"
    "pglazyfreed 197\n"
    "pgrefill 198\n"
    "pgreuse 199\n"
    "pgsteal_kswapd 200\n"
    "pgsteal_direct 201\n"
    "pgsteal_khugepaged 202\n"
    "pgsteal_proactive 203\n"
    "pgscan_kswapd 204\n"
    "pgscan_direct 205\n"
    "pgscan_khugepaged 206\n"
    "pgscan_proactive 207\n"
    "pgscan_direct_throttle 208\n"
    "pgscan_anon 209\n"
    "pgscan_file 210\n"
    "pgsteal_anon 211\n"
    "pgsteal_file 212\n"
    "zone_reclaim_success 213\n"
    "zone_reclaim_failed 214\n"
    "pginodesteal 215\n"
    "slabs_scanned 216\n"
    "kswapd_inodesteal 217\n"
    "kswapd_low_wmark_hit_quickly 218\n"
    "kswapd_high_wmark_hit_quickly 219\n"
    "pageoutrun 220\n"
    "pgrotated 221\n"
    "drop_pagecache 222\n"
    "drop_slab 223\n"
    "oom_kill 224\n"
    "numa_pte_updates 225\n"
    "numa_huge_pte_updates 226\n"
    "numa_hint_faults 227\n"
    "numa_hint_faults_local 228\n"
    "numa_pages_migrated 229\n"
    "pgmigrate_success 230\n"
    "pgmigrate_fail 231\n"
    "thp_migration_success 232\n"
    "thp_migration_fail 233\n"
    "thp_migration_split 234\n"
    "compact_migrate_scanned 235\n"
    "compact_free_scanned 236\n"
    "compact_isolated 237\n"
    "compact_stall 238\n"
    "compact_fail 239\n"
    "compact_success 240\n"
    "compact_daemon_wake 241\n"
    "compact_daemon_migrate_scanned 242\n"
    "compact_daemon_free_scanned 243\n"
    "htlb_buddy_alloc_success 244\n"
    "htlb_buddy_alloc_fail 245\n"
    "unevictable_pgs_culled 246\n"
    "unevictable_pgs_scanned 247\n"
    "unevictable_pgs_rescued 248\n"
    "unevictable_pgs_mlocked 249\n"
    "unevictable_pgs_munlocked 250\n"
    "unevictable_pgs_cleared 251\n"
    "unevictable_pgs_stranded 252\n"
    "thp_fault_alloc 253\n"
    "thp_fault_fallback 254\n"
    "thp_fault_fallback_charge 255\n"
    "thp_collapse_alloc 256\n"
    "thp_collapse_alloc_failed 257\n"
    "thp_file_alloc 258\n"
    "thp_file_fallback 259\n"
    "thp_file_fallback_charge 260\n"
    "thp_file_mapped 261\n"
    "thp_split_page 262\n"
    "thp_split_page_failed 263\n"
    "thp_deferred_split_page 264\n"
    "thp_underused_split_page 265\n"
    "thp_split_pmd 266\n"
    "thp_scan_exceed_none_pte 267\n"
    "thp_scan_exceed_swap_pte 268\n"
    "thp_scan_exceed_share_pte 269\n"
    "thp_split_pud 270\n"
    "thp_zero_page_alloc 271\n"
    "thp_zero_page_alloc_failed 272\n"
    "thp_swpout 273\n"
    "thp_swpout_fallback 274\n"
    "balloon_inflate 275\n"
    "balloon_deflate 276\n"
    "balloon_migrate 277\n"
    "swap_ra 278\n"
    "swap_ra_hit 279\n"
    "swpin_zero 280\n"
    "swpout_zero 281\n"
    "ksm_swpin_copy 282\n"
    "cow_ksm 283\n"
    "zswpin 284\n"
    "zswpout 285\n"
    "zswpwb 286\n"
    "direct_map_level2_splits 287\n"
    "direct_map_level3_splits 288\n"
    "direct_map_level2_collapses 289\n"
    "direct_map_level3_collapses 290\n"
    "nr_unstable 291\n";
constexpr const char* typical_dump =
    "vmstat.numa.hit 111\n"
    "vmstat.numa.miss 112\n"
    "vmstat.numa.foreign 113\n"
    "vmstat.numa.interleave 114\n"
    "vmstat.numa.local 115\n"
    "vmstat.numa.other 116\n"
    "vmstat.workingset.refault.anon 127\n"
    "vmstat.workingset.refault.file 128\n"
    "vmstat.workingset.activate.anon 129\n"
    "vmstat.workingset.activate.file 130\n"
    "vmstat.workingset.nodereclaim 133\n"
    "vmstat.dirtied 147\n"
    "vmstat.written 148\n"
    "memory.paging.in 176128\n"
    "memory.paging.out 177152\n"
    "vmstat.swap.in 174\n"
    "vmstat.swap.out 175\n"
    "vmstat.allocation.stall 915\n"
    "vmstat.fault.all 195\n"
    "vmstat.fault.major 196\n"
    "vmstat.refill 198\n"
    "vmstat.steal.kswapd 200\n"
    "vmstat.steal.direct 201\n"
    "vmstat.steal.khugepaged 202\n"
    "vmstat.scan.kswapd 204\n"
    "vmstat.scan.direct 205\n"
    "vmstat.scan.khugepaged 206\n"
    "vmstat.scan.throttle 208\n"
    "vmstat.scan.slab 216\n"
    "vmstat.kswapd.run 220\n"
    "vmstat.drop.pagecache 222\n"
    "vmstat.drop.slab 223\n"
    "vmstat.oom_kill 224\n"
    "vmstat.numa.hint_fault 227\n"
    "vmstat.numa.hint_fault.local 228\n"
    "vmstat.numa.migrated 229\n"
    "vmstat.migrate.success 230\n"
    "vmstat.migrate.fail 231\n"
    "vmstat.compact.stall 238\n"
    "vmstat.compact.fail 239\n"
    "vmstat.compact.success 240\n"
    "vmstat.thp.fault.alloc 253\n"
    "vmstat.thp.fault.fallback 254\n"
    "vmstat.thp.collapse.alloc 256\n"
    "vmstat.thp.collapse.fail 257\n"
    "vmstat.thp.split 262\n";

// Linux 3.10, which tells memory zones apart.
constexpr std::string_view oldest =
    "nr_dirtied 534655274\n"
    "nr_written 281872191\n"
    "nr_anon_transparent_hugepages 24\n"
    "nr_free_cma 0\n"
    "pgpgin 6961109514\n"
    "pgpgout 1124854772\n"
    "pswpin 3940\n"
    "pswpout 127109\n"
    "pgalloc_dma 6\n"
    "pgalloc_normal 78295989795\n"
    "pgfault 473074235\n"
    "pgmajfault 20093\n"
    "pgrefill_dma 0\n"
    "pgrefill_dma32 158720\n"
    "pgrefill_normal 233024\n"
    "pgrefill_movable 0\n"
    "pgsteal_kswapd_dma 0\n"
    "pgsteal_kswapd_dma32 450844931\n"
    "pgsteal_kswapd_normal 1288388818\n"
    "pgsteal_kswapd_movable 0\n"
    "pgsteal_direct_dma 0\n"
    "pgsteal_direct_dma32 71774371\n"
    "pgsteal_direct_normal 197326432\n"
    "pgsteal_direct_movable 0\n"
    "pgscan_kswapd_dma 0\n"
    "pgscan_kswapd_dma32 459780161\n"
    "pgscan_kswapd_normal 1334016908\n"
    "pgscan_kswapd_movable 0\n"
    "pgscan_direct_dma 0\n"
    "pgscan_direct_dma32 75632525\n"
    "pgscan_direct_normal 222990090\n"
    "pgscan_direct_movable 0\n"
    "pgscan_direct_throttle 0\n"
    "slabs_scanned 4077568\n"
    "pageoutrun 2908071\n"
    "allocstall 431220\n"
    "pgmigrate_success 865182\n"
    "pgmigrate_fail 78157\n"
    "compact_stall 349792\n"
    "compact_fail 160801\n"
    "compact_success 188991\n"
    "thp_fault_alloc 12\n"
    "thp_fault_fallback 3\n"
    "thp_collapse_alloc 4\n"
    "thp_collapse_alloc_failed 5\n"
    "thp_split 6\n";
constexpr const char* oldest_dump =
    "vmstat.dirtied 534655274\n"
    "vmstat.written 281872191\n"
    "memory.paging.in 7128176142336\n"
    "memory.paging.out 1151851286528\n"
    "vmstat.swap.in 3940\n"
    "vmstat.swap.out 127109\n"
    "vmstat.allocation.stall 431220\n"
    "vmstat.fault.all 473074235\n"
    "vmstat.fault.major 20093\n"
    "vmstat.refill 391744\n"
    "vmstat.steal.kswapd 1739233749\n"
    "vmstat.steal.direct 269100803\n"
    "vmstat.scan.kswapd 1793797069\n"
    "vmstat.scan.direct 298622615\n"
    "vmstat.scan.throttle 0\n"
    "vmstat.scan.slab 4077568\n"
    "vmstat.kswapd.run 2908071\n"
    "vmstat.migrate.success 865182\n"
    "vmstat.migrate.fail 78157\n"
    "vmstat.compact.stall 349792\n"
    "vmstat.compact.fail 160801\n"
    "vmstat.compact.success 188991\n"
    "vmstat.thp.fault.alloc 12\n"
    "vmstat.thp.fault.fallback 3\n"
    "vmstat.thp.collapse.alloc 4\n"
    "vmstat.thp.collapse.fail 5\n";

constexpr std::string_view malformed[] = {
    "",
    "pgfault 1",
    "pgfault\n",
    "pgfault -1\n",
    "pgfault 18446744073709551616\n",
    "pgpgin 18014398509481984\n",  // 2^64 bytes
    "allocstall_normal x\npageoutrun 0\n",
    "allocstall_dma 18446744073709551615\nallocstall_normal 1\npageoutrun 1\n",
};

ReaderBed bed;

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &vmstat_collector,
        .path = "proc/vmstat",
        .typical = typical,
        .typical_dump = typical_dump,
        .oldest = oldest,
        .oldest_dump = oldest_dump,
        .malformed = malformed,
    });
}

void zones_are_added_up_only_when_all_were_seen(void**) {
    bed_make(bed, vmstat_collector);
    tree_write(bed.tree, "proc/vmstat", "pgfault 1\nallocstall_dma 2\nallocstall_high 3\n");
    bed_tick(bed);
    assert_string_equal(bed_dump(bed), "vmstat.fault.all 1\n");
    tree_write(bed.tree, "proc/vmstat",
               "pgfault 1\nallocstall_dma 2\nallocstall_high 3\npgskip_dma 9\npageoutrun 4\n");
    bed_tick(bed);
    assert_string_equal(bed_dump(bed),
                        "vmstat.allocation.stall 5\nvmstat.fault.all 1\nvmstat.kswapd.run 4\n");
    bed_remove(bed);
}

void live_machine_agrees(void**) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t value = 0;
    bed_make_live(bed, vmstat_collector);
    assert_true(live_number("/proc/vmstat", "pgfault ", before));
    bed_tick(bed);
    assert_true(live_number("/proc/vmstat", "pgfault ", after));
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    assert_true(bed_value(bed, "vmstat.fault.all", value));
    assert_true(before <= value && value <= after);
    assert_true(live_number("/proc/vmstat", "pgpgin ", after));
    assert_true(bed_value(bed, "memory.paging.in", value));
    assert_true(value % 1024 == 0 && value / 1024 <= after);
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_hold),
        cmocka_unit_test(zones_are_added_up_only_when_all_were_seen),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("vmstat", tests, nullptr, nullptr);
}
