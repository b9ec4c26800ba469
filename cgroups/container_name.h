// Which cgroups are containers: the only place that knows how runtimes name theirs.
#pragma once

#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

struct NamingRules {
    std::string_view mesos_root = "mesos";
    bool services = false;
};

using ContainerId = FixedText<limits::name_bytes_max + 1>;

// True when the cgroup at `path` ("/docker/<64 hex>", from its hierarchy's root or any place above
// it) is the top cgroup of a container; `id` is then what its runtime calls it. What lies below it
// belongs to it, unless it is a container itself.
//
//   Mesos     <root>/<id>, nested <root>/<id>/mesos/<child>: the id is the child's own value, as
//             the Metrics API of DC/OS has it
//   Docker    docker/<64 hex>, docker-<64 hex>.scope
//   podman    libpod-<64 hex>, libpod-<64 hex>.scope
//   CRI       cri-containerd-<64 hex>.scope, crio-<64 hex>.scope, kubepods…/pod<uid>/<64 hex>
//   LXC       lxc/<name>, lxc.payload.<name>
//   nspawn    machine.slice/machine-<name>.scope, systemd-nspawn@<name>.service
//   systemd   <name>.service, only with `services`
[[nodiscard]] bool container_of_path(std::string_view path, const NamingRules& rules,
                                     ContainerId& id);

// True when the cgroup at `path` lies in a container's but holds the runtime's own process, which
// is none of the container's: nspawn keeps itself in "supervisor", and the container in "payload".
[[nodiscard]] bool is_runtime_of_container(std::string_view path);

}  // namespace nma
