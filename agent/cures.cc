#include "agent/cures.h"

#include "platform/base/check.h"

namespace nma {

namespace {

struct GroupRow {
    const char* group;
    const char* meaning;
};

// By the readers' names in collectors.list, and the groups of their files.
constexpr GroupRow node_groups[] = {
    {"stat", "processors, from /proc/stat"},
    {"loadavg", "load averages, from /proc/loadavg"},
    {"meminfo", "memory and swap, from /proc/meminfo"},
    {"net_dev", "network interfaces, from /proc/net/dev"},
    {"processes", "processes, from /proc/PID/stat"},
    {"uptime", "time since the start, from /proc/uptime"},
    {"pressure.irq", "time lost to interrupts, from /proc/pressure/irq"},
    {"pressure", "waits for processors, memory and disks, from /proc/pressure"},
    {"vmstat", "paging and reclaim, from /proc/vmstat"},
    {"diskstats", "disks, from /proc/diskstats"},
    {"sockstat6", "IPv6 sockets, from /proc/net/sockstat6"},
    {"sockstat", "sockets, from /proc/net/sockstat"},
    {"netstat", "listen queues of TCP, from /proc/net/netstat"},
    {"snmp6", "IPv6 and its protocols, from /proc/net/snmp6"},
    {"snmp", "IP, ICMP, TCP and UDP, from /proc/net/snmp"},
    {"file_nr", "open files, from /proc/sys/fs/file-nr"},
    {"conntrack", "tracked connections, from /proc/sys/net/netfilter"},
    {"entropy", "entropy, from /proc/sys/kernel/random"},
    {"thermal", "thermal zones, from /sys/class/thermal"},
    {"hwmon", "temperature sensors, from /sys/class/hwmon"},
    {"timex", "the clock's state, from adjtimex(2)"},
    {"mounts", "file systems, from statfs(2)"},
    {"agent", "what the agent counts about itself"},
    {"containers", "containers that have no room"},
};

// By the controllers' names in controllers.list, and the groups that they name.
constexpr GroupRow container_groups[] = {
    {"cpu.limit", "the limit of CPU time"},
    {"cpu", "CPU time"},
    {"memory_pressure", "how hard it was to get memory for the container"},
    {"memory.pressure_level", "how hard it was to get memory for the container"},
    {"memory.peak", "the most memory used so far"},
    {"memory.swap", "swap"},
    {"memory.zswap", "compressed swap"},
    {"memory", "memory"},
    {"io.time", "time that disks took"},
    {"io", "disk input and output"},
    {"pressure", "waits for processors, memory and disks"},
    {"processes", "processes and threads"},
    {"pids", "limits of threads, and how often they were hit"},
    {"descriptors", "open descriptors"},
    {"start_time", "when the container was started"},
    {"container", "all of it"},
    {"life", "how many containers live, and when one ended"},
    {"network_snmp", "network protocols"},
    {"network", "network interfaces and protocols"},
    {"hugetlb", "huge pages"},
    {"disk.used", "disk use of a sandbox whose quota tells its limit only"},
    {"disk.volumes", "disk use of persistent volumes of Mesos"},
    {"disk", "disk use of Mesos sandboxes"},
    {"name.labels", "labels of the container"},
    {"name", "the container's name and image"},
};

template <std::size_t N>
const char* find_meaning(const GroupRow (&rows)[N], std::string_view group) {
    for (const GroupRow& row : rows) {
        if (is_in_group(group, row.group)) return row.meaning;
    }
    return nullptr;
}

const Advice* find_advice(std::span<const CureRow> rows, std::string_view group, Reason reason,
                          const HostFacts& facts) {
    for (const CureRow& row : rows) {
        const bool fits = row.reason == reason &&
                          (row.group == nullptr || is_in_group(group, row.group)) &&
                          (row.applies == nullptr || row.applies(facts));
        if (fits) return &row.advice;
    }
    return nullptr;
}

// Of a part of the cgroups in which there are no containers nothing is to be seen; one with some
// was given to the agent on purpose, as a pod's is to its sidecar.
bool is_blind(const HostFacts& facts) {
    return facts.is_part_of_cgroups && !facts.has_containers;
}

bool is_in_pod(const HostFacts& facts) {
    return facts.is_part_of_cgroups && facts.has_containers;
}

// A sidecar that does not share its pod's processes is process 1 itself.
bool sees_pods_processes(const HostFacts& facts) {
    return facts.is_own_pid_namespace && is_in_pod(facts) && !facts.is_first_process;
}

constexpr HostCheck checks[] = {
    {Topic::cgroups,
     [](const HostFacts& facts) { return facts.has_mount_table && !facts.has_cgroups(); },
     "no cgroups are mounted, so no container can be found",
     {true, "The mount table has no file system of type cgroup or cgroup2.",
      "In a container, start it with\n"
      "--cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:ro\n"
      "On the host itself, mount them: mount -t cgroup2 none /sys/fs/cgroup"}},
    {Topic::cgroups,
     [](const HostFacts& facts) { return is_blind(facts) && facts.is_own_cgroup_namespace; },
     "the agent has a cgroup namespace of its own, so other containers cannot be seen",
     {true,
      "/proc/self/ns/cgroup is not the host's, and the mounted cgroups begin at the agent's own. "
      "Runtimes do that by default with cgroup version 2.",
      "Start the agent's container with\n"
      "--cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:ro\n"
      "Compose: cgroup: host"}},
    {Topic::cgroups,
     is_blind,
     "only a part of the cgroups is mounted, so containers elsewhere cannot be seen",
     {true, "The mounted cgroups do not begin at the root of their hierarchy.",
      "Mount all of them into the agent's container:\n"
      "-v /sys/fs/cgroup:/sys/fs/cgroup:ro"}},
    {Topic::cgroups,
     is_in_pod,
     "only a part of the cgroups is mounted, as for a pod's sidecar: other containers are not seen",
     {false, "The mounted cgroups do not begin at the root of their hierarchy.",
      "To see all of the node, mount all of them into the agent's container:\n"
      "--cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup:ro"}},
    {Topic::processes,
     sees_pods_processes,
     "counts of processes are the pod's, not the node's",
     {false, "/proc/self/ns/pid is not the host's, and /proc is that of the same namespace.",
      "To see all of the node, start the agent's container with --pid=host"}},
    {Topic::processes,
     [](const HostFacts& facts) {
         return facts.is_own_pid_namespace && !sees_pods_processes(facts);
     },
     "the agent has a PID namespace of its own, so it sees its own processes only",
     {true,
      "/proc/self/ns/pid is not the host's, and /proc is that of the agent's own namespace: "
      "counts of processes are too low, and networks of containers cannot be found.",
      "Start the agent's container with --pid=host, or a pod's sidecar with "
      "--pid=container:APPLICATION"}},
    {Topic::proc_subset,
     [](const HostFacts& facts) { return facts.proc.is_pids_only; },
     "/proc shows processes only, so the node's figures are missing",
     {true, "/proc is mounted with subset=pid.", "In the agent's systemd unit: ProcSubset=all"}},
    {Topic::hidden_processes,
     [](const HostFacts& facts) {
         const std::string_view mode = facts.proc.hidepid.view();
         return facts.is_proc_hidden() &&
                (facts.proc.gid == 0 || mode == "4" || mode == "ptraceable");
     },
     "/proc hides the processes of other users, so processes and networks are missing",
     {true, "/proc is mounted with hidepid={hidepid}, and user {uid} has no CAP_SYS_PTRACE.",
      "In the agent's systemd unit: ProtectProc=default, or, if the host's /proc is mounted so,\n"
      "AmbientCapabilities=CAP_SYS_PTRACE\n"
      "Or remount it with a group: mount -o remount,hidepid=2,gid=GROUP /proc\n"
      "and in the unit: SupplementaryGroups=GROUP"}},
    {Topic::hidden_processes,
     [](const HostFacts& facts) { return facts.is_proc_hidden(); },
     "/proc hides the processes of other users, so processes and networks are missing",
     {true,
      "/proc is mounted with hidepid={hidepid},gid={gid}, and user {uid} is not in that group.",
      "In the agent's systemd unit: SupplementaryGroups={gid}\n"
      "In a container: --group-add {gid}"}},
    {Topic::watches,
     [](const HostFacts& facts) { return facts.watch == WatchProbe::no_watches; },
     "inotify watches are used up, so new containers are seen late, or at more cost",
     {true, "The agent's user has as many watches as fs.inotify.max_user_watches allows.",
      "sysctl -w fs.inotify.max_user_watches=1048576\n"
      "and the same line in /etc/sysctl.d/90-inotify.conf"}},
    {Topic::watches,
     [](const HostFacts& facts) { return facts.watch == WatchProbe::no_instances; },
     "inotify instances are used up, so new containers are seen late, or at more cost",
     {true, "The agent's user has as many instances as fs.inotify.max_user_instances allows.",
      "sysctl -w fs.inotify.max_user_instances=1024\n"
      "and the same line in /etc/sysctl.d/90-inotify.conf"}},
    {Topic::files,
     [](const HostFacts& facts) {
         return facts.file_count_max != 0 && facts.file_count_max < 2 * limits::file_reserve_count;
     },
     "few files may be open, so cgroups are opened anew at each reading",
     {false, "The hard limit of open files is {files}. Nothing is missing for it.",
      "In the agent's systemd unit: LimitNOFILE=16384\n"
      "In a container: --ulimit nofile=16384:16384"}},
};

}  // namespace

bool is_in_group(std::string_view group, std::string_view wanted) {
    if (!group.starts_with(wanted)) return false;
    return group.size() == wanted.size() || group[wanted.size()] == '.';
}

const char* group_meaning(Scope scope, std::string_view group) {
    return scope == Scope::node ? find_meaning(node_groups, group)
                                : find_meaning(container_groups, group);
}

const Advice& advice_for(Scope scope, std::string_view group, Reason reason,
                         const HostFacts& facts) {
    const auto rows = scope == Scope::node ? node_cures() : container_cures();
    const Advice* advice = find_advice(rows, group, reason, facts);
    if (advice == nullptr) advice = find_advice(common_cures(), group, reason, facts);
    NMA_CHECK(advice != nullptr);
    return *advice;
}

std::span<const HostCheck> host_checks() {
    return checks;
}

}  // namespace nma
