// From a tree of JSON into a ContainerMeta.
#pragma once

#include <string_view>

#include "cgroups/state_files/container_meta.h"
#include "platform/base/json_value.h"

struct cJSON;

namespace nma {

// Copies a name into a field; counts what does not fit. False when it is no plain text: then the
// file cannot be believed.
[[nodiscard]] bool take_name(std::string_view text, ContainerNameText& field, ContainerMeta& meta);

// Takes all members of an object of texts as labels, and the pod from those that Kubernetes gives
// its containers.
void take_labels(const cJSON* labels, ContainerMeta& meta);

// "<namespace>/<name>". Nothing when either is empty.
void take_pod(std::string_view pod_namespace, std::string_view pod_name, ContainerMeta& meta);

}  // namespace nma
