#include "platform/host/collectors.h"

#include "platform/base/check.h"
#include "platform/base/fixed_text.h"

namespace nma {

#define COLLECTOR(name) extern const Collector name##_collector;
#include "platform/host/collectors.list"
#undef COLLECTOR

namespace {

// Copies of the records: they are constants, made before any code runs.
std::span<const Collector> all_collectors() {
    static const Collector collectors[] = {
#define COLLECTOR(name) name##_collector,
#include "platform/host/collectors.list"
#undef COLLECTOR
    };
    static_assert(sizeof collectors / sizeof collectors[0] <= limits::collector_count_max);
    return collectors;
}

Status read_file(const HostFile& file, KeptFile& kept, const HostContext& context,
                 std::string_view& text) {
    switch (file.below) {
        case Below::proc:
            return context.reader.read_kept(kept, context.root.proc(), file.path, text);
        case Below::sys:
            // Without sys every path in it is absent; -1 would be EBADF.
            if (context.root.sys() < 0) return Status::absent;
            return context.reader.read_kept(kept, context.root.sys(), file.path, text);
        case Below::net: {
            FixedText<256> path;
            const bool fits =
                path.assign(context.root.net_path()) && path.append("/") && path.append(file.path);
            NMA_CHECK(fits);
            return context.reader.read_kept(kept, context.root.proc(), path.c_str(), text);
        }
    }
    return Status::absent;
}

}  // namespace

std::span<const Collector> host_collectors() {
    return all_collectors();
}

void HostSampler::init(Arena& arena, std::span<const Collector> collectors) {
    collectors_ = collectors;
    slots_ = arena.take<Slot>("node readers", collectors.size());
    for (std::size_t i = 0; i < collectors.size(); ++i) {
        NMA_CHECK(collectors[i].files.size() <= limits::files_per_collector_max);
        void* state = arena.take_bytes("node readers", collectors[i].state_bytes);
        if (!slots_.empty()) slots_[i].state = state;
    }
}

void HostSampler::start(const HostContext& context) {
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
        if (collectors_[i].start != nullptr) collectors_[i].start(slots_[i].state, context);
    }
}

void HostSampler::stop() {
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
        if (collectors_[i].stop != nullptr) collectors_[i].stop(slots_[i].state);
        for (KeptFile& file : slots_[i].files)
            FileReader::close_kept(file);
    }
}

void HostSampler::sample(const HostContext& context, SnapshotWriter& writer) {
    std::uint64_t before_ns = boottime_ns();
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
        if (collectors_[i].begin != nullptr) collectors_[i].begin(slots_[i].state, context);
    }
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
        const auto source = static_cast<std::uint16_t>(i);
        sample_one(source, context, writer);
        const std::uint64_t after_ns = boottime_ns();
        writer.add_duration(source, after_ns - before_ns);
        before_ns = after_ns;
    }
}

void HostSampler::sample_one(std::uint16_t source, const HostContext& context,
                             SnapshotWriter& writer) {
    const Collector& collector = collectors_[source];
    Slot& slot = slots_[source];
    if (collector.run != nullptr) {
        writer.begin(source);
        writer.end(collector.run(slot.state, context, writer));
        const Status status = writer.report(source).status;
        const bool is_empty = writer.report(source).sample_count == 0;
        if (status != Status::ok) writer.add_missing(collector.name, reason_of(status));
        if (is_empty) writer.add_missing(collector.name, Reason::not_available);
        return;
    }
    for (std::size_t i = 0; i < collector.files.size(); ++i) {
        const HostFile& file = collector.files[i];
        writer.begin(source);
        std::string_view text;
        Status status = read_file(file, slot.files[i], context, text);
        if (status == Status::ok) status = file.scan(slot.state, text, writer);
        if (status != Status::ok) {
            writer.add_missing(file.group == nullptr ? collector.name : file.group,
                               status == Status::absent ? file.absent_means : reason_of(status));
        }
        if (status == Status::absent && file.is_optional) status = Status::ok;
        writer.end(status);
    }
}

}  // namespace nma
