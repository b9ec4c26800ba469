// Memory, in bytes, with all cgroups below the container's own.
//   v1: Documentation/admin-guide/cgroup-v1/memory.rst; memory.stat's total_ lines
//   v2: Documentation/admin-guide/cgroup-v2.rst, "Memory"
// The working set is the kubelet's: what is in use without the file pages that nobody used lately.
// No limit is no figure: the kernel writes "max" (v2), or the largest number of pages in bytes
// (v1), which is near 2^63 and differs between kernels.
#include <limits>

#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr std::uint64_t unlimited_v1_bytes = std::uint64_t{1} << 62;

constexpr MetricSpec bytes(const char* name, const char* help, View view = View::standard) {
    return {.name = name,
            .help = help,
            .unit = Unit::bytes,
            .view = view,
            .about = SubjectKind::container};
}
constexpr MetricSpec counter(const char* name, const char* help) {
    return {
        .name = name, .help = help, .kind = MetricKind::counter, .about = SubjectKind::container};
}

// File and anonymous memory have two names each; both are in the API.
enum Spec : std::uint16_t {
    total,
    total_memsw,
    limit,
    soft_limit,
    swap,
    limit_memsw,
    swap_limit,
    swap_peak,
    working_set,
    peak,
    high,
    minimum,
    failures,
    under_oom,
    file,
    anon,
    cache,
    rss,
    mapped_file,
    unevictable,
    kernel,
    kernel_stack,
    slab,
    sock,
    shmem,
    dirty,
    writeback,
    zswap,
    zswapped,
    page_faults,
    page_faults_major,
    event_low,
    event_high,
    event_max,
    event_oom,
    event_oom_kill,
    event_oom_group_kill,
    swap_event_max,
    swap_event_fail,
};

constexpr MetricSpec specs[] = {
    probed(bytes("mem.total_bytes", "Memory in use, page cache included")),
    bytes("mem.total_memsw_bytes", "Memory and swap in use"),
    bytes("mem.limit_bytes", "Memory that the container may use"),
    bytes("mem.soft_limit_bytes", "Memory that is left to the container under pressure"),
    bytes("mem.swap_bytes", "Swap in use"),
    bytes("mem.limit_memsw_bytes", "Memory and swap that the container may use", View::full),
    bytes("mem.swap_limit_bytes", "Swap that the container may use", View::full),
    bytes("mem.swap_peak_bytes", "Most swap in use so far", View::full),
    bytes("mem.working_set_bytes", "Memory in use without file pages that nobody used lately",
          View::full),
    bytes("mem.peak_bytes", "Most memory in use so far", View::full),
    bytes("mem.high_bytes", "Memory beyond which the container is slowed down", View::full),
    bytes("mem.min_bytes", "Memory that is never taken from the container", View::full),
    counter("mem.limit_failures", "Times that memory use hit the limit"),
    {.name = "mem.under_oom",
     .help = "Whether the container waits for memory at its limit (1) or not (0)",
     .about = SubjectKind::container},
    bytes("mem.file_bytes", "Page cache"),
    bytes("mem.anon_bytes", "Anonymous memory"),
    bytes("mem.cache_bytes", "Page cache"),
    bytes("mem.rss_bytes", "Anonymous memory"),
    bytes("mem.mapped_file_bytes", "Page cache that is mapped"),
    bytes("mem.unevictable_bytes", "Memory that cannot be reclaimed"),
    bytes("mem.kernel_bytes", "Memory of the kernel on behalf of the container", View::full),
    bytes("mem.kernel_stack_bytes", "Kernel stacks", View::full),
    bytes("mem.slab_bytes", "Kernel objects", View::full),
    bytes("mem.sock_bytes", "Buffers of sockets; on cgroup version 1 those of TCP", View::full),
    bytes("mem.shmem_bytes", "Shared memory and tmpfs", View::full),
    bytes("mem.dirty_bytes", "Page cache to be written", View::full),
    bytes("mem.writeback_bytes", "Page cache being written", View::full),
    bytes("mem.zswap_bytes", "Memory that holds compressed swap", View::full),
    bytes("mem.zswapped_bytes", "Swapped memory that is held compressed", View::full),
    counter("mem.page_faults", "Page faults"),
    counter("mem.page_faults_major", "Page faults that needed a disk"),
    counter("mem.events_low", "Times that memory below memory.low was reclaimed"),
    counter("mem.events_high", "Times that the container was slowed down at memory.high"),
    counter("mem.events_max", "Times that the limit was about to be exceeded"),
    counter("mem.events_oom", "Times that memory ran out at the limit"),
    counter("mem.events_oom_kill", "Processes killed for want of memory"),
    counter("mem.events_oom_group_kill", "Times that all processes were killed together"),
    counter("mem.swap_events_max", "Times that the limit of swap was about to be exceeded"),
    counter("mem.swap_events_fail", "Times that swap could not be had"),
};
static_assert(std::size(specs) == swap_event_fail + 1U);

