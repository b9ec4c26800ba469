#include "cgroups/state_files/json_text.h"

#include <cjson/cJSON.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace nma {

namespace {

void count_overflow(ContainerMeta& meta) {
    if (meta.overflow_count < std::numeric_limits<std::uint16_t>::max()) ++meta.overflow_count;
}

// A value may have lines; its key may not.
bool take_label(const char* key, const cJSON& value, ContainerMeta& meta) {
    constexpr std::string_view end("\0", 1);
    const std::string_view name = key == nullptr ? "" : key;
    if (name.empty() || !is_plain_text(name) || cJSON_IsString(&value) == 0) return false;
    const std::size_t before = meta.labels.size();
    if (meta.labels.append(name) && meta.labels.append(end) &&
        meta.labels.append(json_text(&value)) && meta.labels.append(end)) {
        return true;
    }
    meta.labels.resize_down(before);
    return false;
}

}  // namespace

bool take_name(std::string_view text, ContainerNameText& field, ContainerMeta& meta) {
    if (!is_plain_text(text)) return false;
    if (!text.empty() && !field.assign(text)) count_overflow(meta);
    return true;
}

void take_labels(const cJSON* labels, ContainerMeta& meta) {
    if (cJSON_IsObject(labels) == 0) return;
    for (const cJSON* label = labels->child; label != nullptr; label = label->next) {
        if (!take_label(label->string, *label, meta)) count_overflow(meta);
    }
    take_pod(json_text(labels, "io.kubernetes.pod.namespace"),
             json_text(labels, "io.kubernetes.pod.name"), meta);
}

void take_pod(std::string_view pod_namespace, std::string_view pod_name, ContainerMeta& meta) {
    if (pod_namespace.empty() || pod_name.empty() || !is_plain_text(pod_namespace) ||
        !is_plain_text(pod_name)) {
        return;
    }
    const bool fits =
        meta.pod.assign(pod_namespace) && meta.pod.append("/") && meta.pod.append(pod_name);
    if (fits) return;
    meta.pod.clear();
    count_overflow(meta);
}

}  // namespace nma
