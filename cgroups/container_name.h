// Which cgroups are containers: the only place that knows how runtimes name theirs.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

struct NamingRules {
    std::string_view mesos_root = "mesos";
    bool services = false;
};

using ContainerId = FixedText<limits::name_bytes_max + 1>;

// Whose container a path is. `cri` stands below a pod of Kubernetes with a bare hash, which
// containerd, CRI-O and Docker share. `oci` is a runtime that the path does not tell: crun or runc
// by hand, Garden, or a bare hash below any other cgroup, as Docker makes with --cgroup-parent.
enum class Runtime : std::uint8_t {
    mesos,
    docker,
    podman,
    containerd,
    crio,
    cri,
    lxc,
    nspawn,
    oci,
    systemd,
};

[[nodiscard]] const char* runtime_name(Runtime runtime);

// True when the cgroup at `path` ("/docker/<hash>", from its hierarchy's root or any place above
// it) is the top cgroup of a container; `id` is then what its runtime calls it, and never has a
// slash or a NUL, nor is "." or "..". What lies below it belongs to it, unless it is a container
// itself. `id` and `runtime` (may be null) stay untouched otherwise. A hash is 64 of 0-9 a-f.
//
//   Mesos       <root>/<id>, nested <root>/<id>/mesos/<child>: the id is the child's own value, as
//               the Metrics API of DC/OS has it; not <root>/agent, <root>/slave, nor any leaf
//   Docker      docker/<hash>, docker-<hash>.scope; the name "mesos-<id>" of a container that Mesos
//               gave to Docker is in Docker's files only
//   podman      libpod-<hash>, libpod-<hash>.scope, libpod-payload-<hash>; not its pods, nor conmon
//   containerd  cri-containerd-<hash>.scope, nerdctl-<hash>.scope, default/<hash>, k8s.io/<hash>,
//               ecs/<task>/<task>-<number>
//   CRI-O       crio-<hash>, crio-<hash>.scope; not conmon
//   Kubernetes  pod<uid>/<hash>; pause containers too, but never the pod's own cgroup
//   LXC         lxc.payload.<name>, lxc.payload/<name>, lxc/<name>, <name>.libvirt-lxc
//   nspawn      machine-<name>.scope, systemd-nspawn@<name>.service; libvirt's virtual machines
//               (machine-qemu\x2d…) are no containers
//   OCI         <runtime>-<name>.scope of runc, crun, runsc, youki; garden/<name>; any other <hash>
//   systemd     <name>.service, only with `services`
//
// "<slice>:<runtime>:<id>" is taken for the scope that systemd would have made of it: so are
// cgroups called where containerd is told of systemd, and runc is not. Cannot be told from other
// cgroups, and so are not seen: crun, runc and ctr with names of one's own and no systemd.
[[nodiscard]] bool container_of_path(std::string_view path, const NamingRules& rules,
                                     ContainerId& id, Runtime* runtime = nullptr);

// True when the cgroup at `path` lies in a container's but holds the runtime's own process, which
// is none of the container's: nspawn keeps itself in "supervisor", and the container in "payload";
// LXC with lxc.cgroup.pattern = lxc/%n keeps itself in lxc/<name>/monitor.
[[nodiscard]] bool is_runtime_of_container(std::string_view path);

}  // namespace nma
