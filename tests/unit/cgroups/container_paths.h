// Paths of cgroups as runtimes make them, others that only look like such, and what each is.
#pragma once

#include <iterator>

#include "cgroups/container_name.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define INNER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UUID "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60"
#define CHILD "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define POD "pod4f0c8a7e-1d2c-4b3a-9f8e-7d6c5b4a3f2e"
#define POD_UNIT "pod4f0c8a7e_1d2c_4b3a_9f8e_7d6c5b4a3f2e"
#define TASK "5a0d5ceddf6c44c1928d367a815d890f"
#define USER "user.slice/user-1000.slice/user@1000.service/"
#define BURSTABLE "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD_UNIT ".slice"
#define KIND                                                                  \
    "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/" \
    "kubelet-kubepods-besteffort-" POD_UNIT ".slice"

namespace nma::test {

struct PathRow {
    const char* path;
    const char* id;  // null: no container
    Runtime runtime = Runtime::oci;
};

inline constexpr PathRow mesos_rows[] = {
    {"mesos/" UUID, UUID, Runtime::mesos},
    {"/mesos/" UUID, UUID, Runtime::mesos},
    {"system.slice/mesos/" UUID, UUID, Runtime::mesos},
    {"docker/" HASH "/mesos/" UUID, UUID, Runtime::mesos},
    {"mesos/test-standalone-3f1c", "test-standalone-3f1c", Runtime::mesos},
    {"mesos/" UUID "/mesos", nullptr},
    {"mesos/" UUID "/mesos/" CHILD, CHILD, Runtime::mesos},
    {"mesos/" UUID "/mesos/" CHILD "/mesos/check-1", "check-1", Runtime::mesos},
    {"mesos/" UUID "/leaf", nullptr},
    {"mesos/" UUID "/mesos/" CHILD "/leaf", nullptr},
    {"mesos/agent", nullptr},
    {"mesos/agent/leaf", nullptr},
    {"mesos/slave", nullptr},
    {"mesos", nullptr},
    {"mesos/" UUID "/anything", nullptr},
    {"mesos/" UUID "/hadoop-yarn/container_1", nullptr},
    {"mesos/" UUID "/docker/" HASH, HASH, Runtime::docker},
    {"mesosphere/" UUID, nullptr},
    {"mesos_executors.slice", nullptr},
    {"system.slice/dcos-mesos-slave.service", nullptr},
};

inline constexpr PathRow docker_rows[] = {
    {"docker", nullptr},
    {"docker/" HASH, HASH, Runtime::docker},
    {"docker/" HASH "/init.scope", nullptr},
    {"docker/" HASH "/docker", nullptr},
    {"docker/" HASH "/docker/" INNER, INNER, Runtime::docker},
    {"docker/" HASH "/system.slice/docker-" INNER ".scope", INNER, Runtime::docker},
    {"system.slice/docker-" HASH ".scope", HASH, Runtime::docker},
    {"system.slice/docker-" HASH ".scope/init", nullptr},
    {"system.slice/docker-" HASH ".scope/docker/" INNER, INNER, Runtime::docker},
    {USER "user.slice/docker-" HASH ".scope", HASH, Runtime::docker},
    {"ecstasks.slice/ecstasks-" TASK ".slice/docker-" HASH ".scope", HASH, Runtime::docker},
    {"docker/buildkit", nullptr},
    {"docker/buildkit/n4eu0udvbz9vfzjy71jkvgkwh", nullptr},
    {"system.slice/system.slice:docker:jvifp9a6b1lxa1kuw8bwfcovf", nullptr},
    {"docker/" UUID, nullptr},
    {"docker/mesos-" UUID, nullptr},
    {"system.slice/docker.service", nullptr},
    {"system.slice/docker.socket", nullptr},
    {"system.slice/snap.docker.dockerd.service", nullptr},
    {USER "app.slice/snap.docker.docker-" UUID ".scope", nullptr},
    {"system.slice/docker-" HASH "0.scope", nullptr},
    {"system.slice/docker-.scope", nullptr},
    {"docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", nullptr},
    {"docker/0123456789abcdef", nullptr},
    // with --cgroup-parent: the path does not say that it is Docker's
    {"actions_job/" HASH, HASH, Runtime::oci},
    {"ecs/" TASK "/" HASH, HASH, Runtime::oci},
    {"ecs/cluster/" TASK "/" HASH, HASH, Runtime::oci},
    {"balena/" HASH, HASH, Runtime::oci},
    {"ecs/" TASK, nullptr},
    {"ecs/" TASK "/" TASK "-1663105331", TASK "-1663105331", Runtime::containerd},
    {"ecs/" TASK "/" TASK "-", nullptr},
    {"ecs/" TASK "/" TASK "-a", nullptr},
};

inline constexpr PathRow podman_rows[] = {
    {"libpod_parent", nullptr},
    {"libpod_parent/libpod-" HASH, HASH, Runtime::podman},
    {"libpod_parent/" HASH, nullptr},  // a pod
    {"libpod_parent/" HASH "/libpod-" INNER, INNER, Runtime::podman},
    {"libpod_parent/" HASH "/conmon", nullptr},
    {"libpod_parent/conmon", nullptr},
    {"libpod_parent/conmon-" HASH, nullptr},
    {"libpod_parent/libpod-conmon-" HASH, nullptr},
    {"machine.slice/libpod-" HASH ".scope", HASH, Runtime::podman},
    {"machine.slice/libpod-" HASH ".scope/container", nullptr},
    {"machine.slice/libpod-" HASH ".scope/container/kubelet/kubepods/" POD "/" INNER, INNER,
     Runtime::cri},
    {"machine.slice/libpod-" HASH ".scope/supervisor", nullptr},
    {"machine.slice/libpod-conmon-" HASH ".scope", nullptr},
    {"machine.slice/machine-libpod_pod_" HASH ".slice", nullptr},
    {"machine.slice/machine-libpod_pod_" HASH ".slice/libpod-" INNER ".scope", INNER,
     Runtime::podman},
    {"machine.slice/machine-libpod_pod_" HASH ".slice/libpod-conmon-" INNER ".scope", nullptr},
    {USER "user.slice", nullptr},
    {USER "user.slice/libpod-" HASH ".scope", HASH, Runtime::podman},
    {USER "user.slice/libpod-" HASH ".scope/container", nullptr},
    {USER "user.slice/libpod-conmon-" HASH ".scope", nullptr},
    {USER "user.slice/user-libpod_pod_" HASH ".slice", nullptr},
    {USER "user.slice/user-libpod_pod_" HASH ".slice/libpod-" INNER ".scope", INNER,
     Runtime::podman},
    {USER "user.slice/podman-2119.scope", nullptr},
    {USER "user.slice/podman-pause-5f0a0c1d.scope", nullptr},
    {USER "app.slice/" HASH ".service", nullptr},  // a health check
    {USER "app.slice/redis.service/libpod-payload-" HASH, HASH, Runtime::podman},
    {USER "app.slice/redis.service/runtime", nullptr},
    {"system.slice/nginx.service/libpod-payload-" HASH, HASH, Runtime::podman},
    {"system.slice/nginx.service/libpod-payload-" HASH "/container", nullptr},
    {"system.slice/nginx.service/supervisor", nullptr},
};

inline constexpr PathRow kubernetes_rows[] = {
    {"kubepods.slice", nullptr},
    {"kubepods.slice/kubepods-besteffort.slice", nullptr},
    {BURSTABLE, nullptr},
    {BURSTABLE "/cri-containerd-" HASH ".scope", HASH, Runtime::containerd},
    {BURSTABLE "/cri-containerd-" HASH ".scope/system.slice", nullptr},
    {BURSTABLE "/crio-" HASH ".scope", HASH, Runtime::crio},
    {BURSTABLE "/crio-" HASH ".scope/container", nullptr},
    {BURSTABLE "/crio-conmon-" HASH ".scope", nullptr},
    {BURSTABLE "/docker-" HASH ".scope", HASH, Runtime::docker},
    {BURSTABLE "/" HASH, HASH, Runtime::cri},
    {"kubepods.slice/kubepods-" POD_UNIT ".slice", nullptr},
    {"kubepods.slice/kubepods-" POD_UNIT ".slice/cri-containerd-" HASH ".scope", HASH,
     Runtime::containerd},
    {"kubepods/besteffort", nullptr},
    {"kubepods/" POD, nullptr},
    {"kubepods/" POD "/" HASH, HASH, Runtime::cri},
    {"kubepods/burstable/" POD "/" HASH, HASH, Runtime::cri},
    {"kubepods/burstable/pod" TASK "/" HASH, HASH, Runtime::cri},  // a static pod
    {"kubepods/besteffort/" POD "/" HASH "/init.scope", nullptr},
    {"kubepods/besteffort/" POD "/crio-" HASH, HASH, Runtime::crio},
    {"kubepods/besteffort/" POD "/crio-conmon-" HASH, nullptr},
    {"kubepods/besteffort/" POD "/kata_" HASH, nullptr},
    {"crio/crio-" HASH, HASH, Runtime::crio},
    {"../../" POD "/" HASH, HASH, Runtime::cri},
    {"kubelet/kubepods/burstable/" POD "/" HASH, HASH, Runtime::cri},
    {KIND, nullptr},
    {KIND "/cri-containerd-" HASH ".scope", HASH, Runtime::containerd},
    {"docker/" HASH "/" KIND "/cri-containerd-" INNER ".scope", INNER, Runtime::containerd},
    {"docker/" HASH "/kubelet/kubepods/besteffort/" POD "/" INNER, INNER, Runtime::cri},
    {"docker/" HASH "/system.slice/containerd.service", nullptr},
    {"system.slice/containerd.service", nullptr},
    {"system.slice/k3s.service", nullptr},
    {"system.slice/containerd.service/kubepods-burstable-" POD_UNIT ".slice:cri-containerd:" HASH,
     HASH, Runtime::containerd},
    {"kubepods-besteffort-" POD_UNIT ".slice:cri-containerd:" HASH, HASH, Runtime::containerd},
    {"kubepods-besteffort-" POD_UNIT ".slice:crio:" HASH, HASH, Runtime::crio},
    {"k8s.io/" HASH, HASH, Runtime::containerd},
    {"default/" HASH, HASH, Runtime::containerd},
    {"default/redis", nullptr},
    {"system.slice/nerdctl-" HASH ".scope", HASH, Runtime::containerd},
    {USER "user.slice/nerdctl-" HASH ".scope", HASH, Runtime::containerd},
    {"kata_overhead/" HASH, nullptr},
    {"kata_overhead/kubepods/" POD "/" HASH, nullptr},
};

inline constexpr PathRow lxc_rows[] = {
    {"lxc", nullptr},
    {"lxc/web", "web", Runtime::lxc},
    {"lxc/100", "100", Runtime::lxc},
    {"lxc/100/ns", nullptr},
    {"lxc/web/init.scope", nullptr},
    {"lxc/web/lxc/inner", "inner", Runtime::lxc},
    {"lxc/web/payload", nullptr},
    {"lxc/web/monitor", nullptr},
    {"lxc.payload.web", "web", Runtime::lxc},
    {"lxc.payload.project_web", "project_web", Runtime::lxc},
    {"lxc.payload/web", "web", Runtime::lxc},
    {"lxc/lxc.payload.web", "web", Runtime::lxc},
    {"lxc/lxc.monitor.web", nullptr},
    {"lxc/lxc.pivot", nullptr},
    {"lxc.payload.web.1/system.slice", nullptr},
    {"lxc.payload.", nullptr},
    {"lxc.payload...", nullptr},
    {"lxc.monitor.web", nullptr},
    {"lxc.monitor/web", nullptr},
    {"lxc.pivot", nullptr},
    {"lxc.payload.web/lxc.payload.inner", "inner", Runtime::lxc},
    {"lxc.payload.web/docker/" HASH, HASH, Runtime::docker},
    {"user.slice/user-1000.slice/session-3.scope/lxc.payload.web", "web", Runtime::lxc},
    {USER "lxc.payload.web", "web", Runtime::lxc},
    {"osctl/pool.tank/group.default/user.alice/ct.ct1/user-owned/lxc.payload.ct1", "ct1",
     Runtime::lxc},
    {"machine/a-b.libvirt-lxc", "a-b", Runtime::lxc},
    {"machine/qemu-1-web.libvirt-qemu", nullptr},
};

inline constexpr PathRow nspawn_rows[] = {
    {"machine.slice", nullptr},
    {"machine.slice/machine-web.scope", "web", Runtime::nspawn},
    {"machine.slice/machine-web\\x2d1.scope", "web-1", Runtime::nspawn},
    {"machine.slice/machine-lxc\\x2d3\\x2dweb.scope", "lxc-3-web", Runtime::nspawn},
    {"machine.slice/machine-a\\x2fb.scope", "a\\x2fb", Runtime::nspawn},
    {"machine.slice/machine-a\\x00b.scope", "a\\x00b", Runtime::nspawn},
    {"machine.slice/machine-a\\x2.scope", "a\\x2", Runtime::nspawn},
    {"machine.slice/machine-\\x2e\\x2e.scope", nullptr},
    {"machine.slice/machine-.scope", nullptr},
    {"machine.slice/machine-web.scope/payload", nullptr},
    {"machine.slice/machine-web.scope/payload/system.slice", nullptr},
    {"build.slice/machine-web.scope", "web", Runtime::nspawn},
    {"machine.slice/machine-qemu\\x2d1\\x2dweb.scope", nullptr},
    {"machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator", nullptr},
    {"machine.slice/systemd-nspawn@web.service", "web", Runtime::nspawn},
    {"machine.slice/systemd-nspawn@web\\x2d1.service", "web-1", Runtime::nspawn},
    {"machine.slice/systemd-nspawn@web.service/supervisor", nullptr},
    {"machine.slice/systemd-nspawn@.service", nullptr},
};

inline constexpr PathRow oci_rows[] = {
    {"system.slice/runc-web.scope", "web", Runtime::oci},
    {"user.slice/runc-web-1.scope", "web-1", Runtime::oci},
    {"system.slice/crun-web.scope", "web", Runtime::oci},
    {"system.slice/crun-web.scope/container", nullptr},
    {"system.slice/runsc-web.scope", "web", Runtime::oci},
    {"system.slice/youki-web.scope", "web", Runtime::oci},
    {"system.slice/runc-.scope", nullptr},
    {"system.slice/" HASH ".scope", HASH, Runtime::oci},
    {"system.slice:runc:web", "web", Runtime::oci},
    {"system.slice:runc:", nullptr},
    {":runc:web", nullptr},
    {"/" HASH, HASH, Runtime::oci},
    {"podman/" HASH, HASH, Runtime::oci},
    {"user.slice/user-1000.slice/session-3.scope/web", nullptr},
    {"system.slice/garden.service/garden/2f57368b-0eda-4e52-64d8-af5c",
     "2f57368b-0eda-4e52-64d8-af5c", Runtime::oci},
    {"system.slice/garden.service/garden/good/2f57368b-0eda-4e52-64d8-af5c",
     "2f57368b-0eda-4e52-64d8-af5c", Runtime::oci},
    {"system.slice/garden.service/garden/bad/2f57368b-0eda-4e52-64d8-af5c",
     "2f57368b-0eda-4e52-64d8-af5c", Runtime::oci},
    {"system.slice/garden.service/garden/good", nullptr},
    {"system.slice/garden.service/garden/bad", nullptr},
};

inline constexpr PathRow other_rows[] = {
    {"", nullptr},
    {"/", nullptr},
    {"//", nullptr},
    {".", nullptr},
    {"..", nullptr},
    {"mesos/..", nullptr},
    {"mesos/.", nullptr},
    {"mesos/", nullptr},
    {"lxc/..", nullptr},
    {"system.slice/runc-...scope", nullptr},
    {"mesos/\xff\x01\x80", "\xff\x01\x80", Runtime::mesos},
    {"init.scope", nullptr},
    {"system.slice/ssh.service", nullptr},
    {"system.slice/systemd-udevd.service/udev", nullptr},
    {"user.slice/user-0.slice/session-1.scope", nullptr},
    {USER "init.scope", nullptr},
    {USER "app.slice/app-flatpak-org.gimp.GIMP-4711.scope", nullptr},
    {"system.slice/run-r5a0d5ceddf6c44c1928d367a815d890f.scope", nullptr},
    {"dev-hugepages.mount", nullptr},
};

static_assert(std::size(mesos_rows) + std::size(docker_rows) + std::size(podman_rows) +
                  std::size(kubernetes_rows) + std::size(lxc_rows) + std::size(nspawn_rows) +
                  std::size(oci_rows) + std::size(other_rows) >=
              200);

}  // namespace nma::test
