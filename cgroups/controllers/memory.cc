// Memory, in bytes, with all cgroups below the container's own.
//   v1: Documentation/admin-guide/cgroup-v1/memory.rst; memory.stat's total_ lines
//   v2: Documentation/admin-guide/cgroup-v2.rst, "Memory"
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
    peak,
    high,
    failures,
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
    page_faults,
    page_faults_major,
    first_event,
};

constexpr MetricSpec specs[] = {
    bytes("mem.total_bytes", "Memory in use, page cache included"),
    bytes("mem.total_memsw_bytes", "Memory and swap in use"),
    bytes("mem.limit_bytes", "Memory that the container may use"),
    bytes("mem.soft_limit_bytes", "Memory that is left to the container under pressure"),
    bytes("mem.swap_bytes", "Swap in use"),
    bytes("mem.peak_bytes", "Most memory in use so far", View::full),
    bytes("mem.high_bytes", "Memory beyond which the container is slowed down", View::full),
    counter("mem.limit_failures", "Times that memory use hit the limit"),
    bytes("mem.file_bytes", "Page cache"),
    bytes("mem.anon_bytes", "Anonymous memory"),
    bytes("mem.cache_bytes", "Page cache"),
    bytes("mem.rss_bytes", "Anonymous memory"),
    bytes("mem.mapped_file_bytes", "Page cache that is mapped"),
    bytes("mem.unevictable_bytes", "Memory that cannot be reclaimed"),
    bytes("mem.kernel_bytes", "Memory of the kernel on behalf of the container", View::full),
    bytes("mem.kernel_stack_bytes", "Kernel stacks", View::full),
    bytes("mem.slab_bytes", "Kernel objects", View::full),
    bytes("mem.sock_bytes", "Buffers of sockets", View::full),
    bytes("mem.shmem_bytes", "Shared memory and tmpfs", View::full),
    bytes("mem.dirty_bytes", "Page cache to be written", View::full),
    bytes("mem.writeback_bytes", "Page cache being written", View::full),
    counter("mem.page_faults", "Page faults"),
    counter("mem.page_faults_major", "Page faults that needed a disk"),
    counter("mem.events_low", "Times that memory below memory.low was reclaimed"),
    counter("mem.events_high", "Times that the container was slowed down at memory.high"),
    counter("mem.events_max", "Times that the limit was about to be exceeded"),
    counter("mem.events_oom", "Times that memory ran out at the limit"),
    counter("mem.events_oom_kill", "Processes killed for want of memory"),
};

// In the order of the specs from `file` on; a kernel key fills at most two.
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
};
constexpr Spec stat_specs_v1[] = {cache, rss,   mapped_file, swap,        unevictable,
                                  shmem, dirty, writeback,   page_faults, page_faults_major};
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
};
constexpr Spec stat_specs_v2[] = {
    rss,         cache, kernel,      kernel_stack,     sock, shmem, mapped_file, dirty, writeback,
    unevictable, slab,  page_faults, page_faults_major};
static_assert(std::size(stat_rows_v2) == std::size(stat_specs_v2));

constexpr FieldRow event_rows[] = {
    {"low", 1, specs[first_event]},          {"high", 1, specs[first_event + 1]},
    {"max", 1, specs[first_event + 2]},      {"oom", 1, specs[first_event + 3]},
    {"oom_kill", 1, specs[first_event + 4]},
};

struct State {
    std::uint64_t current_bytes;
    std::uint64_t swap_bytes;
    bool has_current;
    bool has_swap;
};

Status add_stat(std::string_view text, std::span<const FieldRow> rows, std::span<const Spec> where,
                SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, rows, found);
    if (status != Status::ok) return status;
    const std::uint32_t subject = writer.container_subject();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!found.is_present[i]) continue;
        writer.add(where[i], found.value[i], subject);
        if (where[i] == cache) writer.add(file, found.value[i], subject);
        if (where[i] == rss) writer.add(anon, found.value[i], subject);
    }
    return Status::ok;
}

Status scan_stat_v1(std::string_view text, SnapshotWriter& writer) {
    return add_stat(text, stat_rows_v1, stat_specs_v1, writer);
}

Status scan_stat_v2(std::string_view text, SnapshotWriter& writer) {
    return add_stat(text, stat_rows_v2, stat_specs_v2, writer);
}

Status scan_events(std::string_view text, SnapshotWriter& writer) {
    return scan_container_fields(text, event_rows, writer, first_event);
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

// Mesos puts what a task asked for into memory.low; 0 is the kernel's word for "not set".
Status scan_low(std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    if (!found.is_unlimited && found.value > 0)
        writer.add(soft_limit, found.value, writer.container_subject());
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
    if (!state.has_current || !state.has_swap) return Status::ok;
    if (state.current_bytes > std::numeric_limits<std::uint64_t>::max() - state.swap_bytes)
        return Status::malformed;
    writer.add(total_memsw, state.current_bytes + state.swap_bytes, writer.container_subject());
    return Status::ok;
}

constexpr auto v1 = CgroupVersion::v1;
constexpr auto v2 = CgroupVersion::v2;
constexpr auto memory = Subsystem::memory;

constexpr ControllerFile files[] = {
    {memory, v1, "memory.usage_in_bytes", scan_only<scan_bytes<total>>},
    {memory, v1, "memory.memsw.usage_in_bytes", scan_only<scan_bytes<total_memsw>>},
    {memory, v1, "memory.limit_in_bytes", scan_only<scan_limit_v1<limit>>},
    {memory, v1, "memory.soft_limit_in_bytes", scan_only<scan_limit_v1<soft_limit>>},
    {memory, v1, "memory.max_usage_in_bytes", scan_only<scan_bytes<peak>>},
    {memory, v1, "memory.failcnt", scan_only<scan_bytes<failures>>},
    {memory, v1, "memory.stat", scan_only<scan_stat_v1>},
    {memory, v2, "memory.current", scan_with<State, scan_current>},
    {memory, v2, "memory.swap.current", scan_with<State, scan_swap>},
    {memory, v2, "memory.max", scan_only<scan_bytes<limit>>},
    {memory, v2, "memory.low", scan_only<scan_low>},
    {memory, v2, "memory.high", scan_only<scan_bytes<high>>},
    {memory, v2, "memory.peak", scan_only<scan_bytes<peak>>},
    {memory, v2, "memory.stat", scan_only<scan_stat_v2>},
    {memory, v2, "memory.events", scan_only<scan_events>},
};

}  // namespace

extern constexpr Controller memory_controller = {.name = "memory",
                                                 .specs = specs,
                                                 .files = files,
                                                 .state_bytes = sizeof(State),
                                                 .finish = finish_with<State, finish>};

}  // namespace nma
