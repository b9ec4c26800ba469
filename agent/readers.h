// Everything that reads the kernel, as one: fills a snapshot with the node and its containers.
#pragma once

#include "cgroups/container_sampler.h"
#include "platform/host/collectors.h"

namespace nma {

class Readers {
  public:
    // Sets memory aside. Runs once over a measuring arena for `budget`, too.
    void init(Arena& arena, const Capacities& capacities);

    // Opens what stays open, starts the threads that file systems need.
    void start(const HostRoot& root, const DiscoveryOptions& discovery);
    void stop();

    // From any thread: a reading that runs, and any after it, ends early, between two containers.
    // What it wrote is not to be shown.
    void ask_to_stop() { containers_.ask_to_stop(); }

    // One reading of everything. Takes as long as the kernel takes; one thread at a time. The
    // snapshot of the call before must stay as it is until this returns, unless it is the same.
    void take(Snapshot& snapshot, std::uint64_t sequence);

    // See ContainerSampler. On the thread that takes readings.
    int look() { return containers_.look(context()); }
    int watch_descriptor() const { return containers_.watch_descriptor(); }

    // For the start only, before anything else reads.
    FileReader& file_reader() { return reader_; }

    // The node's readers first, then the containers'.
    static Catalogue catalogue();

  private:
    HostContext context() { return {*root_, reader_, dirs_}; }

    const HostRoot* root_ = nullptr;
    FileReader reader_;
    DirReader dirs_;
    HostSampler host_;
    ContainerSampler containers_;
    SnapshotWriter writer_;
    const Snapshot* previous_ = nullptr;
};

}  // namespace nma
