// {"ID":"<64 hex>","Config":{"Image":"nginx:1.25","Labels":{"tier":"web"},…},"Image":"sha256:…",
//  "Name":"/web-1",…}
//
// Labels is null or empty when there are none. Config.Image is what the user asked for; the
// image's id is beside it. Kubernetes gives its containers labels, and says of a sandbox that its
// io.kubernetes.docker.type is podsandbox (dockershim, docker_service.go).
#include <algorithm>

#include "cgroups/state_files/json_text.h"
#include "cgroups/state_files/state_files.h"

namespace nma {

namespace {

constexpr std::size_t uuid_bytes = 36;

bool is_uuid(std::string_view text) {
    if (text.size() != uuid_bytes) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool is_hex =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex) return false;
    }
    return true;
}

// Mesos, slave/containerizer/docker.cpp: "mesos-<container id>", and from 0.23 to 1.3
// "mesos-<agent id>.<container id>". Another ".executor" behind it names the container of the
// task's executor, which has the task's id but is not the task.
std::string_view mesos_id_of(std::string_view name) {
    constexpr std::string_view prefix = "mesos-";
    if (!name.starts_with(prefix)) return {};
    name.remove_prefix(prefix.size());
    const std::size_t dot = name.find('.');
    if (dot != name.npos) name.remove_prefix(dot + 1);
    return is_uuid(name) ? name : std::string_view();
}

}  // namespace

Status scan_docker_config(std::string_view text, std::string_view id, JsonArena& json,
                          ContainerMeta& meta) {
    const cJSON* tree = nullptr;
    json.reset();
    const Status status = json.parse(text, tree);
    if (status != Status::ok) return status;
    if (json_text(tree, "ID") != id) return Status::malformed;
    ContainerMeta found;
    const cJSON* config = json_member(tree, "Config");
    std::string_view name = json_text(tree, "Name");
    if (name.starts_with('/')) name.remove_prefix(1);
    std::string_view image = json_text(config, "Image");
    if (image.empty()) image = json_text(tree, "Image");
    const bool is_good = !name.empty() && take_name(name, found.name, found) &&
                         take_name(image, found.image, found) &&
                         found.mesos_id.assign(mesos_id_of(name));
    if (!is_good) return Status::malformed;
    take_labels(json_member(config, "Labels"), found);
    found.is_sandbox =
        json_text(json_member(config, "Labels"), "io.kubernetes.docker.type") == "podsandbox";
    found.source = "docker";
    meta = found;
    return Status::ok;
}

}  // namespace nma
