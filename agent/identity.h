// Who this node is, where the configuration does not say.
#pragma once

#include <string_view>

#include "api/node_identity.h"
#include "platform/linux/file_reader.h"
#include "platform/linux/host_root.h"

namespace nma {

// Fills the fields of `identity` that are empty: mesos_id from the Mesos agent's own notes on disk,
// cluster_id from DC/OS's file, hostname from the default route. What cannot be found stays empty.
void discover_identity(const HostRoot& root, FileReader& reader, NodeIdentity& identity);

// The agent's ID is part of a URL: what would not match there is none.
bool is_agent_id(std::string_view text);

}  // namespace nma