// A kernel key fills at most two figures. The last row of each table of memory.stat is no figure
// of its own: a part of the working set.
constexpr FieldRow stat_rows_v1[] = {
    {"total_cache", 1, specs[cache]},
    {"total_rss", 1, specs[rss]},
    {"total_mapped_file", 1, specs[mapped_file]},
    {"total_swap", 1, specs[swap]},
    {"total_unevictable", 1, specs[unevictable]},
    {"total_shmem", 1, specs[shmem]},
    {"total_dirty", 1, specs[dirty]},
    {"total_writeback", 1, specs[writeback]},
    {"total_pgfault", 1, specs[page_faults]},
    {"total_pgmajfault", 1, specs[page_faults_major]},
    {"total_inactive_file", 1, specs[working_set]},
};
constexpr Spec stat_specs_v1[] = {cache,      rss,   mapped_file, swap,        unevictable,
                                  shmem,      dirty, writeback,   page_faults, page_faults_major,
                                  working_set};
static_assert(std::size(stat_rows_v1) == std::size(stat_specs_v1));

constexpr FieldRow stat_rows_v2[] = {
    {"anon", 1, specs[rss]},
    {"file", 1, specs[cache]},
    {"kernel", 1, specs[kernel]},
    {"kernel_stack", 1, specs[kernel_stack]},
    {"sock", 1, specs[sock]},
    {"shmem", 1, specs[shmem]},
    {"file_mapped", 1, specs[mapped_file]},
    {"file_dirty", 1, specs[dirty]},
    {"file_writeback", 1, specs[writeback]},
    {"unevictable", 1, specs[unevictable]},
    {"slab", 1, specs[slab]},
    {"pgfault", 1, specs[page_faults]},
    {"pgmajfault", 1, specs[page_faults_major]},
    {"zswap", 1, specs[zswap]},
    {"zswapped", 1, specs[zswapped]},
    {"inactive_file", 1, specs[working_set]},
};
constexpr Spec stat_specs_v2[] = {rss,
                                  cache,
                                  kernel,
                                  kernel_stack,
                                  sock,
                                  shmem,
                                  mapped_file,
                                  dirty,
                                  writeback,
                                  unevictable,
                                  slab,
                                  page_faults,
                                  page_faults_major,
                                  zswap,
                                  zswapped,
                                  working_set};
static_assert(std::size(stat_rows_v2) == std::size(stat_specs_v2));
constexpr auto stat_keys_v1 = keys_of(stat_rows_v1);
constexpr auto stat_keys_v2 = keys_of(stat_rows_v2);
constexpr auto stat_index_v1 = index_of(stat_keys_v1);
constexpr auto stat_index_v2 = index_of(stat_keys_v2);

