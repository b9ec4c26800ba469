#include "agent/doctor.h"

#include <unistd.h>

#include <cstring>
#include <iterator>

#include "platform/linux/log.h"
#include "platform/linux/mount_table.h"

namespace nma {

namespace {

// More than the longest text of cures with all that is filled in.
constexpr std::size_t paragraph_bytes = 5120;
constexpr std::size_t line_width = 96;
constexpr std::size_t named_container_count = 3;

struct Finding {
    Scope scope;
    Reason reason;
    const char* group;
    std::uint32_t container_count;
    std::uint32_t containers[named_container_count];  // indexes into the snapshot's
};

struct FindingList {
    Finding items[limits::doctor_finding_count_max];
    std::size_t count = 0;
    std::uint32_t overflow_count = 0;

    Finding* find_or_add(Scope scope, const MissingGroup& missing) {
        for (std::size_t i = 0; i < count; ++i) {
            Finding& known = items[i];
            if (known.scope == scope && known.reason == missing.reason &&
                std::strcmp(known.group, missing.group) == 0) {
                return &known;
            }
        }
        if (count == limits::doctor_finding_count_max) {
            ++overflow_count;
            return nullptr;
        }
        items[count] = {scope, missing.reason, missing.group, 0, {}};
        return &items[count++];
    }
};

void collect(const Snapshot& snapshot, FindingList& findings) {
    for (const MissingGroup& missing : snapshot.node_missing())
        (void)findings.find_or_add(Scope::node, missing);
    // What ended lacks nothing that could still be had.
    for (std::uint32_t i = 0; i < snapshot.living_count; ++i) {
        for (const MissingGroup& missing : snapshot.missing_of(snapshot.containers[i])) {
            Finding* finding = findings.find_or_add(Scope::container, missing);
            if (finding == nullptr) continue;
            if (finding->container_count < named_container_count)
                finding->containers[finding->container_count] = i;
            ++finding->container_count;
        }
    }
}

// Memory that is off is off for the next container, too, so it is said without any.
void add_missing_memory(const HostFacts& facts, FindingList& findings) {
    const bool is_off =
        facts.has_cgroups() && !facts.is_part_of_cgroups && !facts.uses(ControllerKind::memory);
    if (!is_off) return;
    for (std::size_t i = 0; i < findings.count; ++i) {
        const Finding& known = findings.items[i];
        if (known.scope == Scope::container && known.reason == Reason::controller_disabled &&
            is_in_group(known.group, "memory")) {
            return;
        }
    }
    (void)findings.find_or_add(Scope::container, {"memory", Reason::controller_disabled});
}

// Names and paths are not ours: a control character would speak to the terminal.
void append_plain(std::string_view text, TextSink& sink) {
    for (const char c : text) {
        const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
        sink.append(is_control ? '?' : c);
    }
}

void append_lines(std::string_view text, TextSink& sink) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        append_plain(text.substr(0, end), sink);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (!text.empty()) sink.append('\n');
    }
}

void append_known(std::string_view text, std::string_view otherwise, TextSink& sink) {
    append_plain(text.empty() ? otherwise : text, sink);
}

void append_app_value(std::string_view name, const AppFacts& apps, TextSink& sink) {
    if (name == "agent_uid") sink.append_u64(apps.uid);
    if (name == "buffer_wanted") sink.append_u64(apps.buffer_bytes_wanted);
    if (name == "buffer_granted") sink.append_u64(apps.buffer_bytes_granted);
    if (name == "rmem_max") sink.append_u64(apps.buffer_bytes_wanted / 2);
    if (name == "reachable_statsd") append_plain(apps.reachable_statsd.view(), sink);
    if (name == "directory") append_plain(apps.directory_path.view(), sink);
    if (name == "statsd_host") append_plain(apps.host.view(), sink);
    if (name == "registrations") sink.append_u64(apps.registration_count_max);
    if (name == "files_needed") sink.append_u64(apps.file_count_needed);
    if (name == "mesos_url") append_plain(apps.mesos_url.view(), sink);
    if (name == "mesos_status") sink.append_i64(apps.mesos_http_status);
    if (name == "authorization_file") append_plain(apps.authorization_path.view(), sink);
    if (name == "authorization_status") sink.append(status_name(apps.authorization));
    if (name == "unreadable_files") append_lines(apps.unreadable_files.view(), sink);
    if (name == "unreadable_changes") append_lines(apps.unreadable_changes.view(), sink);
}

