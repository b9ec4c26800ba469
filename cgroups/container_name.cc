#include "cgroups/container_name.h"

#include <algorithm>
#include <iterator>

namespace nma {

namespace {

enum class Shape : std::uint8_t {
    hash,  // 64 hexadecimal digits
    name,  // whatever its user likes
    unit,  // a name as systemd escapes it
    task,  // <name of the cgroup above>-<number>
    none,  // no container, whatever later rows say
};

// One way to name a cgroup. `above` is the end of the path of the cgroup above, in whole names;
// empty is anywhere. The first row that fits is taken.
struct Row {
    std::string_view above;
    std::string_view prefix;
    std::string_view suffix;
    Shape shape;
    Runtime runtime;
};

constexpr Row rows[] = {
    {"", "docker-", ".scope", Shape::hash, Runtime::docker},
    {"docker", "", "", Shape::hash, Runtime::docker},
    {"", "libpod-", ".scope", Shape::hash, Runtime::podman},
    {"", "libpod-", "", Shape::hash, Runtime::podman},
    {"", "libpod-payload-", "", Shape::hash, Runtime::podman},
    {"libpod_parent", "", "", Shape::none, Runtime::podman},  // pods, as bare hashes, and conmon
    {"", "cri-containerd-", ".scope", Shape::hash, Runtime::containerd},
    {"", "nerdctl-", ".scope", Shape::hash, Runtime::containerd},
    {"default", "", "", Shape::hash, Runtime::containerd},
    {"k8s.io", "", "", Shape::hash, Runtime::containerd},
    {"", "", "", Shape::task, Runtime::containerd},
    {"", "crio-", ".scope", Shape::hash, Runtime::crio},
    {"", "crio-", "", Shape::hash, Runtime::crio},
    {"", "lxc.payload.", "", Shape::name, Runtime::lxc},
    {"", "lxc.monitor.", "", Shape::none, Runtime::lxc},
    {"", "lxc.pivot", "", Shape::none, Runtime::lxc},
    {"lxc.payload", "", "", Shape::name, Runtime::lxc},
    {"lxc", "", "", Shape::name, Runtime::lxc},
    {"", "", ".libvirt-lxc", Shape::name, Runtime::lxc},
    {"", "machine-qemu\\x2d", ".scope", Shape::none, Runtime::nspawn},
    {"", "machine-", ".scope", Shape::unit, Runtime::nspawn},
    {"", "systemd-nspawn@", ".service", Shape::unit, Runtime::nspawn},
    {"", "runc-", ".scope", Shape::name, Runtime::oci},
    {"", "crun-", ".scope", Shape::name, Runtime::oci},
    {"", "runsc-", ".scope", Shape::name, Runtime::oci},
    {"", "youki-", ".scope", Shape::name, Runtime::oci},
    {"garden/good", "", "", Shape::name, Runtime::oci},
    {"garden/bad", "", "", Shape::name, Runtime::oci},
    {"garden", "good", "", Shape::none, Runtime::oci},
    {"garden", "bad", "", Shape::none, Runtime::oci},
    {"garden", "", "", Shape::name, Runtime::oci},
    {"", "", ".scope", Shape::hash, Runtime::oci},
    {"", "", "", Shape::hash, Runtime::oci},
};

constexpr const char* runtime_names[] = {"mesos", "docker", "podman", "containerd", "crio",
                                         "cri",   "lxc",    "nspawn", "oci",        "systemd"};
static_assert(std::size(runtime_names) == static_cast<std::size_t>(Runtime::systemd) + 1);

// A path taken apart from its end.
struct PathEnd {
    std::string_view name;
    std::string_view parent;  // name of the cgroup above, empty at the top
    std::string_view above;   // path of the cgroup above
};

PathEnd end_of(std::string_view path) {
    PathEnd end;
    const std::size_t slash = path.rfind('/');
    end.name = slash == path.npos ? path : path.substr(slash + 1);
    end.above = slash == path.npos ? std::string_view() : path.substr(0, slash);
    end.parent = end.above.substr(end.above.rfind('/') + 1);
    return end;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool is_hexadecimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; });
}

bool is_hash(std::string_view text) {
    constexpr std::size_t hash_bytes = 64;
    return text.size() == hash_bytes && is_hexadecimal(text);
}

// Amazon's Fargate: the task's id is 32 hexadecimal digits.
bool is_task(std::string_view name, std::string_view parent) {
    constexpr std::size_t task_id_bytes = 32;
    return parent.size() == task_id_bytes && is_hexadecimal(parent) && take_prefix(name, parent) &&
           take_prefix(name, "-") && !name.empty() &&
           name.find_first_not_of("0123456789") == name.npos;
}

// systemd writes "-" in unit names as \x2d. An escape that would smuggle in a slash or a NUL is
// none.
bool assign_unit_name(std::string_view text, ContainerId& id) {
    id.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
            const int value = hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]);
            const bool is_escape = hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0 &&
                                   value != 0 && value != '/';
            if (is_escape) {
                c = static_cast<char>(value);
                i += 3;
            }
        }
        if (!id.append({&c, 1})) return false;
    }
    return true;
}

bool assign_name(std::string_view text, ContainerId& id) {
    return text.find('\0') == text.npos && id.assign(text);
}

bool is_usable(const ContainerId& id) {
    return !id.empty() && id.view() != "." && id.view() != "..";
}

bool is_below(std::string_view path, std::string_view root) {
    while (root.starts_with('/'))
        root.remove_prefix(1);
    while (root.ends_with('/'))
        root.remove_suffix(1);
    if (root.empty() || !take_suffix(path, root)) return false;
    return path.empty() || path.ends_with('/');
}

