// Reads one container in full: all its controllers, and why figures of some are missing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cgroups/controller.h"

namespace nma {

// Controller i writes as source `first_source` + i. Memory that is all zero is ready to use.
class ContainerReader {
  public:
    void init(std::uint16_t first_source) { first_source_ = first_source; }

    // Looks up the processes of the container. False when all its cgroups are gone. What is gone
    // of it in part sets `has_changed`.
    static bool read_pids(const HostContext& host, const ContainerTable& table,
                          std::span<const Hierarchy> hierarchies, Container& container,
                          bool& has_changed);

    // Between begin_container and end_container of the writer. `pids` of the reading are fresh.
    void read_all(ContainerReading& reading, Container& container, SnapshotWriter& writer);

    // Only what moves without the container; the set of these controllers' sources.
    void read_always(ContainerReading& reading, SnapshotWriter& writer);
    std::uint64_t always_sources() const;

  private:
    void run_files(const Controller& controller, std::uint16_t source, std::size_t file_index,
                   ContainerReading& reading, Container& container, SnapshotWriter& writer);
    Status read_file(const ControllerFile& file, const ContainerReading& reading,
                     SnapshotWriter& writer);

    std::uint16_t first_source_ = 0;
    alignas(64) std::byte controller_state_[controller_state_bytes_max] = {};
};

}  // namespace nma
