#include "agent/host_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/base/text_cursor.h"
#include "platform/linux/mount_table.h"

namespace nma {

namespace {

// Numbers of the initial namespaces, the same in every kernel (include/linux/proc_ns.h:
// PROC_CGROUP_INIT_INO and PROC_PID_INIT_INO).
constexpr std::uint64_t initial_cgroup_namespace = 0xeffffffb;
constexpr std::uint64_t initial_pid_namespace = 0xeffffffc;

struct ControllerName {
    std::string_view name;
    ControllerKind kind;
};
constexpr ControllerName controller_names[] = {
    {"cpu", ControllerKind::cpu},   {"cpuacct", ControllerKind::cpu},
    {"io", ControllerKind::io},     {"memory", ControllerKind::memory},
    {"blkio", ControllerKind::io},  {"hugetlb", ControllerKind::hugetlb},
    {"pids", ControllerKind::pids},
};

ControllerSet set_of_name(std::string_view name) {
    for (const ControllerName& row : controller_names) {
        if (row.name == name) return bit_of(row.kind);
    }
    return 0;
}

// Takes the next piece before a comma off the front.
std::string_view take_option(std::string_view& options) {
    const std::size_t comma = options.find(',');
    const std::string_view option = options.substr(0, comma);
    options.remove_prefix(comma == options.npos ? options.size() : comma + 1);
    return option;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        if (take_option(options) == wanted) return true;
    }
    return false;
}

bool parse_hex(std::string_view text, std::uint64_t& value) {
    std::uint64_t sum = 0;
    if (text.empty() || text.size() > 16) return false;
    for (const char c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) return false;
        sum = sum << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    value = sum;
    return true;
}

void scan_proc_options(std::string_view options, ProcMount& proc) {
    proc = ProcMount{};
    while (!options.empty()) {
        std::string_view option = take_option(options);
        if (option == "subset=pid") proc.is_pids_only = true;
        if (take_prefix(option, "hidepid=") && option != "0" && option != "off") {
            (void)proc.hidepid.assign(option);
        } else if (take_prefix(option, "gid=")) {
            (void)parse_u64(option, proc.gid);
        }
    }
}

// Roots are told from the root of our own namespace (cgroup_namespaces(7)): what was mounted
// from above it begins with "/..", and "/" is all only in the initial one.
bool is_part(std::string_view root, bool is_own_namespace) {
    return root == "/" ? is_own_namespace : !root.starts_with("/..");
}

void add_cgroup_mount(const MountLine& mount, HostFacts& facts) {
    if (mount.type == "cgroup") {
        std::string_view options = mount.super_options;
        ControllerSet found = 0;
        while (!options.empty())
            found = static_cast<ControllerSet>(found | set_of_name(take_option(options)));
        facts.in_use = static_cast<ControllerSet>(facts.in_use | found);
        facts.in_version1 = static_cast<ControllerSet>(facts.in_version1 | found);
        facts.has_cgroup_v1 = true;
        if (found != 0 && is_part(mount.root, facts.is_own_cgroup_namespace))
            facts.is_part_of_cgroups = true;
        return;
    }
    std::string_view path = mount.mount_point;
    while (path.starts_with('/'))
        path.remove_prefix(1);
    if (facts.has_cgroup_v2 || path.empty()) return;
    facts.has_cgroup_v2 = unescape_mount_text(path, facts.v2_path);
}

void add_groups(std::string_view line, Credentials& self) {
    std::uint64_t group = 0;
    while (self.group_count < Credentials::group_count_max && take_u64(line, group))
        self.groups[self.group_count++] = group;
}

// The number in "cgroup:[4026531835]". False when it cannot be known.
bool read_namespace(const HostRoot& root, const char* path, std::uint64_t& number) {
    char target[64];
    const ssize_t size = readlinkat(root.proc(), path, target, sizeof target);
    if (size <= 0) return false;
    std::string_view text(target, static_cast<std::size_t>(size));
    const std::size_t start = text.find('[');
    if (start == text.npos || !text.ends_with(']')) return false;
    text = text.substr(start + 1, text.size() - start - 2);
    return parse_u64(text, number);
}

// Below the mount point of version 2.
Status read_v2(const HostContext& context, const HostFacts& facts, std::string_view file,
               std::string_view& text) {
    FixedText<512> path;
    const bool fits = path.assign(facts.v2_path.view()) && path.append("/") && path.append(file);
    if (!fits) return Status::truncated;
    return context.reader.read(context.root.root(), path.c_str(), text);
}

void read_namespaces(const HostContext& context, HostFacts& facts) {
    std::uint64_t number = 0;
    facts.is_own_cgroup_namespace = read_namespace(context.root, "self/ns/cgroup", number) &&
                                    number != initial_cgroup_namespace;
    facts.is_in_pid_namespace =
        read_namespace(context.root, "self/ns/pid", number) && number != initial_pid_namespace;
    // With a deeper number of ours /proc is that of a namespace above, which is what is wanted.
    facts.is_own_pid_namespace = facts.is_in_pid_namespace && facts.self.pid_namespace_depth == 1;
    FixedText<16> own_name;
    std::string_view text;
    facts.is_first_process =
        context.reader.read(context.root.proc(), "self/comm", text) == Status::ok &&
        own_name.assign(trim(text)) &&
        context.reader.read(context.root.proc(), "1/comm", text) == Status::ok &&
        trim(text) == own_name.view();
}

// Rootless containers run below user.slice/user-N.slice/user@N.service, whose manager has what
// systemd hands to it.
void read_delegation(const HostContext& context, HostFacts& facts) {
    FixedText<512> slice;
    if (!slice.assign(facts.v2_path.view()) || !slice.append("/user.slice")) return;
    if (context.dirs.open(context.root.root(), slice.c_str()) != Status::ok) return;
    DirEntry entry = {};
    for (std::size_t count = 0;
         count < limits::doctor_user_count_max && context.dirs.next(entry);) {
        std::string_view number = entry.name;
        if (!take_prefix(number, "user-") || !number.ends_with(".slice")) continue;
        number.remove_suffix(std::string_view(".slice").size());
        ++count;
        FixedText<64> user;
        FixedText<256> file;
        std::string_view text;
        const bool fits = user.assign("user@") && user.append(number) && user.append(".service") &&
                          file.assign("user.slice/") && file.append(entry.name) &&
                          file.append("/") && file.append(user.view()) &&
                          file.append("/cgroup.controllers");
        if (!fits || read_v2(context, facts, file.view(), text) != Status::ok) continue;
        const unsigned handed_on = facts.in_version1 | scan_controllers(text);
        const auto lacking = static_cast<ControllerSet>(facts.in_use & ~handed_on);
        if (lacking == 0) continue;
        facts.undelegated = static_cast<ControllerSet>(facts.undelegated | lacking);
        facts.undelegated_user = user;
    }
    context.dirs.close();
}

void read_cgroups(const HostContext& context, HostFacts& facts) {
    std::string_view text;
    facts.has_mount_table =
        context.reader.read(context.root.proc(), context.root.mountinfo_path(), text) == Status::ok;
    if (facts.has_mount_table) scan_mounts(text, facts);
    if (facts.has_cgroup_v2) {
        if (read_v2(context, facts, "cgroup.controllers", text) == Status::ok)
            facts.in_use = static_cast<ControllerSet>(facts.in_use | scan_controllers(text));
        // Every cgroup but the root has this file (admin-guide/cgroup-v2.rst).
        if (read_v2(context, facts, "cgroup.events", text) == Status::ok)
            facts.is_part_of_cgroups = true;
        read_delegation(context, facts);
    }
    ControllerSet enabled = 0;
    if (context.reader.read(context.root.proc(), "cgroups", text) == Status::ok)
        scan_cgroup_list(text, enabled, facts.disabled);
    facts.unmounted = static_cast<ControllerSet>(enabled & ~static_cast<unsigned>(facts.in_use));
}

// Every system that keeps anything has a /var.
RootKind root_kind(const HostRoot& root) {
    if (!root.is_live()) return RootKind::copy;
    if (root.is_own()) return RootKind::own;
    struct stat info = {};  // a link that leads elsewhere will do
    const bool is_there = fstatat(root.root(), "var", &info, AT_SYMLINK_NOFOLLOW) == 0;
    return is_there ? RootKind::whole : RootKind::bare;
}

// One watch more than the agent has: what it meets, the agent would.
WatchProbe probe_watches(const HostRoot& root) {
    const int instance = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (instance < 0) return errno == EMFILE ? WatchProbe::no_instances : WatchProbe::not_tried;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", root.proc());
    const bool is_out = inotify_add_watch(instance, path, IN_CREATE) < 0 && errno == ENOSPC;
    close(instance);
    return is_out ? WatchProbe::no_watches : WatchProbe::ok;
}

void read_own_process(const HostContext& context, HostFacts& facts) {
    if (!context.root.is_live()) return;
    char target[FixedText<256>::bytes_max];
    const ssize_t size = readlinkat(context.root.proc(), "self/exe", target, sizeof target);
    if (size > 0) (void)facts.program.assign({target, static_cast<std::size_t>(size)});
    facts.watch = probe_watches(context.root);
    rlimit files = {};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) facts.file_count_max = files.rlim_max;
}

}  // namespace

