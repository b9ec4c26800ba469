// What `doctor` has to know about a host to say why figures are missing there. Read once; what
// could not be read is "not known", from which nothing follows.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/app_facts.h"
#include "platform/base/fixed_text.h"
#include "platform/metrics/collector.h"

namespace nma {

// The kernel's controllers of cgroups whose figures we show.
enum class ControllerKind : std::uint8_t { cpu, memory, io, pids, hugetlb };
inline constexpr std::size_t controller_kind_count = 5;

using ControllerSet = std::uint8_t;  // bit per ControllerKind

constexpr ControllerSet bit_of(ControllerKind kind) {
    return static_cast<ControllerSet>(1U << static_cast<unsigned>(kind));
}

struct KernelVersion {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;

    bool is_known() const { return major != 0; }
    bool is_before(std::uint32_t other_major, std::uint32_t other_minor) const {
        return is_known() && (major < other_major || (major == other_major && minor < other_minor));
    }
};

// Of the kernel's command line (Documentation/admin-guide/kernel-parameters.txt), whose options
// take effect in the order in which they stand there.
struct BootOptions {
    bool is_memory_disabled = false;      // cgroup_disable=memory, and no cgroup_enable= after it
    bool is_memory_asked_for = false;     // cgroup_enable=memory, the Raspberry Pi's own option
    bool is_psi_off = false;              // psi=0
    bool is_swap_accounting_off = false;  // swapaccount=0
};

// How /proc is mounted (Documentation/filesystems/proc.rst, "Configuring procfs").
struct ProcMount {
    FixedText<16> hidepid;      // as the kernel writes it: "2" or "invisible"; empty when off
    std::uint64_t gid = 0;      // the group from which nothing is hidden; 0 is root's
    bool is_pids_only = false;  // subset=pid
};

// Of /proc/self/status (proc(5)).
struct Credentials {
    static constexpr std::size_t group_count_max = 64;  // more are not looked at

    bool is_known = false;
    std::uint64_t uid = 0;
    std::uint64_t groups[group_count_max] = {};  // the effective one first
    std::size_t group_count = 0;
    std::uint64_t capabilities = 0;  // effective ones, bit by number
    std::uint32_t pid_namespace_depth =
        0;  // numbers in NSpid: 1 when /proc is of our own; 0 unknown

    bool has_group(std::uint64_t group) const;
    bool has_capability(unsigned number) const { return (capabilities >> number & 1) != 0; }
};

// What the agent looks at.
enum class RootKind : std::uint8_t {
    own,    // the / in which it runs
    whole,  // --host-root, where a live host's / is
    bare,   // --host-root, with a live host's /proc and not much else of it
    copy    // --host-root, with texts of a host
};

enum class WatchProbe : std::uint8_t { not_tried, ok, no_watches, no_instances };

struct HostFacts {
    FixedText<64> kernel;  // release, such as "6.1.0-18-amd64"; empty when not known
    KernelVersion version;
    FixedText<64> model;  // of the device tree, such as "Raspberry Pi 4 Model B Rev 1.4"
    RootKind root = RootKind::own;
    BootOptions boot;
    ProcMount proc;
    Credentials self;

    bool has_mount_table = false;
    bool has_cgroup_v1 = false;
    bool has_cgroup_v2 = false;
    FixedText<256> v2_path;                // its mount point, below the host's root
    ControllerSet in_use = 0;              // in the root of version 2, or mounted as version 1
    ControllerSet in_version1 = 0;         // of these, those that version 1 has
    ControllerSet disabled = 0;            // built in and switched off, says /proc/cgroups
    ControllerSet unmounted = 0;           // switched on, but neither version shows it
    bool is_part_of_cgroups = false;       // a mount shows less than its whole hierarchy
    bool has_containers = false;           // the reading found some that live
    bool is_own_cgroup_namespace = false;  // not the initial one
    bool is_own_pid_namespace = false;     // /proc is that of a namespace below the initial one
    bool is_first_process = false;         // process 1 is an agent
    bool is_in_pid_namespace = false;      // we are below the initial one, whatever /proc shows
    ControllerSet undelegated = 0;         // not handed to the manager of some logged-in user
    FixedText<64> undelegated_user;        // such as "user@1000.service"

    WatchProbe watch = WatchProbe::not_tried;
    std::uint64_t file_count_max = 0;  // RLIMIT_NOFILE of ours; 0 when not known
    FixedText<256> program;            // the file that runs now; empty when not known
    FixedText<512> silent_mounts;      // mount points that may be remote and have no figures

    AppFacts apps;

    bool is_raspberry_pi() const { return model.view().starts_with("Raspberry Pi"); }
    bool has_cgroups() const { return has_cgroup_v1 || has_cgroup_v2; }
    bool uses(ControllerKind kind) const { return (in_use & bit_of(kind)) != 0; }

    // /proc hides the processes of others from us.
    bool is_proc_hidden() const;
};

HostFacts read_host_facts(const HostContext& context);

// The scanners of the texts, pure. What makes no sense is passed over.
void scan_release(std::string_view text, HostFacts& facts);
BootOptions scan_command_line(std::string_view text);
Credentials scan_status(std::string_view text);
void scan_mounts(std::string_view text, HostFacts& facts);
// Of cgroup.controllers: names, with spaces between them.
ControllerSet scan_controllers(std::string_view text);
// Of /proc/cgroups: `enabled` and `disabled` ones. Controllers that it leaves out are in neither.
void scan_cgroup_list(std::string_view text, ControllerSet& enabled, ControllerSet& disabled);

}  // namespace nma
