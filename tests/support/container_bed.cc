#include "tests/support/container_bed.h"

#include <string>

#include "platform/base/check.h"
#include "platform/base/text_sink.h"

namespace nma::test {

namespace {

constexpr std::size_t arena_bytes = std::size_t{256} << 20;

void start(ContainerBed& bed, const char* directory, std::size_t capacity,
           const DiscoveryOptions& options) {
    NMA_CHECK(bed.arena.map(arena_bytes));
    NMA_CHECK(bed.root.open(directory) == Status::ok);
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    Capacities capacities;
    capacities.containers = capacity;
    for (Snapshot& snapshot : bed.snapshots)
        snapshot.init(bed.arena, capacities);
    bed.sampler.init(bed.arena, capacities, ContainerSampler::sources(), 0);
    bed.sampler.start({bed.root, bed.reader, bed.dirs}, options);
}

const char* list_ids(const ContainerBed& bed, bool is_exited, std::string& ids) {
    ids.clear();
    for (const ContainerEntry& entry : bed.snapshot.containers) {
        if (entry.is_exited() == is_exited) ids.append(bed.snapshot.text(entry.id)).append(" ");
    }
    return ids.c_str();
}

void dump_entry(const ContainerBed& bed, const ContainerEntry& entry, std::string& dump) {
    for (const Sample& sample : bed.snapshot.samples_of(entry)) {
        const MetricSpec& spec = spec_of(ContainerSampler::sources(), sample);
        const Subject& subject = bed.snapshot.subjects[sample.subject];
        NMA_CHECK(subject.kind == spec.about);
        char memory[64];
        TextSink value(memory);
        value.append_decimal(sample.value, spec.decimals);
        dump.append(bed.snapshot.text(entry.id)).append(" ").append(spec.name);
        if (subject.kind == SubjectKind::container_device) {
            dump.append("{").append(bed.snapshot.text(subject.name)).append(",");
            dump.append(bed.snapshot.text(subject.detail)).append("}");
        } else if (subject.kind == SubjectKind::container_page_size) {
            dump.append("{").append(bed.snapshot.text(subject.name)).append("}");
        }
        dump.append(" ").append(value.view()).append("\n");
    }
}

}  // namespace

void container_bed_make(ContainerBed& bed) {
    bed = ContainerBed{};
    tree_make(bed.tree);
}

void container_bed_start(ContainerBed& bed, std::size_t capacity, const DiscoveryOptions& options) {
    start(bed, bed.tree.path.c_str(), capacity, options);
}

void container_bed_start_live(ContainerBed& bed, std::size_t capacity) {
    bed = ContainerBed{};
    start(bed, "/", capacity, {});
}

void container_bed_remove(ContainerBed& bed) {
    bed.sampler.stop();
    bed.root.close();
    if (!bed.tree.path.empty()) tree_remove(bed.tree);
    bed.arena.unmap();
}

void container_bed_tick(ContainerBed& bed) {
    ++bed.tick_count;
    const HostContext context = {bed.root, bed.reader, bed.dirs};
    Snapshot& snapshot = bed.snapshots[bed.tick_count % 2];
    const Snapshot* previous =
        bed.tick_count > 1 ? &bed.snapshots[1 - bed.tick_count % 2] : nullptr;
    Instants now = read_instants();
    now.boottime_ns += bed.ahead_ns;
    now.realtime_ns += bed.ahead_ns;
    bed.writer.start(snapshot, bed.tick_count, now);
    bed.sampler.discover(context, bed.writer);
    bed.writer.end_node();
    bed.sampler.sample(context, bed.writer, previous);
    bed.snapshot = snapshot;
}

int container_bed_look(ContainerBed& bed) {
    return bed.sampler.look({bed.root, bed.reader, bed.dirs});
}

const char* container_bed_ids(const ContainerBed& bed) {
    static std::string ids;
    return list_ids(bed, false, ids);
}

const char* container_bed_exited(const ContainerBed& bed) {
    static std::string ids;
    return list_ids(bed, true, ids);
}

const char* container_bed_dump(const ContainerBed& bed) {
    static std::string dump;
    dump.clear();
    for (const ContainerEntry& entry : bed.snapshot.containers) {
        if (!entry.is_exited()) dump_entry(bed, entry, dump);
    }
    return dump.c_str();
}

const char* container_bed_dump_of(const ContainerBed& bed, std::string_view id) {
    static std::string dump;
    dump.clear();
    const ContainerEntry* entry = bed.snapshot.find_container(id);
    if (entry != nullptr) dump_entry(bed, *entry, dump);
    return dump.c_str();
}

const CollectorReport& container_bed_report(const ContainerBed& bed, std::string_view source) {
    const Catalogue sources = ContainerSampler::sources();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources[i].name == source) return bed.snapshot.reports[i];
    }
    NMA_CHECK(false);
    return bed.snapshot.reports[0];
}

void write_cgroup_mounts(const Tree& tree, const char* const* controllers, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = controllers[i];
        const bool is_unified = name.empty();
        text += std::to_string(30 + i) + " 20 0:" + std::to_string(40 + i) + " / /sys/fs/cgroup/" +
                (is_unified ? "unified" : name) + " rw,relatime shared:9 - " +
                (is_unified ? "cgroup2 cgroup2 rw\n" : "cgroup cgroup rw," + name + "\n");
    }
    tree_write(tree, "proc/1/mountinfo", text);
}

}  // namespace nma::test