bool Credentials::has_group(std::uint64_t group) const {
    for (std::size_t i = 0; i < group_count; ++i) {
        if (groups[i] == group) return true;
    }
    return false;
}

// As the kernel decides (has_pid_permissions in fs/proc/base.c).
bool HostFacts::is_proc_hidden() const {
    if (proc.hidepid.empty() || !self.is_known || self.has_capability(CAP_SYS_PTRACE)) return false;
    const bool is_by_ptrace_only =
        proc.hidepid.view() == "4" || proc.hidepid.view() == "ptraceable";
    return is_by_ptrace_only || !self.has_group(proc.gid);
}

void scan_release(std::string_view text, HostFacts& facts) {
    text = trim(text);
    const std::size_t dot = text.find('.');
    if (!facts.kernel.assign(text) || dot == text.npos) return;
    std::string_view rest = text.substr(dot + 1);
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9')
        ++digits;
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    const bool is_version = parse_u64(text.substr(0, dot), major) &&
                            parse_u64(rest.substr(0, digits), minor) && major < UINT16_MAX &&
                            minor < UINT16_MAX;
    if (!is_version) return;
    facts.version = {static_cast<std::uint32_t>(major), static_cast<std::uint32_t>(minor)};
}

BootOptions scan_command_line(std::string_view text) {
    BootOptions boot;
    text = trim(text);
    for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
        if (take_prefix(word, "cgroup_disable=")) {
            if (has_option(word, "memory")) boot.is_memory_disabled = true;
        } else if (take_prefix(word, "cgroup_enable=")) {
            if (!has_option(word, "memory")) continue;
            boot.is_memory_disabled = false;
            boot.is_memory_asked_for = true;
        } else if (take_prefix(word, "psi=")) {
            boot.is_psi_off = word == "0" || word == "n" || word == "off";
        } else if (take_prefix(word, "swapaccount=")) {
            boot.is_swap_accounting_off = word == "0";
        }
    }
    return boot;
}

