#include "cgroups/container_name.h"

#include <algorithm>

namespace nma {

namespace {

constexpr std::size_t hash_id_bytes = 64;

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

bool is_hash_id(std::string_view text) {
    return text.size() == hash_id_bytes && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool assign_hash(std::string_view text, ContainerId& id) {
    return is_hash_id(text) && id.assign(text);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
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

bool is_mesos_word(std::string_view name) {
    return name == "agent" || name == "leaf" || name == "mesos";
}

// Above is "<anything>/<root>", or "<anything>/<root>/<id>/mesos" and so on for nested ones.
bool is_mesos_container(const PathEnd& end, const NamingRules& rules) {
    if (is_mesos_word(end.name)) return false;
    std::string_view above = end.above;
    for (std::size_t depth = 0; depth < limits::cgroup_depth_max; ++depth) {
        if (is_below(above, rules.mesos_root)) return true;
        const PathEnd separator = end_of(above);
        if (separator.name != "mesos" || is_mesos_word(separator.parent)) return false;
        above = end_of(separator.above).above;
    }
    return false;
}

bool is_docker(const PathEnd& end, ContainerId& id) {
    if (end.parent == "docker") return assign_hash(end.name, id);
    std::string_view name = end.name;
    return take_prefix(name, "docker-") && take_suffix(name, ".scope") && assign_hash(name, id);
}

// "libpod-conmon-<64 hex>.scope" holds podman's watcher of a container, and is no hash.
bool is_podman(const PathEnd& end, ContainerId& id) {
    std::string_view name = end.name;
    if (!take_prefix(name, "libpod-")) return false;
    take_suffix(name, ".scope");
    return assign_hash(name, id);
}

bool is_kubernetes_pod(std::string_view name) {
    take_suffix(name, ".slice");
    const std::size_t dash = name.rfind("-pod");
    return name.starts_with("pod") || (name.starts_with("kubepods") && dash != name.npos);
}

bool is_cri(const PathEnd& end, ContainerId& id) {
    std::string_view name = end.name;
    if (take_suffix(name, ".scope")) {
        return (take_prefix(name, "cri-containerd-") || take_prefix(name, "crio-")) &&
               assign_hash(name, id);
    }
    if (!is_kubernetes_pod(end.parent) || end.above.find("kubepods") == end.above.npos)
        return false;
    take_prefix(name, "crio-");
    return assign_hash(name, id);
}

bool is_lxc(const PathEnd& end, ContainerId& id) {
    std::string_view name = end.name;
    if (take_prefix(name, "lxc.payload.")) return !name.empty() && id.assign(name);
    return (end.parent == "lxc" || end.parent == "lxc.payload") && !name.empty() && id.assign(name);
}

bool is_nspawn(const PathEnd& end, ContainerId& id) {
    std::string_view name = end.name;
    if (end.parent == "machine.slice" && take_prefix(name, "machine-") &&
        take_suffix(name, ".scope")) {
        return assign_unit_name(name, id);
    }
    name = end.name;
    return take_prefix(name, "systemd-nspawn@") && take_suffix(name, ".service") &&
           assign_unit_name(name, id);
}

bool is_service(const PathEnd& end, const NamingRules& rules, ContainerId& id) {
    return rules.services && end.name.size() > std::string_view(".service").size() &&
           end.name.ends_with(".service") && id.assign(end.name);
}

}  // namespace

bool container_of_path(std::string_view path, const NamingRules& rules, ContainerId& id) {
    const PathEnd end = end_of(path);
    ContainerId found;
    const bool is_container =
        !end.name.empty() &&
        ((is_mesos_container(end, rules) && found.assign(end.name)) || is_docker(end, found) ||
         is_podman(end, found) || is_cri(end, found) || is_lxc(end, found) ||
         is_nspawn(end, found) || is_service(end, rules, found));
    if (is_container) id = found;
    return is_container;
}

bool is_runtime_of_container(std::string_view path) {
    constexpr std::string_view supervisor = "/supervisor";
    ContainerId id;
    return path.ends_with(supervisor) &&
           is_nspawn(end_of(path.substr(0, path.size() - supervisor.size())), id);
}

}  // namespace nma
