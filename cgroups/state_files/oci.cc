// {"ociVersion":"1.0.2","process":{…},"annotations":{"io.kubernetes.cri.container-name":"web",…}}
//
// containerd (internal/cri/annotations/annotations.go): of a container container-type "container",
// container-name, image-name, sandbox-name, sandbox-namespace; of a sandbox container-type
// "sandbox" and podsandbox.image-name. Older versions say less.
// nerdctl (pkg/labels/labels.go): nerdctl/name.
// CRI-O (pkg/annotations/internal.go): Labels is JSON in a string; ContainerID is the container's.
#include "cgroups/state_files/json_text.h"
#include "cgroups/state_files/state_files.h"

namespace nma {

namespace {

struct NameAnnotation {
    const char* key;
    ContainerNameText ContainerMeta::*field;
    const char* source;
};

// The first that says something wins.
constexpr NameAnnotation name_annotations[] = {
    {"io.kubernetes.cri.container-name", &ContainerMeta::name, "containerd"},
    {"nerdctl/name", &ContainerMeta::name, "containerd"},
    {"io.kubernetes.cri.image-name", &ContainerMeta::image, "containerd"},
    {"io.kubernetes.cri.podsandbox.image-name", &ContainerMeta::image, "containerd"},
};

Status take_crio_labels(const cJSON* annotations, std::string_view id, JsonArena& json,
                        ContainerMeta& meta) {
    const std::string_view owner = json_text(annotations, "io.kubernetes.cri-o.ContainerID");
    if (!owner.empty() && owner != id) return Status::malformed;
    const std::string_view text = json_text(annotations, "io.kubernetes.cri-o.Labels");
    if (text.empty()) return Status::ok;
    const cJSON* labels = nullptr;
    const Status status = json.parse(text, labels);
    if (status != Status::ok) return status;
    take_labels(labels, meta);
    meta.source = "crio";
    return Status::ok;
}

bool take_names(const cJSON* annotations, ContainerMeta& meta) {
    for (const NameAnnotation& row : name_annotations) {
        const std::string_view text = json_text(annotations, row.key);
        ContainerNameText& field = meta.*row.field;
        if (text.empty() || !field.empty()) continue;
        if (!take_name(text, field, meta)) return false;
        meta.source = row.source;
    }
    return true;
}

// A sandbox is called by its pod's name, as the runtime calls it.
bool take_sandbox(const cJSON* annotations, ContainerMeta& meta) {
    const std::string_view pod = json_text(annotations, "io.kubernetes.cri.sandbox-name");
    take_pod(json_text(annotations, "io.kubernetes.cri.sandbox-namespace"), pod, meta);
    if (json_text(annotations, "io.kubernetes.cri.container-type") != "sandbox") return true;
    meta.is_sandbox = true;
    meta.source = "containerd";
    return take_name(pod, meta.name, meta);
}

}  // namespace

Status scan_oci_config(std::string_view text, std::string_view id, JsonArena& json,
                       ContainerMeta& meta) {
    const cJSON* tree = nullptr;
    json.reset();
    Status status = json.parse(text, tree);
    if (status != Status::ok) return status;
    if (json_text(tree, "ociVersion").empty()) return Status::malformed;
    const cJSON* annotations = json_member(tree, "annotations");
    ContainerMeta found = meta;
    found.source = nullptr;
    if (!take_names(annotations, found) || !take_sandbox(annotations, found))
        return Status::malformed;
    status = take_crio_labels(annotations, id, json, found);
    if (status != Status::ok) return status;
    if (found.source == nullptr) return Status::absent;
    meta = found;
    return Status::ok;
}

}  // namespace nma