Credentials scan_status(std::string_view text) {
    Credentials self;
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        std::uint64_t number = 0;
        if (take_prefix(line, "Uid:")) {
            take_word(line);  // the real one
            (void)take_u64(line, self.uid);
        } else if (take_prefix(line, "Gid:")) {
            take_word(line);
            add_groups(take_word(line), self);
        } else if (take_prefix(line, "Groups:")) {
            add_groups(line, self);
        } else if (take_prefix(line, "NSpid:")) {
            while (take_u64(line, number) && self.pid_namespace_depth < 32)
                ++self.pid_namespace_depth;
        } else if (take_prefix(line, "CapEff:")) {
            self.is_known = parse_hex(take_word(line), self.capabilities);
        }
    }
    return self;
}

void scan_mounts(std::string_view text, HostFacts& facts) {
    MountCursor mounts(text);
    MountLine mount;
    while (mounts.next(mount)) {
        if (mount.type == "cgroup" || mount.type == "cgroup2") add_cgroup_mount(mount, facts);
        if (mount.type == "proc" && mount.mount_point == "/proc")
            scan_proc_options(mount.super_options, facts.proc);
    }
}

ControllerSet scan_controllers(std::string_view text) {
    ControllerSet set = 0;
    text = trim(text);
    for (std::string_view name = take_word(text); !name.empty(); name = take_word(text))
        set = static_cast<ControllerSet>(set | set_of_name(name));
    return set;
}

void scan_cgroup_list(std::string_view text, ControllerSet& enabled, ControllerSet& disabled) {
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        const ControllerSet bit = set_of_name(take_word(line));
        (void)take_word(line);  // the hierarchy
        (void)take_word(line);  // how many cgroups
        const std::string_view mark = take_word(line);
        if (mark == "1") enabled = static_cast<ControllerSet>(enabled | bit);
        if (mark == "0") disabled = static_cast<ControllerSet>(disabled | bit);
    }
}

HostFacts read_host_facts(const HostContext& context) {
    HostFacts facts;
    facts.root = root_kind(context.root);
    const int proc = context.root.proc();
    std::string_view text;
    if (context.reader.read(proc, "sys/kernel/osrelease", text) == Status::ok)
        scan_release(text, facts);
    if (context.reader.read(proc, "cmdline", text) == Status::ok)
        facts.boot = scan_command_line(text);
    // The device tree's texts end in NUL (Documentation/devicetree/usage-model.rst).
    if (context.reader.read(proc, "device-tree/model", text) == Status::ok)
        (void)facts.model.assign(text.substr(0, text.find('\0')));
    if (context.reader.read(proc, "self/status", text) == Status::ok)
        facts.self = scan_status(text);
    read_namespaces(context, facts);
    read_cgroups(context, facts);
    read_own_process(context, facts);
    return facts;
}

}  // namespace nma