bool assign_shape(Shape shape, std::string_view text, const PathEnd& end, ContainerId& id) {
    switch (shape) {
        case Shape::hash:
            return is_hash(text) && id.assign(text);
        case Shape::name:
            return assign_name(text, id) && is_usable(id);
        case Shape::unit:
            return assign_name(text, id) && assign_unit_name(text, id) && is_usable(id);
        case Shape::task:
            return is_task(text, end.parent) && id.assign(text);
        case Shape::none:
            break;
    }
    return false;
}

// The row that `end` fits, null for none; `id` is what the row says unless its shape is none.
const Row* find_row(const PathEnd& end, ContainerId& id) {
    for (const Row& row : rows) {
        std::string_view text = end.name;
        if (!row.above.empty() && !is_below(end.above, row.above)) continue;
        if (!take_prefix(text, row.prefix) || !take_suffix(text, row.suffix)) continue;
        if (row.shape == Shape::none || assign_shape(row.shape, text, end, id)) return &row;
    }
    return nullptr;
}

// "<slice>.slice:<runtime>:<id>" as "<runtime>-<id>.scope".
bool unit_of_triple(std::string_view name, ContainerId& unit) {
    const std::size_t id_at = name.rfind(':');
    if (id_at == name.npos || id_at == 0) return false;
    const std::size_t runtime_at = name.rfind(':', id_at - 1);
    if (runtime_at == name.npos || !name.substr(0, runtime_at).ends_with(".slice")) return false;
    return unit.assign(name.substr(runtime_at + 1, id_at - runtime_at - 1)) && unit.append("-") &&
           unit.append(name.substr(id_at + 1)) && unit.append(".scope");
}

// "pod<uid>", or "kubepods-…-pod<uid>.slice" with "_" for each "-" of the uid.
bool is_pod(std::string_view name) {
    if (take_suffix(name, ".slice")) {
        const std::size_t dash = name.rfind('-');
        if (dash == name.npos) return false;
        name.remove_prefix(dash + 1);
    }
    return take_prefix(name, "pod") && !name.empty() &&
           name.find_first_not_of("0123456789abcdef-_") == name.npos;
}

// Kata keeps what a virtual machine needs beside its containers in the same paths below this one.
bool is_overhead(std::string_view above) {
    constexpr std::string_view overhead = "kata_overhead";
    for (PathEnd end = end_of(above); !end.name.empty(); end = end_of(end.above))
        if (end.name == overhead) return true;
    return false;
}

bool match_rows(PathEnd end, ContainerId& id, Runtime& runtime) {
    ContainerId unit;
    if (unit_of_triple(end.name, unit)) end.name = unit.view();
    const Row* row = find_row(end, id);
    if (row == nullptr || row->shape == Shape::none) return false;
    const bool is_bare_hash = id.view() == end.name && is_hash(end.name);
    runtime = is_bare_hash && is_pod(end.parent) ? Runtime::cri : row->runtime;
    return true;
}

// What Mesos puts beside containers: itself ("agent" on cgroup v2, "slave" with
// --agent_subsystems), their processes, and those nested in them.
bool is_mesos_word(std::string_view name) {
    return name == "agent" || name == "slave" || name == "leaf" || name == "mesos";
}

// Above is "<anything>/<root>", or "<anything>/<root>/<id>/mesos" and so on for nested ones.
bool match_mesos(const PathEnd& end, std::string_view root, ContainerId& id) {
    if (is_mesos_word(end.name)) return false;
    std::string_view above = end.above;
    for (std::size_t depth = 0; depth < limits::cgroup_depth_max; ++depth) {
        if (is_below(above, root)) return assign_name(end.name, id) && is_usable(id);
        const PathEnd separator = end_of(above);
        if (separator.name != "mesos" || is_mesos_word(separator.parent)) return false;
        above = end_of(separator.above).above;
    }
    return false;
}

bool match_service(std::string_view name, ContainerId& id) {
    constexpr std::string_view suffix = ".service";
    return name.size() > suffix.size() && name.ends_with(suffix) && assign_name(name, id);
}

bool match(std::string_view path, const NamingRules& rules, ContainerId& id, Runtime& runtime) {
    const PathEnd end = end_of(path);
    if (is_overhead(end.above)) return false;
    runtime = Runtime::mesos;
    if (match_mesos(end, rules.mesos_root, id)) return true;
    if (match_rows(end, id, runtime)) return true;
    runtime = Runtime::systemd;
    return rules.services && match_service(end.name, id);
}

}  // namespace

const char* runtime_name(Runtime runtime) {
    return runtime_names[static_cast<std::size_t>(runtime)];
}

bool container_of_path(std::string_view path, const NamingRules& rules, ContainerId& id,
                       Runtime* runtime) {
    ContainerId found;
    Runtime found_runtime = Runtime::oci;
    if (!match(path, rules, found, found_runtime)) return false;
    id = found;
    if (runtime != nullptr) *runtime = found_runtime;
    return true;
}

bool is_runtime_of_container(std::string_view path) {
    const PathEnd end = end_of(path);
    const PathEnd container = end_of(end.above);
    ContainerId id;
    Runtime runtime = Runtime::oci;
    if (end.name == "supervisor")
        return match_rows(container, id, runtime) && runtime == Runtime::nspawn;
    return end.name == "monitor" && container.parent == "lxc" &&
           match_rows(container, id, runtime) && runtime == Runtime::lxc;
}

}  // namespace nma
