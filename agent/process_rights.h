// Which rights the running agent needs with this configuration, and giving away all others.
#pragma once

#include "agent/config.h"
#include "platform/base/fixed_list.h"
#include "platform/linux/confinement.h"
#include "platform/linux/file_reader.h"
#include "platform/linux/host_root.h"

namespace nma {

class ProcessRights {
  public:
    // See confine_before_threads. `root` is the host that is described, `reader` reads its mount
    // table. False when it failed; that was logged.
    bool give_away(const Config& config, const HostRoot& root, FileReader& reader);

    // See confine_at_last; then logs what is in force. False when it failed; that was logged.
    bool filter_calls();

  private:
    // The sockets' directories, that of registrations, and where memory pressure is listened to.
    static constexpr std::size_t directory_count_max =
        limits::listener_count_max + limits::shared_inlet_count_max + 2;

    void add_directory_of(const ListenAddress& address);
    void add_socket_directories(const Config& config);
    void add_registrations(const Config& config);
    void add_memory_hierarchy(const Config& config, const HostRoot& root, FileReader& reader);

    ConfinementOptions options_;
    ConfinementReport report_;
    FixedList<WritableDirectory, directory_count_max> directories_;
};

}  // namespace nma
