// One reading of the node and of all its containers, complete in itself. Two of them exist: one is
// filled by the sampler while the other is read by the server; they change places between ticks.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/clock.h"
#include "platform/metrics/metric.h"
#include "platform/metrics/reason.h"
#include "platform/metrics/subject.h"

namespace nma {

struct Sample {
    std::uint64_t value;    // scale and sign: see the spec
    std::uint32_t subject;  // index into Snapshot::subjects
    std::uint16_t spec;     // index into the specs of its reader
    std::uint8_t source;    // index into the catalogue: which reader
    bool is_aged = false;   // read at ContainerEntry::read_at_ns, and not with the snapshot
};
static_assert(sizeof(Sample) == 16);

// How one reader fared in one tick.
struct CollectorReport {
    std::uint64_t duration_ns = 0;
    std::uint32_t sample_count = 0;
    std::uint32_t skipped_count = 0;   // things left out because the text about them made no sense
    std::uint32_t overflow_count = 0;  // things left out for want of room
    Status status = Status::ok;        // of the worst of its files
};

// What a container's runtime, or its sandbox, says of it. Empty and null is what is not known.
struct ContainerTexts {
    std::string_view name;
    std::string_view image;
    std::string_view pod;  // "<namespace>/<name>"
    std::string_view framework_id;
    std::string_view executor_id;
    std::string_view labels;            // "key\0value\0" and so on
    const char* name_source = nullptr;  // whose files these were found in
    const char* runtime = nullptr;      // by the path of its cgroup
    bool is_sandbox = false;            // it only holds a pod's namespaces open
};

// Subjects, texts, samples and missing groups of a container each lie together.
struct ContainerEntry {
    TextRef id;  // the first of its texts
    TextRef name;
    TextRef image;
    TextRef pod;
    TextRef framework_id;
    TextRef executor_id;
    TextRef labels;
    const char* name_source = nullptr;
    const char* runtime = nullptr;
    bool is_sandbox = false;
    std::uint32_t text_bytes = 0;
    std::uint64_t inode = 0;         // of its cgroup directory: tells a reused id from the old one
    std::uint64_t read_at_ns = 0;    // wall time of its aged samples
    std::uint64_t exited_at_ns = 0;  // wall time of its end; 0: it lives
    std::uint32_t subject = 0;       // the first of its subjects
    std::uint32_t subject_count = 0;
    std::uint32_t sample_first = 0;
    std::uint32_t sample_count = 0;
    std::uint32_t missing_first = 0;
    std::uint32_t missing_count = 0;

    bool is_exited() const { return exited_at_ns != 0; }
};

struct Snapshot {
    std::uint64_t sequence = 0;  // 1 for the first one; 0 means that none was taken
    Instants taken_at;
    std::uint32_t node_sample_count = 0;         // samples before this index are the node's
    std::uint32_t node_missing_count = 0;        // the same of `missing`
    std::uint32_t container_overflow_count = 0;  // containers that had no room at all
    std::uint32_t living_count = 0;  // containers before this index live, those after it ended

    BoundedList<Subject> subjects;  // [0] is the node
    BoundedList<Sample> samples;
    BoundedList<char> text_pool;
    BoundedList<ContainerEntry> containers;
    BoundedList<MissingGroup> missing;
    std::span<CollectorReport> reports;        // by source
    std::span<std::uint32_t> container_slots;  // open addressing; index + 1, 0 is empty

    void init(Arena& arena, const Capacities& capacities);

    std::string_view text(TextRef ref) const { return {text_pool.begin() + ref.offset, ref.bytes}; }

    std::span<const Sample> node_samples() const { return {samples.begin(), node_sample_count}; }
    std::span<const Sample> samples_of(const ContainerEntry& container) const {
        return {samples.begin() + container.sample_first, container.sample_count};
    }

    std::span<const MissingGroup> node_missing() const {
        return {missing.begin(), node_missing_count};
    }
    std::span<const MissingGroup> missing_of(const ContainerEntry& container) const {
        return {missing.begin() + container.missing_first, container.missing_count};
    }

    ContainerTexts texts_of(const ContainerEntry& entry) const {
        return {.name = text(entry.name),
                .image = text(entry.image),
                .pod = text(entry.pod),
                .framework_id = text(entry.framework_id),
                .executor_id = text(entry.executor_id),
                .labels = text(entry.labels),
                .name_source = entry.name_source,
                .runtime = entry.runtime,
                .is_sandbox = entry.is_sandbox};
    }

    // Null when there is no such container. Constant time, whatever the id holds.
    const ContainerEntry* find_container(std::string_view id) const;

    // The slot of `id`: the one that holds it, or the free one where it belongs.
    std::uint32_t& container_slot(std::string_view id) const;
};

// The readers by their index in samples and reports.
using Catalogue = std::span<const MetricSource>;

inline const MetricSpec& spec_of(Catalogue catalogue, const Sample& sample) {
    return catalogue[sample.source].specs[sample.spec];
}

}  // namespace nma
