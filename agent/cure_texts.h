// What several rows of cures share.
#pragma once

#include <linux/capability.h>

#include "agent/cures.h"

namespace nma {

inline bool reads_as_root(const HostFacts& facts) {
    return facts.self.is_known && facts.self.has_capability(CAP_DAC_READ_SEARCH);
}

template <RootKind kind>
bool is_root(const HostFacts& facts) {
    return facts.root == kind;
}

inline constexpr const char* read_cure =
    "In the agent's systemd unit:\n"
    "AmbientCapabilities=CAP_DAC_READ_SEARCH\n"
    "In a container: --cap-add=DAC_READ_SEARCH (as root in it)\n"
    "Elsewhere: setcap cap_dac_read_search+ep {program}";

inline constexpr const char* mount_root_cure =
    "Give the agent's container the whole of the host's tree, with what is mounted later:\n"
    "-v /:/host:ro,rslave, and --host-root /host";

// A denial in spite of the capability comes from elsewhere.
inline constexpr Advice confined = {
    true,
    "User {uid} has the capability for it, so a security module (AppArmor, SELinux), a user "
    "namespace or the container's runtime forbids it.",
    "Look for the denial: journalctl -k | grep -i -e denied -e avc\n"
    "In a container: --security-opt apparmor=unconfined, or label=disable with SELinux"};

}  // namespace nma
