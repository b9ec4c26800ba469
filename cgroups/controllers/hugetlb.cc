// Huge pages of each size, in bytes.
//   v1: Documentation/admin-guide/cgroup-v1/hugetlb.rst: hugetlb.2MB.usage_in_bytes,
//       limit_in_bytes (near 2^63 for no limit), failcnt
//   v2: Documentation/admin-guide/cgroup-v2.rst, "HugeTLB": hugetlb.2MB.current, max,
//       events ("max 3")
// Files of a size are there when the processor has it. Which sizes there are is known beforehand:
// x86 has 2 MB and 1 GB, ARM, by the size of its small pages, some of the others; all have 2 MB. A
// size that is not there is looked for once.
#include <array>

#include "cgroups/controller.h"

namespace nma {

namespace {

constexpr const char* sizes[] = {"2MB", "1GB", "64KB", "32MB", "512MB", "16GB"};
constexpr std::size_t size_count = std::size(sizes);

constexpr std::uint64_t unlimited_v1_bytes = std::uint64_t{1} << 62;

enum Spec : std::uint16_t { usage, limit, failures };
constexpr std::size_t spec_count = 3;

constexpr MetricSpec specs[] = {
    {.name = "hugetlb.usage_bytes",
     .help = "Huge pages in use",
     .unit = Unit::bytes,
     .about = SubjectKind::container_page_size},
    {.name = "hugetlb.limit_bytes",
     .help = "Huge pages that the container may use",
     .unit = Unit::bytes,
     .about = SubjectKind::container_page_size},
    {.name = "hugetlb.limit_failures",
     .help = "Huge pages that could not be had because of the limit",
     .kind = MetricKind::counter,
     .about = SubjectKind::container_page_size},
};
static_assert(std::size(specs) == spec_count);

// The subject of each size, once one of its files made sense.
struct State {
    std::uint32_t subject[size_count];
    bool has_subject[size_count];
};

std::uint32_t subject_of(State& state, std::size_t size, SnapshotWriter& writer) {
    if (!state.has_subject[size]) {
        state.subject[size] = writer.add_subject(SubjectKind::container_page_size,
                                                 writer.container_subject(), sizes[size]);
        state.has_subject[size] = true;
    }
    return state.subject[size];
}

template <std::size_t size, Spec spec>
Status scan_number(State& state, std::string_view text, SnapshotWriter& writer) {
    CgroupValue found;
    const Status status = scan_value(text, found);
    if (status != Status::ok) return status;
    const bool is_limit = spec == limit;
    if (found.is_unlimited) return is_limit ? Status::ok : Status::malformed;
    if (is_limit && found.value >= unlimited_v1_bytes) return Status::ok;
    writer.add(spec, found.value, subject_of(state, size, writer));
    return Status::ok;
}

constexpr FieldKey event_keys[] = {{"max", 1}};

template <std::size_t size>
Status scan_events(State& state, std::string_view text, SnapshotWriter& writer) {
    FieldValues found;
    const Status status = scan_fields(text, event_keys, found);
    if (status == Status::ok && found.is_present[0])
        writer.add(failures, found.value[0], subject_of(state, size, writer));
    return status;
}

constexpr auto v1 = CgroupVersion::v1;
constexpr auto v2 = CgroupVersion::v2;
constexpr auto hugetlb = Subsystem::hugetlb;

// The files of one size, named once.
#define NMA_HUGETLB_FILES(size, text)                                                            \
    {hugetlb, v1, "hugetlb." text ".usage_in_bytes",                                             \
     scan_with<State, scan_number<(size), usage>>},                                              \
        {hugetlb, v1, "hugetlb." text ".limit_in_bytes",                                         \
         scan_with<State, scan_number<(size), limit>>},                                          \
        {hugetlb, v1, "hugetlb." text ".failcnt",                                                \
         scan_with<State, scan_number<(size), failures>>},                                       \
        {hugetlb, v2, "hugetlb." text ".current", scan_with<State, scan_number<(size), usage>>}, \
        {hugetlb, v2, "hugetlb." text ".max", scan_with<State, scan_number<(size), limit>>}, {   \
        hugetlb, v2, "hugetlb." text ".events", scan_with<State, scan_events<(size)>>            \
    }

constexpr ControllerFile files[] = {
    NMA_HUGETLB_FILES(0, "2MB"),  NMA_HUGETLB_FILES(1, "1GB"),   NMA_HUGETLB_FILES(2, "64KB"),
    NMA_HUGETLB_FILES(3, "32MB"), NMA_HUGETLB_FILES(4, "512MB"), NMA_HUGETLB_FILES(5, "16GB"),
};
static_assert(std::size(files) == 6 * size_count);

}  // namespace

extern constexpr Controller hugetlb_controller = {
    .name = "hugetlb", .specs = specs, .files = files, .state_bytes = sizeof(State)};

}  // namespace nma
