// /proc/meminfo (proc(5), Documentation/filesystems/proc.rst): lines of "MemTotal:  16 kB", where
// kB means 1,024 bytes; the HugePages_ lines are counts without a unit. Rows are in the order of
// the kernel's lines, those that only some machines or kernels have included.
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

constexpr std::uint64_t kib = 1024;

constexpr MetricSpec documented(const char* name, const char* help) {
    return {.name = name, .help = help, .unit = Unit::bytes, .view = View::standard};
}
constexpr MetricSpec bytes(const char* name, const char* help) {
    return {.name = name, .help = help, .unit = Unit::bytes};
}
constexpr MetricSpec count(const char* name, const char* help) {
    return {.name = name, .help = help};
}

constexpr FieldRow rows[] = {
    {"MemTotal", kib, documented("memory.total", "Memory that the kernel manages")},
    {"MemFree", kib, documented("memory.free", "Memory that nobody uses")},
    {"MemAvailable", kib,
     bytes("memory.available", "Memory that programs could still get without swapping")},
    {"Buffers", kib, documented("memory.buffers", "Cached blocks of raw devices")},
    {"Cached", kib,
     documented("memory.cached", "Cached file contents, with shared memory and tmpfs")},
    {"SwapCached", kib, bytes("swap.cached", "Swapped-in memory that is still in swap, too")},
    {"Active", kib, bytes("memory.active", "Memory used recently")},
    {"Inactive", kib, bytes("memory.inactive", "Memory not used recently")},
    {"Active(anon)", kib, bytes("memory.active.anon", "Anonymous and shared memory used recently")},
    {"Inactive(anon)", kib,
     bytes("memory.inactive.anon", "Anonymous and shared memory not used recently")},
    {"Active(file)", kib, bytes("memory.active.file", "Cached file contents used recently")},
    {"Inactive(file)", kib,
     bytes("memory.inactive.file", "Cached file contents not used recently")},
    {"Unevictable", kib, bytes("memory.unevictable", "Memory that cannot be reclaimed")},
    {"Mlocked", kib, bytes("memory.mlocked", "Memory that programs locked")},
    {"HighTotal", kib,
     bytes("memory.high.total", "Memory beyond the kernel's direct reach (32-bit)")},
    {"HighFree", kib, bytes("memory.high.free", "Such memory that nobody uses")},
    {"LowTotal", kib, bytes("memory.low.total", "Memory in the kernel's direct reach (32-bit)")},
    {"LowFree", kib, bytes("memory.low.free", "Such memory that nobody uses")},
    {"MmapCopy", kib,
     bytes("memory.mmap_copy", "Memory of private mappings on machines without an MMU")},
    {"SwapTotal", kib, documented("swap.total", "Swap space")},
    {"SwapFree", kib, documented("swap.free", "Swap space that nobody uses")},
    {"Zswap", kib, bytes("swap.zswap", "Memory that holds compressed swap")},
    {"Zswapped", kib,
     bytes("swap.zswapped", "Swapped memory that is held compressed, at its full size")},
    {"Dirty", kib, bytes("memory.dirty", "Memory that waits to be written to disk")},
    {"Writeback", kib, bytes("memory.writeback", "Memory that is being written to disk")},
    {"AnonPages", kib, bytes("memory.anon", "Anonymous memory mapped by programs")},
    {"Mapped", kib, bytes("memory.mapped", "File contents mapped by programs")},
    {"Shmem", kib, bytes("memory.shmem", "Shared memory and tmpfs")},
    {"KReclaimable", kib,
     bytes("memory.kernel.reclaimable", "Kernel memory that can be reclaimed")},
    {"Slab", kib, bytes("memory.slab", "Kernel objects")},
    {"SReclaimable", kib, bytes("memory.slab.reclaimable", "Kernel objects that can be reclaimed")},
    {"SUnreclaim", kib,
     bytes("memory.slab.unreclaimable", "Kernel objects that cannot be reclaimed")},
    {"KernelStack", kib, bytes("memory.kernel.stack", "Kernel stacks of all threads")},
    {"ShadowCallStack", kib,
     bytes("memory.kernel.shadow_stack", "Shadow call stacks of all threads")},
    {"PageTables", kib, bytes("memory.page_tables", "Page tables of programs")},
    {"SecPageTables", kib,
     bytes("memory.page_tables.secondary", "Page tables of virtual machines and devices")},
    {"Quicklists", kib, bytes("memory.page_tables.quicklists", "Page tables kept for reuse")},
    {"NFS_Unstable", kib,
     bytes("memory.nfs_unstable", "Sent to NFS servers and not yet on their disks")},
    {"Bounce", kib, bytes("memory.bounce", "Bounce buffers of block devices")},
    {"WritebackTmp", kib,
     bytes("memory.writeback.temporary", "FUSE's temporary writeback buffers")},
    {"CommitLimit", kib,
     bytes("memory.commit.limit", "Memory that may be promised under strict overcommit")},
    {"Committed_AS", kib, bytes("memory.commit.used", "Memory promised to programs")},
    {"VmallocTotal", kib,
     bytes("memory.vmalloc.total", "Address space of the kernel's virtual allocator")},
    {"VmallocUsed", kib, bytes("memory.vmalloc.used", "Memory in that address space")},
    {"VmallocChunk", kib,
     bytes("memory.vmalloc.chunk", "Largest free piece of that address space")},
    {"Percpu", kib, bytes("memory.percpu", "Memory that each processor has its own of")},
    {"EarlyMemtestBad", kib, bytes("memory.memtest_bad", "Memory found bad by the test at boot")},
    {"HardwareCorrupted", kib,
     bytes("memory.hardware_corrupted", "Memory given up because of hardware errors")},
    {"AnonHugePages", kib, bytes("memory.huge.anon", "Anonymous memory in transparent huge pages")},
    {"ShmemHugePages", kib, bytes("memory.huge.shmem", "Shared memory in transparent huge pages")},
    {"ShmemPmdMapped", kib,
     bytes("memory.huge.shmem_mapped", "Shared memory mapped by huge pages")},
    {"FileHugePages", kib,
     bytes("memory.huge.file", "Cached file contents in transparent huge pages")},
    {"FilePmdMapped", kib,
     bytes("memory.huge.file_mapped", "Cached file contents mapped by huge pages")},
    {"CmaTotal", kib, bytes("memory.cma.total", "Memory set aside for contiguous allocations")},
    {"CmaFree", kib, bytes("memory.cma.free", "Such memory that nobody uses")},
    {"Unaccepted", kib,
     bytes("memory.unaccepted", "Memory that this confidential guest did not accept yet")},
    {"Balloon", kib, bytes("memory.balloon", "Memory given back to the hypervisor")},
    {"GPUActive", kib, bytes("memory.gpu.active", "Memory used by graphics processors")},
    {"GPUReclaim", kib, bytes("memory.gpu.reclaimable", "Graphics memory that can be reclaimed")},
    {"HugePages_Total", 1, count("hugepages.total", "Huge pages of the default size set aside")},
    {"HugePages_Free", 1, count("hugepages.free", "Such pages that nobody uses")},
    {"HugePages_Rsvd", 1, count("hugepages.reserved", "Such pages promised and not yet used")},
    {"HugePages_Surp", 1,
     count("hugepages.surplus", "Such pages beyond the number that was asked for")},
    {"Hugepagesize", kib, bytes("hugepages.size", "Default size of a huge page")},
    {"Hugetlb", kib, bytes("hugepages.memory", "Memory in huge pages of all sizes")},
    {"DirectMap4k", kib,
     bytes("memory.direct_map.4k", "Kernel's map of memory made of 4 KiB pages")},
    {"DirectMap64k", kib, bytes("memory.direct_map.64k", "The same of 64 KiB pages")},
    {"DirectMap1M", kib, bytes("memory.direct_map.1m", "The same of 1 MiB pages")},
    {"DirectMap2M", kib, bytes("memory.direct_map.2m", "The same of 2 MiB pages")},
    {"DirectMap4M", kib, bytes("memory.direct_map.4m", "The same of 4 MiB pages")},
    {"DirectMap1G", kib, bytes("memory.direct_map.1g", "The same of 1 GiB pages")},
    {"DirectMap2G", kib, bytes("memory.direct_map.2g", "The same of 2 GiB pages")},
};
constexpr std::size_t row_count = std::size(rows);
static_assert(row_count <= field_count_max);
constexpr auto keys = keys_of(rows);
constexpr FieldIndex index = index_of(keys);