void append_value(std::string_view name, const HostFacts& facts, TextSink& sink) {
    append_app_value(name, facts.apps, sink);
    if (name == "kernel") append_known(facts.kernel.view(), "an unknown release", sink);
    if (name == "model") append_known(facts.model.view(), "machine", sink);
    if (name == "user") append_known(facts.undelegated_user.view(), "user@.service", sink);
    if (name == "hidepid") append_plain(facts.proc.hidepid.view(), sink);
    if (name == "program") append_known(facts.program.view(), "node-metrics-agent", sink);
    if (name == "mounts") append_known(facts.silent_mounts.view(), "(see the mount table)", sink);
    if (name == "gid") sink.append_u64(facts.proc.gid);
    if (name == "files") sink.append_u64(facts.file_count_max);
    if (name != "uid") return;
    if (facts.self.is_known) {
        sink.append_u64(facts.self.uid);
    } else {
        sink.append("(unknown)");
    }
}

// Fills in the {names} of a text of cures.
void expand(std::string_view text, const HostFacts& facts, TextSink& sink) {
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        sink.append(text.substr(0, open));
        if (open == text.npos) return;
        text.remove_prefix(open + 1);
        const std::size_t close = text.find('}');
        append_value(text.substr(0, close), facts, sink);
        text.remove_prefix(close == text.npos ? text.size() : close + 1);
    }
}

// One line of a text, broken at spaces where it is too long.
void append_wrapped(std::string_view line, std::string_view indent, TextSink& sink) {
    const std::size_t width = line_width - indent.size();
    while (line.size() > width) {
        std::size_t end = line.rfind(' ', width);
        if (end == line.npos || end == 0) end = line.find(' ', width);
        if (end == line.npos) break;
        sink.append(line.substr(0, end));
        sink.append('\n');
        sink.append(indent);
        line.remove_prefix(end + 1);
    }
    sink.append(line);
    sink.append('\n');
}

void append_paragraph(std::string_view label, const char* text, const HostFacts& facts,
                      TextSink& sink) {
    constexpr std::string_view indent = "            ";
    char memory[paragraph_bytes];
    TextSink paragraph(memory);
    expand(text, facts, paragraph);
    std::string_view rest = paragraph.view();
    sink.append(label);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        append_wrapped(rest.substr(0, end), indent, sink);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (!rest.empty()) sink.append(indent);
    }
}

void append_advice(const Advice& advice, const HostFacts& facts, TextSink& sink) {
    append_paragraph("    why:    ", advice.why, facts, sink);
    if (advice.cure != nullptr) append_paragraph("    cure:   ", advice.cure, facts, sink);
    sink.append('\n');
}

void append_containers(const Finding& finding, const Snapshot& snapshot, TextSink& sink) {
    if (finding.container_count == 0) return sink.append("for all containers; there are none now");
    sink.append("for ");
    sink.append_u64(finding.container_count);
    sink.append(" of ");
    sink.append_u64(snapshot.living_count);
    sink.append(" containers: ");
    for (std::uint32_t i = 0; i < finding.container_count; ++i) {
        if (i == named_container_count) return sink.append(", …");
        if (i > 0) sink.append(", ");
        append_plain(snapshot.text(snapshot.containers[finding.containers[i]].id), sink);
    }
}

void append_finding(const Finding& finding, const Advice& advice, const HostFacts& facts,
                    const Snapshot& snapshot, TextSink& sink) {
    sink.append(advice.is_fault ? "MISSING  " : "note     ");
    sink.append(finding.group);
    const char* meaning = group_meaning(finding.scope, finding.group);
    if (meaning != nullptr) {
        sink.append(" (");
        sink.append(meaning);
        sink.append(")");
    }
    sink.append(finding.scope == Scope::node ? " of the node\n" : "\n");
    if (finding.scope == Scope::container) {
        sink.append("    who:    ");
        append_containers(finding, snapshot, sink);
        sink.append('\n');
    }
    sink.append("    reason: ");
    sink.append(reason_name(finding.reason));
    sink.append('\n');
    append_advice(advice, facts, sink);
}

void append_head(const HostFacts& facts, const Snapshot& snapshot, TextSink& sink) {
    sink.append("Linux ");
    append_known(facts.kernel.view(), "(release unknown)", sink);
    if (!facts.model.empty()) {
        sink.append(", ");
        append_plain(facts.model.view(), sink);
    }
    sink.append(facts.has_cgroup_v1 && facts.has_cgroup_v2 ? ", cgroup version 1 and 2"
                : facts.has_cgroup_v1                      ? ", cgroup version 1"
                : facts.has_cgroup_v2                      ? ", cgroup version 2"
                                                           : ", no cgroups");
    sink.append(", containers: ");
    sink.append_u64(snapshot.living_count);
    if (facts.self.is_known) {
        sink.append(", as user ");
        sink.append_u64(facts.self.uid);
    }
    sink.append("\n\n");
}

