#include "agent/identity.h"

#include <unistd.h>

#include "agent/default_address.h"
#include "platform/base/text_cursor.h"
#include "platform/limits.h"

namespace nma {

namespace {

// The Mesos agent links "latest" to the directory of the ID that it had last. The first is where
// DC/OS has its work_dir, the second where Mesos' own packages have it.
constexpr const char* latest_links[] = {
    "var/lib/mesos/slave/meta/slaves/latest",
    "var/lib/mesos/meta/slaves/latest",
};

constexpr const char* cluster_id_path = "var/lib/dcos/cluster-id";

void discover_mesos_id(const HostRoot& root, NodeIdentity& identity) {
    for (const char* link : latest_links) {
        char target[limits::path_bytes];
        const ssize_t size = readlinkat(root.root(), link, target, sizeof target);
        if (size <= 0) continue;
        std::string_view id(target, static_cast<std::size_t>(size));
        while (id.ends_with('/'))
            id.remove_suffix(1);
        id.remove_prefix(id.rfind('/') + 1);
        // A link that leads to itself names nobody.
        if (is_agent_id(id) && id != "latest" && identity.mesos_id.assign(id)) return;
    }
}

void discover_cluster_id(const HostRoot& root, FileReader& reader, NodeIdentity& identity) {
    std::string_view text;
    if (reader.read(root.root(), cluster_id_path, text) != Status::ok) return;
    const std::string_view id = trim(text);
    if (id.find('\n') == id.npos) (void)identity.cluster_id.assign(id);
}

}  // namespace

bool is_agent_id(std::string_view text) {
    for (const char c : text) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-') return false;
    }
    return !text.empty();
}

void discover_identity(const HostRoot& root, FileReader& reader, NodeIdentity& identity) {
    if (identity.mesos_id.empty()) discover_mesos_id(root, identity);
    if (identity.cluster_id.empty()) discover_cluster_id(root, reader, identity);
    if (identity.hostname.empty()) default_address(root, reader, identity.hostname);
}

}  // namespace nma
