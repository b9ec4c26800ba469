#include "agent/cure_texts.h"

namespace nma {

namespace {

using enum Reason;

bool is_memory_off(const HostFacts& facts) {
    return facts.has_cgroups() && !facts.uses(ControllerKind::memory);
}

template <ControllerKind kind>
bool is_undelegated(const HostFacts& facts) {
    return facts.uses(kind) && (facts.undelegated & bit_of(kind)) != 0;
}

template <ControllerKind kind>
bool is_in_version1(const HostFacts& facts) {
    return (facts.in_version1 & bit_of(kind)) != 0;
}

// Version 2 lists in its root what it has.
template <ControllerKind kind>
bool is_not_offered(const HostFacts& facts) {
    return facts.has_cgroup_v2 && !facts.uses(kind);
}

bool is_version1_only(const HostFacts& facts) {
    return facts.has_cgroup_v1 && !facts.has_cgroup_v2;
}

bool is_hybrid(const HostFacts& facts) {
    return facts.has_cgroup_v1 && facts.has_cgroup_v2;
}

bool may_trace(const HostFacts& facts) {
    return facts.self.is_known && facts.self.has_capability(CAP_SYS_PTRACE);
}

constexpr const char* trace_cure =
    "In the agent's systemd unit:\n"
    "AmbientCapabilities=CAP_SYS_PTRACE\n"
    "In a container: --pid=host --cap-add=SYS_PTRACE (as root in it)\n"
    "Elsewhere: setcap cap_sys_ptrace+ep {program}";

constexpr Advice undelegated = {
    true,
    "The host has the controller, but systemd does not hand it to {user}, below which rootless "
    "containers run.",
    "In /etc/systemd/system/user@.service.d/delegate.conf write\n"
    "[Service]\n"
    "Delegate=cpu cpuset io memory pids\n"
    "then: systemctl daemon-reload, and log out and in"};

constexpr Advice not_in_hierarchy = {
    true,
    "The controller's hierarchy of version 1 is mounted, but the container has no cgroup of its "
    "own "
    "in it, or the kernel does not have the agent's file there.",
    "Tell the runtime to use the controller. Mesos agent:\n"
    "--isolation=cgroups/cpu,cgroups/mem,cgroups/blkio,cgroups/pids"};

constexpr Advice not_offered = {
    true,
    "The root of the cgroups does not have the controller: the kernel was built without it, or "
    "started with cgroup_disable=.",
    "See whether cgroup_disable= is in /proc/cmdline; take it out of the kernel's command line and "
    "reboot"};

// Memory: its own rows first, then those of the host as a whole, then of one cgroup.
constexpr CureRow container_rows[] = {
    {controller_disabled,
     "memory",
     [](const HostFacts& facts) {
         return is_memory_off(facts) && facts.is_raspberry_pi() && facts.boot.is_memory_asked_for;
     },
     {true,
      "The kernel of this {model} has memory control switched off, though its command line has "
      "cgroup_enable=memory: this kernel ({kernel}) does not heed it.",
      "Update the kernel: apt update && apt full-upgrade, then reboot. What it was told:\n"
      "cat /proc/cmdline"}},
    {controller_disabled,
     "memory",
     [](const HostFacts& facts) { return is_memory_off(facts) && facts.is_raspberry_pi(); },
     {true, "The kernel of this {model} has memory control switched off unless it is asked for.",
      "To the end of the one line in /boot/firmware/cmdline.txt (older systems: "
      "/boot/cmdline.txt), "
      "after a space, add\n"
      "cgroup_enable=memory cgroup_memory=1\n"
      "and reboot"}},
    {controller_disabled,
     "memory",
     [](const HostFacts& facts) { return is_memory_off(facts) && facts.boot.is_memory_disabled; },
     {true, "The kernel was started with cgroup_disable=memory.",
      "Take cgroup_disable=memory out of the kernel's command line and reboot. \n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub\n"
      "Fedora, RHEL: grubby --update-kernel=ALL --remove-args=cgroup_disable=memory"}},
    {controller_disabled,
     "memory",
     [](const HostFacts& facts) {
         return is_memory_off(facts) && (facts.disabled & bit_of(ControllerKind::memory)) != 0;
     },
     {true, "The kernel has memory control, switched off: /proc/cgroups says memory … 0.",
      "Add cgroup_enable=memory to the kernel's command line and reboot.\n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub"}},
    {controller_disabled,
     "memory",
     [](const HostFacts& facts) {
         return is_memory_off(facts) && (facts.unmounted & bit_of(ControllerKind::memory)) != 0;
     },
     {true, "Memory control is on, but neither version 1 nor version 2 of cgroups shows it.",
      "mkdir -p /sys/fs/cgroup/memory && mount -t cgroup -o memory none /sys/fs/cgroup/memory"}},
    {controller_disabled,
     "memory",
     is_memory_off,
     {false, "This kernel ({kernel}) was built without memory control (CONFIG_MEMCG).", nullptr}},
    {controller_disabled,
     "memory.swap",
     [](const HostFacts& facts) { return facts.boot.is_swap_accounting_off; },
     {true, "The kernel was started with swapaccount=0.",
      "Take swapaccount=0 out of the kernel's command line and reboot.\n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub"}},
    {controller_disabled,
     "memory.swap",
     [](const HostFacts& facts) { return facts.version.is_before(6, 1); },
     {true,
      "Swap of cgroups is not accounted: before Linux 6.1 a kernel may have that switched off, and "
      "this is {kernel}.",
      "Add swapaccount=1 to the kernel's command line and reboot.\n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub\n"
      "Fedora, RHEL: grubby --update-kernel=ALL --args=swapaccount=1"}},
    {controller_disabled,
     "memory.swap",
     nullptr,
     {false, "This kernel ({kernel}) was built without swap (CONFIG_SWAP).", nullptr}},
    {controller_disabled,
     "memory.zswap",
     nullptr,
     {false, "This kernel ({kernel}) was built without compressed swap (CONFIG_ZSWAP).", nullptr}},
    {controller_disabled, "memory", is_in_version1<ControllerKind::memory>, not_in_hierarchy},
    {controller_disabled, "cpu", is_in_version1<ControllerKind::cpu>, not_in_hierarchy},
    {controller_disabled, "io", is_in_version1<ControllerKind::io>, not_in_hierarchy},
    {controller_disabled, "processes", is_in_version1<ControllerKind::pids>, not_in_hierarchy},
    {controller_disabled, "memory", is_undelegated<ControllerKind::memory>, undelegated},
    {controller_disabled, "cpu", is_undelegated<ControllerKind::cpu>, undelegated},
    {controller_disabled, "io", is_undelegated<ControllerKind::io>, undelegated},
    {controller_disabled, "processes", is_undelegated<ControllerKind::pids>, undelegated},
    {controller_disabled, "cpu", is_not_offered<ControllerKind::cpu>, not_offered},
    {controller_disabled, "io", is_not_offered<ControllerKind::io>, not_offered},
    {controller_disabled, "processes", is_not_offered<ControllerKind::pids>, not_offered},
    {controller_disabled,
     "hugetlb",
     nullptr,
     {false, "Huge pages of these cgroups are not accounted: who made them did not ask for it.",
      nullptr}},
    {controller_disabled,
     "pressure",
     nullptr,
     {true, "Pressure is not accounted for these cgroups.",
      "In each of their directories: echo 1 > cgroup.pressure"}},
    {controller_disabled,
     nullptr,
     is_version1_only,
     {true, "The controller's hierarchy of version 1 is not mounted, or switched off.",
      "See whether the last column of /proc/cgroups is 1 for it (cpu, cpuacct, memory, blkio, "
      "pids), "
      "then for such as pids:\n"
      "mkdir -p /sys/fs/cgroup/pids && mount -t cgroup -o pids none /sys/fs/cgroup/pids"}},
    {controller_disabled,
     nullptr,
     nullptr,
     {true,
      "The controller is not switched on for these cgroups: a cgroup.subtree_control above them "
      "does not name it.",
      "With systemd, for the unit or slice above them:\n"
      "systemctl set-property UNIT IOAccounting=yes\n"
      "(or CPUAccounting=, MemoryAccounting=, TasksAccounting=)\n"
      "Without, in each directory from /sys/fs/cgroup down to theirs, for such as io:\n"
      "echo +io > cgroup.subtree_control"}},
    {not_in_cgroup_v2,
     nullptr,
     nullptr,
     {false, "Only version 1 of cgroups counts that, and this host uses version 2.", nullptr}},
    {shared_netns,
     nullptr,
     nullptr,
     {false,
      "The container uses the host's network, so there is nothing of its own to count: see the "
      "node's figures.",
      nullptr}},
    {kernel_too_old,
     "memory.peak",
     nullptr,
     {false, "memory.peak came with Linux 5.19; this is {kernel}.", nullptr}},
    {kernel_too_old,
     "memory.zswap",
     nullptr,
     {false, "Figures of compressed swap came with Linux 5.19; this is {kernel}.", nullptr}},
    {not_available,
     "memory.zswap",
     nullptr,
     {false, "This kernel ({kernel}) was built without compressed swap (CONFIG_ZSWAP).", nullptr}},
    {not_available,
     "pressure",
     is_version1_only,
     {false, "Pressure of cgroups is in version 2 only, and this host uses version 1.", nullptr}},
    {not_available,
     "pressure",
     is_hybrid,
     {false,
      "Pressure is told of cgroups in the hierarchy of version 2 only, and these containers have "
      "no "
      "cgroup there.",
      nullptr}},
    {no_permission,
     "memory.pressure_level",
     nullptr,
     {false,
      "To hear of memory pressure the agent writes cgroup.event_control, which only root or "
      "CAP_DAC_OVERRIDE may. That is a right to write all files, so it is better done without.",
      "In the agent's systemd unit:\n"
      "AmbientCapabilities=CAP_DAC_OVERRIDE\n"
      "In a container: --cap-add=DAC_OVERRIDE (as root in it), and the cgroups mounted without "
      "ro"}},
    {no_permission, "descriptors", reads_as_root, confined},
    {no_permission,
     "descriptors",
     nullptr,
     {true,
      "/proc/PID/fd of other users may be listed with CAP_DAC_READ_SEARCH only, and user {uid} "
      "lacks it. From Linux 6.2 on a process's count is told to everybody; this is {kernel}.",
      read_cure}},
    {no_permission, "network", may_trace, confined},
    {no_permission,
     "network",
     nullptr,
     {true,
      "/proc/PID/ns/net of other users is shown with CAP_SYS_PTRACE only, and user {uid} lacks it.",
      trace_cure}},
    {not_available,
     "name",
     is_root<RootKind::bare>,
     {true,
      "Names are in files of the runtimes below /var and /run, and below --host-root is little "
      "more "
      "than the host's /proc.",
      mount_root_cure}},
    {not_available,
     "name",
     nullptr,
     {false,
      "No state file of Docker, containerd, CRI-O or root's podman names this container. Roots "
      "that "
      "were configured elsewhere, and podman without root, are not looked into; with --host-root "
      "the files must lie below it.",
      nullptr}},
    {not_available,
     "disk",
     nullptr,
     {false,
      "The sandbox was not found below the Mesos agent's work_dir, or it has neither a project "
      "quota "
      "nor a file system of its own. Walking through sandboxes instead is off unless "
      "disk.walk_entries_per_s is set; discovery.mesos_work_dir says where to look.",
      nullptr}},
    {timeout,
     "disk",
     nullptr,
     {false,
      "No walk through the sandbox has ended within the last hour, or it was not searched for yet: "
      "it is, within 5 seconds. disk.walk_entries_per_s sets the walks' pace.",
      nullptr}},
    {no_permission, "name", reads_as_root, confined},
    {no_permission,
     "name",
     nullptr,
     {true,
      "The runtimes' state files are root's alone (/var/lib/docker has mode 0710), and user {uid} "
      "lacks CAP_DAC_READ_SEARCH.",
      read_cure}},
    {no_permission, "disk", reads_as_root, confined},
    {no_permission,
     "disk",
     nullptr,
     {true,
      "The Mesos agent's work_dir lies below directories that are root's alone, and user {uid} "
      "lacks "
      "CAP_DAC_READ_SEARCH.",
      read_cure}},
    {limit_reached,
     nullptr,
     nullptr,
     {true, "The room that all containers share is full.",
      "Raise limits.containers in the configuration (--config FILE); `node-metrics-agent budget` "
      "shows what it costs"}},
};

}  // namespace

std::span<const CureRow> container_cures() {
    return container_rows;
}

}  // namespace nma
