#include "cgroups/container_sampler.h"

namespace nma {

std::span<const MetricSource> ContainerSampler::sources() {
    return {};
}

void ContainerSampler::init(Arena&, const Capacities&, std::uint16_t) {}
void ContainerSampler::start(const HostContext&, const DiscoveryOptions&) {}
void ContainerSampler::sample(const HostContext&, SnapshotWriter&) {}
void ContainerSampler::stop() {}

}  // namespace nma