constexpr FieldRow event_rows[] = {
    {"low", 1, specs[event_low]},           {"high", 1, specs[event_high]},
    {"max", 1, specs[event_max]},           {"oom", 1, specs[event_oom]},
    {"oom_kill", 1, specs[event_oom_kill]}, {"oom_group_kill", 1, specs[event_oom_group_kill]},
};
constexpr FieldRow swap_event_rows[] = {
    {"max", 1, specs[swap_event_max]},
    {"fail", 1, specs[swap_event_fail]},
};
// memory.oom_control; oom_kill came with Linux 4.13.
constexpr FieldRow oom_rows[] = {
    {"under_oom", 1, specs[under_oom]},
    {"oom_kill", 1, specs[event_oom_kill]},
};
constexpr auto event_keys = keys_of(event_rows);
constexpr auto swap_event_keys = keys_of(swap_event_rows);
constexpr auto oom_keys = keys_of(oom_rows);

struct State {
    std::uint64_t current_bytes;
    std::uint64_t swap_bytes;
    std::uint64_t inactive_file_bytes;
    bool has_current;
    bool has_swap;
    bool has_inactive_file;
};

Status add_stat(State& state, std::string_view text, std::span<const FieldKey> keys,
                const FieldIndex& index, std::span<const Spec> where, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, keys, index, found);
    if (status != Status::ok) return status;
    const std::uint32_t subject = writer.container_subject();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!found.is_present[i]) continue;
        if (where[i] == working_set) {
            state.inactive_file_bytes = found.value[i];
            state.has_inactive_file = true;
            continue;
        }
        writer.add(where[i], found.value[i], subject);
        if (where[i] == cache) writer.add(file, found.value[i], subject);
        if (where[i] == rss) writer.add(anon, found.value[i], subject);
    }
    return Status::ok;
}

Status scan_stat_v1(State& state, std::string_view text, SnapshotWriter& writer) {
    return add_stat(state, text, stat_keys_v1, stat_index_v1, stat_specs_v1, writer);
}

Status scan_stat_v2(State& state, std::string_view text, SnapshotWriter& writer) {
    return add_stat(state, text, stat_keys_v2, stat_index_v2, stat_specs_v2, writer);
}

Status scan_events(std::string_view text, SnapshotWriter& writer) {
    return scan_container_fields(text, event_keys, writer, event_low);
}

Status scan_swap_events(std::string_view text, SnapshotWriter& writer) {
    return scan_container_fields(text, swap_event_keys, writer, swap_event_max);
}

Status scan_oom_control(std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, oom_keys, found);
    if (status != Status::ok) return status;
    const std::uint32_t subject = writer.container_subject();
    if (found.is_present[0]) writer.add(under_oom, found.value[0], subject);
    if (found.is_present[1]) writer.add(event_oom_kill, found.value[1], subject);
    return Status::ok;
}

template <Spec spec>
Status scan_bytes(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (!found.is_unlimited) writer.add(spec, found.value, writer.container_subject());
    return status;
}

template <Spec spec>
Status scan_limit_v1(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (!found.is_unlimited && found.value < unlimited_v1_bytes)
        writer.add(spec, found.value, writer.container_subject());
    return status;
}

// 0 is the kernel's word for "not set". Mesos puts what a task asked for into memory.low.
template <Spec spec>
Status scan_protection(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (!found.is_unlimited && found.value > 0)
        writer.add(spec, found.value, writer.container_subject());
    return status;
}

Status scan_current(State& state, std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (found.is_unlimited) return Status::malformed;
    state.current_bytes = found.value;
    state.has_current = true;
    writer.add(total, found.value, writer.container_subject());
    return status;
}

Status scan_swap(State& state, std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (found.is_unlimited) return Status::malformed;
    state.swap_bytes = found.value;
    state.has_swap = true;
    writer.add(swap, found.value, writer.container_subject());
    return status;
}

