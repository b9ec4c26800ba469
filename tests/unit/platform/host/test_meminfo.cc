#include "tests/support/live_file.h"
#include "tests/support/reader_bed.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Collector meminfo_collector;
}

namespace {

using namespace nma;
using namespace nma::test;

// Linux 6.18 with every line that some x86 or ARM machine has.
constexpr std::string_view typical =
    "MemTotal:           1000 kB\n"
    "MemFree:            1037 kB\n"
    "MemAvailable:       1074 kB\n"
    "Buffers:            1111 kB\n"
    "Cached:             1148 kB\n"
    "SwapCached:         1185 kB\n"
    "Active:             1222 kB\n"
    "Inactive:           1259 kB\n"
    "Active(anon):       1296 kB\n"
    "Inactive(anon):     1333 kB\n"
    "Active(file):       1370 kB\n"
    "Inactive(file):     1407 kB\n"
    "Unevictable:        1444 kB\n"
    "Mlocked:            1481 kB\n"
    "SwapTotal:       4194300 kB\n"
    "SwapFree:        4194044 kB\n"
    "Zswap:              1592 kB\n"
    "Zswapped:           1629 kB\n"
    "Dirty:              1666 kB\n"
    "Writeback:          1703 kB\n"
    "AnonPages:          1740 kB\n"
    "Mapped:             1777 kB\n"
    "Shmem:              1814 kB\n"
    "KReclaimable:       1851 kB\n"
    "Slab:               1888 kB\n"
    "SReclaimable:       1925 kB\n"
    "SUnreclaim:         1962 kB\n"
    "KernelStack:        1999 kB\n"
    "ShadowCallStack:    2036 kB\n"
    "PageTables:         2073 kB\n"
    "SecPageTables:      2110 kB\n"
    "NFS_Unstable:       2147 kB\n"
    "Bounce:             2184 kB\n"
    "WritebackTmp:       2221 kB\n"
    "CommitLimit:        2258 kB\n"
    "Committed_AS:       2295 kB\n"
    "VmallocTotal:   34359738367 kB\n"
    "VmallocUsed:        2369 kB\n"
    "VmallocChunk:       2406 kB\n"
    "Percpu:             2443 kB\n"
    "EarlyMemtestBad:    2480 kB\n"
    "HardwareCorrupted:    2517 kB\n"
    "AnonHugePages:      2554 kB\n"
    "ShmemHugePages:     2591 kB\n"
    "ShmemPmdMapped:     2628 kB\n"
    "FileHugePages:      2665 kB\n"
    "FilePmdMapped:      2702 kB\n"
    "CmaTotal:           2739 kB\n"
    "CmaFree:            2776 kB\n"
    "Unaccepted:         2813 kB\n"
    "Balloon:            2850 kB\n"
    "GPUActive:          2887 kB\n"
    "GPUReclaim:         2924 kB\n"
    "HugePages_Total:      53\n"
    "HugePages_Free:       54\n"
    "HugePages_Rsvd:       55\n"
    "HugePages_Surp:       56\n"
    "Hugepagesize:       3109 kB\n"
    "Hugetlb:            3146 kB\n"
    "DirectMap4k:        3183 kB\n"
    "DirectMap2M:        3220 kB\n"
    "DirectMap1G:        3257 kB\n";
constexpr const char* typical_dump =
    "memory.total 1024000\n"
    "memory.free 1061888\n"
    "memory.available 1099776\n"
    "memory.buffers 1137664\n"
    "memory.cached 1175552\n"
    "swap.cached 1213440\n"
    "memory.active 1251328\n"
    "memory.inactive 1289216\n"
    "memory.active.anon 1327104\n"
    "memory.inactive.anon 1364992\n"
    "memory.active.file 1402880\n"
    "memory.inactive.file 1440768\n"
    "memory.unevictable 1478656\n"
    "memory.mlocked 1516544\n"
    "swap.total 4294963200\n"
    "swap.free 4294701056\n"
    "swap.zswap 1630208\n"
    "swap.zswapped 1668096\n"
    "memory.dirty 1705984\n"
    "memory.writeback 1743872\n"
    "memory.anon 1781760\n"
    "memory.mapped 1819648\n"
    "memory.shmem 1857536\n"
    "memory.kernel.reclaimable 1895424\n"
    "memory.slab 1933312\n"
    "memory.slab.reclaimable 1971200\n"
    "memory.slab.unreclaimable 2009088\n"
    "memory.kernel.stack 2046976\n"
    "memory.kernel.shadow_stack 2084864\n"
    "memory.page_tables 2122752\n"
    "memory.page_tables.secondary 2160640\n"
    "memory.nfs_unstable 2198528\n"
    "memory.bounce 2236416\n"
    "memory.writeback.temporary 2274304\n"
    "memory.commit.limit 2312192\n"
    "memory.commit.used 2350080\n"
    "memory.vmalloc.total 35184372087808\n"
    "memory.vmalloc.used 2425856\n"
    "memory.vmalloc.chunk 2463744\n"
    "memory.percpu 2501632\n"
    "memory.memtest_bad 2539520\n"
    "memory.hardware_corrupted 2577408\n"
    "memory.huge.anon 2615296\n"
    "memory.huge.shmem 2653184\n"
    "memory.huge.shmem_mapped 2691072\n"
    "memory.huge.file 2728960\n"
    "memory.huge.file_mapped 2766848\n"
    "memory.cma.total 2804736\n"
    "memory.cma.free 2842624\n"
    "memory.unaccepted 2880512\n"
    "memory.balloon 2918400\n"
    "memory.gpu.active 2956288\n"
    "memory.gpu.reclaimable 2994176\n"
    "hugepages.total 53\n"
    "hugepages.free 54\n"
    "hugepages.reserved 55\n"
    "hugepages.surplus 56\n"
    "hugepages.size 3183616\n"
    "hugepages.memory 3221504\n"
    "memory.direct_map.4k 3259392\n"
    "memory.direct_map.2m 3297280\n"
    "memory.direct_map.1g 3335168\n"
    "swap.used 262144\n";

// Linux 3.10, before MemAvailable.
constexpr std::string_view oldest =
    "MemTotal:           5000 kB\n"
    "MemFree:            5037 kB\n"
    "Buffers:            5074 kB\n"
    "Cached:             5111 kB\n"
    "SwapCached:         5148 kB\n"
    "Active:             5185 kB\n"
    "Inactive:           5222 kB\n"
    "Active(anon):       5259 kB\n"
    "Inactive(anon):     5296 kB\n"
    "Active(file):       5333 kB\n"
    "Inactive(file):     5370 kB\n"
    "Unevictable:        5407 kB\n"
    "Mlocked:            5444 kB\n"
    "SwapTotal:       4194300 kB\n"
    "SwapFree:        4194044 kB\n"
    "Dirty:              5555 kB\n"
    "Writeback:          5592 kB\n"
    "AnonPages:          5629 kB\n"
    "Mapped:             5666 kB\n"
    "Shmem:              5703 kB\n"
    "Slab:               5740 kB\n"
    "SReclaimable:       5777 kB\n"
    "SUnreclaim:         5814 kB\n"
    "KernelStack:        5851 kB\n"
    "PageTables:         5888 kB\n"
    "NFS_Unstable:       5925 kB\n"
    "Bounce:             5962 kB\n"
    "WritebackTmp:       5999 kB\n"
    "CommitLimit:        6036 kB\n"
    "Committed_AS:       6073 kB\n"
    "VmallocTotal:   34359738367 kB\n"
    "VmallocUsed:        6147 kB\n"
    "VmallocChunk:       6184 kB\n"
    "HardwareCorrupted:    6221 kB\n"
    "AnonHugePages:      6258 kB\n"
    "HugePages_Total:      35\n"
    "HugePages_Free:       36\n"
    "HugePages_Rsvd:       37\n"
    "HugePages_Surp:       38\n"
    "Hugepagesize:       6443 kB\n"
    "DirectMap4k:        6480 kB\n"
    "DirectMap2M:        6517 kB\n";
constexpr const char* oldest_dump =
    "memory.total 5120000\n"
    "memory.free 5157888\n"
    "memory.buffers 5195776\n"
    "memory.cached 5233664\n"
    "swap.cached 5271552\n"
    "memory.active 5309440\n"
    "memory.inactive 5347328\n"
    "memory.active.anon 5385216\n"
    "memory.inactive.anon 5423104\n"
    "memory.active.file 5460992\n"
    "memory.inactive.file 5498880\n"
    "memory.unevictable 5536768\n"
    "memory.mlocked 5574656\n"
    "swap.total 4294963200\n"
    "swap.free 4294701056\n"
    "memory.dirty 5688320\n"
    "memory.writeback 5726208\n"
    "memory.anon 5764096\n"
    "memory.mapped 5801984\n"
    "memory.shmem 5839872\n"
    "memory.slab 5877760\n"
    "memory.slab.reclaimable 5915648\n"
    "memory.slab.unreclaimable 5953536\n"
    "memory.kernel.stack 5991424\n"
    "memory.page_tables 6029312\n"
    "memory.nfs_unstable 6067200\n"
    "memory.bounce 6105088\n"
    "memory.writeback.temporary 6142976\n"
    "memory.commit.limit 6180864\n"
    "memory.commit.used 6218752\n"
    "memory.vmalloc.total 35184372087808\n"
    "memory.vmalloc.used 6294528\n"
    "memory.vmalloc.chunk 6332416\n"
    "memory.hardware_corrupted 6370304\n"
    "memory.huge.anon 6408192\n"
    "hugepages.total 35\n"
    "hugepages.free 36\n"
    "hugepages.reserved 37\n"
    "hugepages.surplus 38\n"
    "hugepages.size 6597632\n"
    "memory.direct_map.4k 6635520\n"
    "memory.direct_map.2m 6673408\n"
    "swap.used 262144\n";

constexpr std::string_view malformed[] = {
    "",
    "MemTotal:       24684092 kB",
    "MemTotal: kB\n",
    "MemTotal:\n",
    "MemTotal:       24684092 kB\nMemFree:        -1 kB\n",
    "MemTotal:       24684092 kB\nMemFree:        0x10 kB\n",
    "MemTotal:       18014398509481984 kB\n",  // 2^64 bytes
    "HugePages_Total: 18446744073709551616\n",
};

ReaderBed bed;

void standard_cases_hold(void**) {
    check_file_cases({
        .collector = &meminfo_collector,
        .path = "proc/meminfo",
        .typical = typical,
        .typical_dump = typical_dump,
        .oldest = oldest,
        .oldest_dump = oldest_dump,
        .malformed = malformed,
    });
}

const char* dump_of(std::string_view text) {
    bed_make(bed, meminfo_collector);
    tree_write(bed.tree, "proc/meminfo", text);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    const char* dump = bed_dump(bed);
    bed_remove(bed);
    return dump;
}

void the_largest_number_is_exact(void**) {
    assert_string_equal(dump_of("MemFree: 18014398509481983 kB\n"),
                        "memory.free 18446744073709550592\n");
}

void swap_used_is_left_out_when_a_part_is_missing(void**) {
    assert_string_equal(dump_of("SwapTotal: 4 kB\n"), "swap.total 4096\n");
    assert_string_equal(dump_of("SwapFree: 4 kB\n"), "swap.free 4096\n");
}

void swap_used_is_left_out_when_it_would_be_negative(void**) {
    assert_string_equal(dump_of("SwapTotal: 4 kB\nSwapFree: 8 kB\n"),
                        "swap.total 4096\nswap.free 8192\n");
}

void unknown_keys_and_second_lines_are_passed_over(void**) {
    assert_string_equal(dump_of("Future(x): ? kB\nMemFree: 1 kB\nMemFree: 2 kB\n\n"),
                        "memory.free 1024\n");
}

void live_machine_agrees(void**) {
    bed_make_live(bed, meminfo_collector);
    bed_tick(bed);
    assert_string_equal(status_name(bed_report(bed).status), "ok");
    std::uint64_t expected = 0;
    std::uint64_t value = 0;
    assert_true(live_number("/proc/meminfo", "MemTotal:", expected));
    assert_true(bed_value(bed, "memory.total", value));
    assert_true(value == expected * 1024);
    assert_true(live_number("/proc/meminfo", "SwapTotal:", expected));
    assert_true(bed_value(bed, "swap.total", value));
    assert_true(value == expected * 1024);
    assert_true(bed_value(bed, "memory.free", value));
    assert_true(live_number("/proc/meminfo", "MemTotal:", expected));
    assert_true(value > 0 && value < expected * 1024);
    bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(standard_cases_hold),
        cmocka_unit_test(the_largest_number_is_exact),
        cmocka_unit_test(swap_used_is_left_out_when_a_part_is_missing),
        cmocka_unit_test(swap_used_is_left_out_when_it_would_be_negative),
        cmocka_unit_test(unknown_keys_and_second_lines_are_passed_over),
        cmocka_unit_test(live_machine_agrees),
    };
    return cmocka_run_group_tests_name("meminfo", tests, nullptr, nullptr);
}