constexpr std::size_t row_of(std::string_view key) {
    std::size_t row = 0;
    while (keys[row].key != key)
        ++row;
    return row;
}
constexpr std::size_t swap_total = row_of("SwapTotal");
constexpr std::size_t swap_free = row_of("SwapFree");

constexpr std::size_t swap_used = row_count;
constexpr auto specs = [] {
    std::array<MetricSpec, row_count + 1> all = {};
    for (std::size_t i = 0; i < row_count; ++i)
        all[i] = rows[i].spec;
    all[swap_used] = documented("swap.used", "Swap space in use");
    return all;
}();

// The kernel reads the two one after the other: nonsense is possible, and left out.
void add_swap_used(const FieldValues& found, SnapshotWriter& writer) {
    if (!found.is_present[swap_total] || !found.is_present[swap_free]) return;
    if (found.value[swap_free] > found.value[swap_total]) return;
    writer.add(swap_used, found.value[swap_total] - found.value[swap_free]);
}

Status scan_meminfo(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, keys, index, found);
    if (status != Status::ok) return status;
    add_fields(found, row_count, writer);
    add_swap_used(found, writer);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "meminfo", scan_only<scan_meminfo>}};

}  // namespace

extern constexpr Collector meminfo_collector = {.name = "meminfo", .specs = specs, .files = files};

}  // namespace nma