// Version 2 counts swap apart.
Status finish(State& state, SnapshotWriter& writer) {
    if (state.has_current && state.has_inactive_file) {
        const bool is_any_left = state.current_bytes > state.inactive_file_bytes;
        writer.add(working_set, is_any_left ? state.current_bytes - state.inactive_file_bytes : 0,
                   writer.container_subject());
    }
    if (!state.has_current || !state.has_swap) return Status::ok;
    if (state.current_bytes > std::numeric_limits<std::uint64_t>::max() - state.swap_bytes)
        return Status::malformed;
    writer.add(total_memsw, state.current_bytes + state.swap_bytes, writer.container_subject());
    return Status::ok;
}

constexpr auto v1 = CgroupVersion::v1;
constexpr auto v2 = CgroupVersion::v2;
constexpr auto memory = Subsystem::memory;

constexpr ControllerFile file_of(CgroupVersion version, const char* name, Scan scan,
                                 Reason absent_means = Reason::none, const char* group = nullptr) {
    return {.subsystem = memory,
            .version = version,
            .name = name,
            .scan = scan,
            .absent_means = absent_means,
            .group = group};
}

// Kernels may be built, or started, without an account of swap and of kernel memory. Of swap.peak
// that cannot be told from a kernel that is older than it (6.5).
constexpr ControllerFile files[] = {
    file_of(v1, "memory.usage_in_bytes", scan_with<State, scan_current>),
    file_of(v1, "memory.memsw.usage_in_bytes", scan_only<scan_bytes<total_memsw>>,
            Reason::not_available, "memory.swap"),
    file_of(v1, "memory.limit_in_bytes", scan_only<scan_limit_v1<limit>>),
    file_of(v1, "memory.soft_limit_in_bytes", scan_only<scan_limit_v1<soft_limit>>),
    file_of(v1, "memory.memsw.limit_in_bytes", scan_only<scan_limit_v1<limit_memsw>>,
            Reason::not_available, "memory.swap"),
    file_of(v1, "memory.max_usage_in_bytes", scan_only<scan_bytes<peak>>),
    file_of(v1, "memory.failcnt", scan_only<scan_bytes<failures>>),
    file_of(v1, "memory.kmem.usage_in_bytes", scan_only<scan_bytes<kernel>>, Reason::not_available,
            "memory.kernel"),
    file_of(v1, "memory.kmem.tcp.usage_in_bytes", scan_only<scan_bytes<sock>>,
            Reason::not_available, "memory.sock"),
    file_of(v1, "memory.oom_control", scan_only<scan_oom_control>),
    file_of(v1, "memory.stat", scan_with<State, scan_stat_v1>),
    file_of(v2, "memory.current", scan_with<State, scan_current>),
    file_of(v2, "memory.swap.current", scan_with<State, scan_swap>, Reason::not_available,
            "memory.swap"),
    file_of(v2, "memory.max", scan_only<scan_bytes<limit>>),
    file_of(v2, "memory.low", scan_only<scan_protection<soft_limit>>),
    file_of(v2, "memory.min", scan_only<scan_protection<minimum>>, Reason::kernel_too_old,
            "memory.min"),
    file_of(v2, "memory.high", scan_only<scan_bytes<high>>),
    file_of(v2, "memory.peak", scan_only<scan_bytes<peak>>, Reason::kernel_too_old, "memory.peak"),
    file_of(v2, "memory.swap.max", scan_only<scan_bytes<swap_limit>>, Reason::not_available,
            "memory.swap"),
    file_of(v2, "memory.swap.peak", scan_only<scan_bytes<swap_peak>>, Reason::not_available,
            "memory.swap_peak"),
    file_of(v2, "memory.stat", scan_with<State, scan_stat_v2>),
    file_of(v2, "memory.events", scan_only<scan_events>),
    file_of(v2, "memory.swap.events", scan_only<scan_swap_events>, Reason::not_available,
            "memory.swap_events"),
};

constexpr const char* v1_groups[] = {"memory.pressure_level"};

}  // namespace

extern constexpr Controller memory_controller = {.name = "memory",
                                                 .specs = specs,
                                                 .files = files,
                                                 .state_bytes = sizeof(State),
                                                 .v1_groups = v1_groups,
                                                 .finish = finish_with<State, finish>};

}  // namespace nma
