// Who answers: what every message's dimensions say of the node.
#pragma once

#include <cstdint>

#include "platform/base/fixed_text.h"

namespace nma {

enum class Role : std::uint8_t { agent, master };

// Empty texts are not known.
struct NodeIdentity {
    FixedText<256> mesos_id;
    FixedText<256> cluster_id;
    FixedText<256> hostname;  // the private IP address, unless configured
    Role role = Role::agent;
};

}  // namespace nma
