// [{"id":"<64 hex>","names":["web-1"],"image":"<64 hex>","layer":"…","metadata":"{\"image-name\":
// \"docker.io/library/nginx:1.25\",\"image-id\":\"…\",\"name\":\"web-1\",\"created-at\":…}",…},…]
//
// metadata is JSON in a string, written by the program above the library: podman as above
// (libpod/storage.go), CRI-O with the members pod-name, pod-id, metadata-name (the container's name
// in its pod) and pod (true of a sandbox) besides (internal/storage/runtime.go). An image that has
// no name leaves image-name empty; a container without an image leaves all of it empty.
#include <cjson/cJSON.h>

#include "cgroups/state_files/json_text.h"
#include "cgroups/state_files/state_files.h"

namespace nma {

namespace {

// The library writes the id first, so that other containers are told apart without a tree. Where it
// does not: quotes in metadata are escaped, so there an id (of a pod) has a backslash behind it.
bool has_id(std::string_view element, std::string_view id) {
    constexpr std::string_view start = "{\"id\":\"";
    if (element.starts_with(start)) {
        element.remove_prefix(start.size());
        return element.starts_with(id) && element.substr(id.size()).starts_with('"');
    }
    for (std::size_t at = element.find(id); at != element.npos; at = element.find(id, at + 1)) {
        const std::size_t end = at + id.size();
        if (at > 0 && element[at - 1] == '"' && end < element.size() && element[end] == '"')
            return true;
    }
    return false;
}

std::string_view first_name(const cJSON* container) {
    const cJSON* names = json_member(container, "names");
    return cJSON_IsArray(names) != 0 ? json_text(names->child) : std::string_view();
}

Status take_container(const cJSON* container, JsonArena& json, ContainerMeta& meta) {
    const std::string_view metadata_text = json_text(container, "metadata");
    const cJSON* metadata = nullptr;
    if (!metadata_text.empty()) {
        const Status status = json.parse(metadata_text, metadata);
        if (status != Status::ok) return status;
    }
    ContainerMeta found;
    const bool is_crio = json_member(metadata, "pod-id") != nullptr;
    std::string_view name = json_text(metadata, "metadata-name");
    if (name.empty()) name = json_text(metadata, "name");
    if (name.empty()) name = first_name(container);
    std::string_view image = json_text(metadata, "image-name");
    if (image.empty()) image = json_text(container, "image");
    if (!take_name(name, found.name, found) || !take_name(image, found.image, found))
        return Status::malformed;
    found.is_sandbox = cJSON_IsTrue(json_member(metadata, "pod")) != 0;
    found.source = is_crio ? "crio" : "podman";
    meta = found;
    return Status::ok;
}

}  // namespace

Status scan_storage_container(std::string_view element, std::string_view id, JsonArena& json,
                              ContainerMeta& meta) {
    if (!has_id(element, id)) return Status::absent;
    const cJSON* container = nullptr;
    json.reset();
    const Status status = json.parse(element, container);
    if (status != Status::ok) return status;
    return json_text(container, "id") == id ? take_container(container, json, meta)
                                            : Status::absent;
}

}  // namespace nma
