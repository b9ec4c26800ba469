// From a tree of JSON into a ContainerMeta.
#pragma once

#include <string_view>

#include "cgroups/state_files/container_meta.h"

struct cJSON;

namespace nma {

// The member of that very name; null when there is none, or `object` is null or no object.
const cJSON* json_member(const cJSON* object, const char* key);

// The text of a string; empty when `value` is null or something else. Good as long as the tree.
std::string_view json_text(const cJSON* value);
std::string_view json_text(const cJSON* object, const char* key);

// False when it has control characters: names of containers, images and labels have none.
[[nodiscard]] bool is_plain_text(std::string_view text);

// Copies a name into a field; counts what does not fit. False when it is no plain text: then the
// file cannot be believed.
[[nodiscard]] bool take_name(std::string_view text, ContainerNameText& field, ContainerMeta& meta);

// Takes all members of an object of texts as labels, and the pod from those that Kubernetes gives
// its containers.
void take_labels(const cJSON* labels, ContainerMeta& meta);

// "<namespace>/<name>". Nothing when either is empty.
void take_pod(std::string_view pod_namespace, std::string_view pod_name, ContainerMeta& meta);

}  // namespace nma
