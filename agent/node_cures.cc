#include "agent/cure_texts.h"

namespace nma {

namespace {

using enum Reason;

constexpr CureRow node_rows[] = {
    {not_available,
     "pressure.irq",
     nullptr,
     {false, "The kernel accounts no time of interrupts (CONFIG_IRQ_TIME_ACCOUNTING).", nullptr}},
    {kernel_too_old,
     "pressure.irq",
     [](const HostFacts& facts) {
         return facts.version.is_known() && !facts.version.is_before(6, 1);
     },
     {false,
      "Linux {kernel} is new enough, but accounts no time of interrupts "
      "(CONFIG_IRQ_TIME_ACCOUNTING).",
      nullptr}},
    {kernel_too_old,
     "pressure.irq",
     nullptr,
     {false, "It came with Linux 6.1, built with CONFIG_IRQ_TIME_ACCOUNTING; this is {kernel}.",
      nullptr}},
    {not_available,
     "conntrack",
     nullptr,
     {false,
      "The module nf_conntrack is not loaded: nothing on this host tracks connections. Nothing is "
      "to be done unless something should.",
      nullptr}},
    {not_available,
     "thermal",
     nullptr,
     {false, "This machine has no thermal zones; virtual machines usually have none.", nullptr}},
    {not_available,
     "hwmon",
     nullptr,
     {false,
      "This machine shows no temperature sensors. Virtual machines have none; on hardware their "
      "driver may not be loaded (sensors-detect finds it).",
      nullptr}},
    {not_available,
     "timex",
     nullptr,
     {false, "Only a live host has a clock to ask; --host-root names a copy of one.", nullptr}},
    {no_permission,
     "timex",
     nullptr,
     {true,
      "adjtimex(2) is forbidden, though the agent only reads with it: a filter of system calls.",
      "In a drop-in of the agent's systemd unit: ProtectClock=no and\n"
      "SystemCallFilter=adjtimex clock_adjtime clock_adjtime64\n"
      "In a container: a seccomp profile that allows adjtimex, such as Docker's own"}},
    {not_available,
     "snmp6",
     nullptr,
     {false, "The kernel has no IPv6, or it was switched off (ipv6.disable=1).", nullptr}},
    {not_available,
     "sockstat6",
     nullptr,
     {false, "The kernel has no IPv6, or it was switched off (ipv6.disable=1).", nullptr}},
    {not_available, "netstat", nullptr, {false, "This kernel does not have the file.", nullptr}},
    {not_available,
     "entropy.pool",
     nullptr,
     {false, "This kernel does not have the file.", nullptr}},
    {timeout,
     "mounts",
     nullptr,
     {true,
      "A file system does not answer statfs(2), as that of a server that is gone. No answer from: "
      "{mounts}",
      "Make sure of it (this may hang; give up with Ctrl-C): stat -f MOUNT_POINT\n"
      "Bring its server back, or take it away: umount -f -l MOUNT_POINT"}},
    {unreadable,
     "mounts",
     nullptr,
     {true,
      "A file system answers statfs(2) with an error, as that of a server that forgot it or of a "
      "FUSE daemon that ended.",
      "See which: df >/dev/null\n"
      "Take it away, or mount it anew: umount -l MOUNT_POINT"}},
    {no_permission,
     "mounts",
     [](const HostFacts& facts) { return !facts.has_mount_table; },
     {true, "User {uid} may not read the mount table.",
      "In a container: --pid=host, and --host-root where the host's / is mounted"}},
    {no_permission,
     "mounts",
     reads_as_root,
     {true,
      "A FUSE file system without the option allow_other is its user's alone, and root may not "
      "look "
      "into it either. Or a security module (AppArmor, SELinux) forbids it.",
      "Mount it with allow_other; or look for the denial: journalctl -k | grep -i -e denied -e "
      "avc"}},
    {no_permission,
     "mounts",
     nullptr,
     {true,
      "Some are mounted below directories that user {uid} may not enter, which takes "
      "CAP_DAC_READ_SEARCH.",
      read_cure}},
    {not_available,
     "mounts",
     is_root<RootKind::copy>,
     {false, "Only a live host can be asked; --host-root names a copy of one.", nullptr}},
    {not_available,
     "mounts",
     is_root<RootKind::bare>,
     {true,
      "File systems are asked where they are mounted, and below --host-root is little more than "
      "the host's /proc.",
      mount_root_cure}},
    {not_available,
     "mounts",
     is_root<RootKind::whole>,
     {false,
      "What the host's mount table names is not to be seen below --host-root: it was mounted after "
      "the "
      "agent's container was made, or something was mounted over a directory above it.",
      mount_root_cure}},
    {not_available,
     "mounts",
     nullptr,
     {false,
      "Something was mounted over a directory above a mount point, or it was unmounted just now, "
      "so "
      "what the mount table names cannot be reached.",
      nullptr}},
    {limit_reached,
     "containers",
     nullptr,
     {true,
      "More containers live than the agent has room for; containers.left_out in the full view says "
      "how many are not shown.",
      "Raise limits.containers in the configuration (--config FILE);\n"
      "`node-metrics-agent budget` shows what it costs"}},
    {limit_reached,
     "stat",
     nullptr,
     {true, "The host has more processors than the agent has room for.",
      "Raise cpu_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     "net_dev",
     nullptr,
     {true, "The host has more interfaces than the agent has room for.",
      "Raise interface_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     "diskstats",
     nullptr,
     {true, "The host has more disks than the agent has room for.",
      "Raise disk_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     "mounts",
     nullptr,
     {true, "The host has more file systems than the agent has room for.",
      "Raise mount_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     "thermal",
     nullptr,
     {true, "The host has more thermal zones than the agent has room for.",
      "Raise thermal_zone_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     "hwmon",
     nullptr,
     {true, "The host has more sensors than the agent has room for.",
      "Raise sensor_count_max in platform/limits.h and build anew"}},
    {limit_reached,
     nullptr,
     nullptr,
     {true, "The kernel's text is longer than the agent's buffer.",
      "Raise read_buffer_bytes in platform/limits.h and build anew"}},
};

// For groups of the node and of containers, where no row of theirs fits: one for each reason.
constexpr CureRow common_rows[] = {
    {kernel_too_old,
     "pressure",
     nullptr,
     {false, "Pressure came with Linux 4.20; this is {kernel}.", nullptr}},
    {not_available,
     "pressure",
     [](const HostFacts& facts) { return facts.version.is_before(4, 20); },
     {false, "Pressure came with Linux 4.20; this is {kernel}.", nullptr}},
    {not_available,
     "pressure",
     [](const HostFacts& facts) { return facts.boot.is_psi_off; },
     {true, "The kernel was started with psi=0.",
      "Take psi=0 out of the kernel's command line and reboot.\n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub\n"
      "Fedora, RHEL: grubby --update-kernel=ALL --remove-args=psi=0"}},
    {not_available,
     "pressure",
     [](const HostFacts& facts) { return facts.version.is_known(); },
     {true,
      "Pressure is switched off: this kernel was built with CONFIG_PSI_DEFAULT_DISABLED (or "
      "without "
      "CONFIG_PSI, and then there is no cure: grep CONFIG_PSI /boot/config-{kernel}).",
      "Add psi=1 to the kernel's command line and reboot.\n"
      "With GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub\n"
      "Fedora, RHEL: grubby --update-kernel=ALL --args=psi=1"}},
    {no_permission, nullptr, reads_as_root, confined},
    {no_permission,
     nullptr,
     nullptr,
     {true, "The file is there, and user {uid} may not read it.", read_cure}},
    {controller_disabled,
     nullptr,
     nullptr,
     {false, "The kernel has it, and it is switched off on this host.", nullptr}},
    {not_in_cgroup_v2,
     nullptr,
     nullptr,
     {false, "Only version 1 of cgroups counts that.", nullptr}},
    {shared_netns, nullptr, nullptr, {false, "It is the host's own network.", nullptr}},
    {kernel_too_old,
     nullptr,
     nullptr,
     {false, "A newer kernel has these figures; this is {kernel}.", nullptr}},
    {not_available,
     nullptr,
     nullptr,
     {false, "This kernel ({kernel}) does not have the file: it was built or started without it.",
      nullptr}},
    {timeout,
     nullptr,
     nullptr,
     {true, "Nobody answered in time; the agent asks again at each reading.",
      "Run doctor again. If it stays, see what the processes in state D wait for:\n"
      "ps -eo state,pid,wchan:32,args | grep ^D"}},
    {gone,
     nullptr,
     nullptr,
     {false, "It ended while the agent read it; the next reading does without it.", nullptr}},
    {limit_reached,
     nullptr,
     nullptr,
     {true, "A limit of the agent is reached.", "See platform/limits.h"}},
    {unreadable,
     nullptr,
     nullptr,
     {true, "The text is not what the kernel documents, or the kernel failed to give it.",
      "Report it, with the file's text and the release: {kernel}"}},
};

}  // namespace

std::span<const CureRow> node_cures() {
    return node_rows;
}

std::span<const CureRow> common_cures() {
    return common_rows;
}

}  // namespace nma