std::uint32_t append_checks(bool is_fault, std::span<const HostCheck> checks,
                            const HostFacts& facts, TextSink& sink) {
    std::uint32_t count = 0;
    const HostCheck* said = nullptr;
    for (const HostCheck& check : checks) {
        // Of checks about one thing the first is the exact one.
        const bool is_said = said != nullptr && said->topic == check.topic;
        if (check.advice.is_fault != is_fault || is_said || !check.applies(facts)) continue;
        said = &check;
        ++count;
        sink.append(is_fault ? "TROUBLE  " : "note     ");
        sink.append(check.what);
        sink.append('\n');
        append_advice(check.advice, facts, sink);
    }
    return count;
}

// All of one kind, faults or notes. How many there were.
std::uint32_t append_all(bool is_fault, const FindingList& findings, const HostFacts& facts,
                         const Snapshot& snapshot, TextSink& sink) {
    std::uint32_t count = append_checks(is_fault, host_checks(), facts, sink) +
                          append_checks(is_fault, app_checks(), facts, sink);
    for (std::size_t i = 0; i < findings.count; ++i) {
        const Finding& finding = findings.items[i];
        const Advice& advice = advice_for(finding.scope, finding.group, finding.reason, facts);
        if (advice.is_fault != is_fault) continue;
        ++count;
        append_finding(finding, advice, facts, snapshot, sink);
    }
    return count;
}

void append_sum(const Diagnosis& diagnosis, std::uint32_t overflow_count, TextSink& sink) {
    if (overflow_count > 0) {
        sink.append_u64(overflow_count);
        sink.append(" times more something is missing, for which there is no room here.\n");
    }
    if (diagnosis.fault_count == 0) {
        sink.append("Nothing is missing that could be had on this host.");
    } else {
        sink.append("To be cured: ");
        sink.append_u64(diagnosis.fault_count);
        sink.append(".");
    }
    sink.append(
        "\nThat is so for this user in this place: run doctor as the agent's user, and in its "
        "container.\n");
}

constexpr std::string_view remote_types[] = {
    "9p",    "afs", "beegfs", "ceph",  "cifs",     "coda", "gfs2",  "glusterfs", "lustre",
    "ncpfs", "nfs", "nfs4",   "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf",    "virtiofs",
};

bool may_be_remote(std::string_view type) {
    for (const std::string_view remote : remote_types) {
        if (type == remote) return true;
    }
    return type == "fuse" || type == "fuseblk" || type.starts_with("fuse.");
}

bool has_figures(const Snapshot& snapshot, std::string_view path) {
    for (const Subject& subject : snapshot.subjects) {
        if (subject.kind == SubjectKind::filesystem && snapshot.text(subject.name) == path)
            return true;
    }
    return false;
}

bool write_output(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

void find_silent_mounts(std::string_view text, const Snapshot& snapshot, FixedText<512>& found) {
    MountCursor mounts(text);
    MountLine mount;
    while (mounts.next(mount)) {
        FixedText<limits::mount_path_bytes> path;
        const bool is_silent = may_be_remote(mount.type) &&
                               unescape_mount_text(mount.mount_point, path) &&
                               !has_figures(snapshot, path.view());
        if (!is_silent) continue;
        const std::size_t before = found.size();
        const bool fits = (before == 0 || found.append(", ")) && found.append(path.view()) &&
                          found.append(" (") && found.append(mount.type) && found.append(")");
        if (!fits) return found.resize_down(before);
    }
}

Diagnosis write_diagnosis(const HostFacts& facts, const Snapshot& snapshot, TextSink& sink) {
    static FindingList findings;  // too big for a stack; one doctor at a time
    findings = FindingList{};
    collect(snapshot, findings);
    add_missing_memory(facts, findings);
    append_head(facts, snapshot, sink);
    Diagnosis diagnosis;
    diagnosis.fault_count = append_all(true, findings, facts, snapshot, sink);
    diagnosis.note_count = append_all(false, findings, facts, snapshot, sink);
    append_sum(diagnosis, findings.overflow_count, sink);
    return diagnosis;
}

int run_doctor(const HostRoot& root, FileReader& reader, const Snapshot& snapshot,
               const AppFacts& apps) {
    Arena arena;
    if (!arena.map(limits::directory_buffer_bytes + limits::doctor_output_bytes +
                   2 * Arena::alignment_bytes))
        return 2;
    DirReader dirs;
    dirs.init(arena);
    const HostContext context = {root, reader, dirs};
    HostFacts facts = read_host_facts(context);
    facts.apps = apps;
    facts.has_containers = snapshot.living_count > 0;
    std::string_view text;
    if (reader.read(root.proc(), root.mountinfo_path(), text) == Status::ok)
        find_silent_mounts(text, snapshot, facts.silent_mounts);
    TextSink sink(arena.take<char>("doctor", limits::doctor_output_bytes));
    const Diagnosis diagnosis = write_diagnosis(facts, snapshot, sink);
    if (sink.status() != Status::ok) log_line(LogLevel::warning, "the output was cut");
    if (!write_output(sink.view())) return 2;
    return diagnosis.fault_count == 0 ? 0 : 1;
}

}  // namespace nma
