// A small catalogue and a snapshot of it, for tests of what is made of snapshots.
#pragma once

#include "platform/metrics/snapshot_writer.h"

namespace nma::test {

// Source 0 is about the node, source 1 about containers.
Catalogue sample_catalogue();

struct SampleSnapshot {
    Arena arena;
    Snapshot snapshot;
    SnapshotWriter writer;
};

// Room for `containers`, nothing in it.
void sample_make(SampleSnapshot& sample, std::size_t containers);

// The node: cpu.total `value`, a temperature of -0.5, network.in of an interface named by hostile
// bytes; and containers c0, c1 … with memory of 2^64 - 1 bytes and one device.
void sample_fill(SampleSnapshot& sample, std::uint64_t value, std::size_t containers);

}  // namespace nma::test
