#include "agent/readers.h"

#include "platform/base/check.h"

namespace nma {

namespace {

struct SourceTable {
    MetricSource sources[limits::collector_count_max];
    std::size_t count = 0;

    void add(MetricSource source) {
        NMA_CHECK(count < limits::collector_count_max);
        sources[count++] = source;
    }
};

SourceTable make_sources() {
    SourceTable table;
    for (const Collector& collector : host_collectors()) {
        table.add({collector.name, collector.specs});
    }
    for (const MetricSource& source : ContainerSampler::sources())
        table.add(source);
    return table;
}

}  // namespace

Catalogue Readers::catalogue() {
    static const SourceTable table = make_sources();
    return {table.sources, table.count};
}

void Readers::init(Arena& arena, const Capacities& capacities) {
    reader_.init(arena);
    dirs_.init(arena);
    host_.init(arena, host_collectors());
    containers_.init(arena, capacities, catalogue(),
                     static_cast<std::uint16_t>(host_collectors().size()));
}

void Readers::start(const HostRoot& root, const DiscoveryOptions& discovery) {
    root_ = &root;
    host_.start(context());
    containers_.start(context(), discovery);
}

void Readers::stop() {
    host_.stop();
    containers_.stop();
}

void Readers::take(Snapshot& snapshot, std::uint64_t sequence) {
    writer_.start(snapshot, sequence, read_instants());
    host_.sample(context(), writer_);
    containers_.discover(context(), writer_);
    writer_.end_node();
    containers_.sample(context(), writer_, previous_ == &snapshot ? nullptr : previous_);
    previous_ = &snapshot;
}

}  // namespace nma
