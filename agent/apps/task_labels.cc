#include "agent/apps/task_labels.h"

#include <cjson/cJSON.h>

#include <algorithm>

#include "platform/base/json_value.h"

namespace nma {

namespace {

// The first of the inner list; null when there is none.
const cJSON* first_label(const cJSON* labels) {
    const cJSON* list = json_member(labels, "labels");
    return cJSON_IsArray(list) == 0 ? nullptr : list->child;
}

bool add(std::string_view text, TaskLabelRules::Names& names) {
    const bool fits = !text.empty() && text.size() <= TaskLabelRules::Name::bytes_max;
    TaskLabelRules::Name* name = fits ? names.add() : nullptr;
    return name != nullptr && name->assign(text);
}

// A value may have lines; its key may not.
bool take_label(std::string_view key, const cJSON* value, PairText& pairs) {
    const bool has_text = value == nullptr || cJSON_IsString(value) != 0;
    return has_text && is_plain_text(key) &&
           pairs.set(key, json_text(value), PairText::Twin::keep_last);
}

}  // namespace

bool TaskLabelRules::add_name(std::string_view name) {
    return add(name, names);
}

bool TaskLabelRules::add_prefix(std::string_view prefix) {
    return add(prefix, prefixes);
}

void set_default_label_rules(TaskLabelRules& rules) {
    rules.names.clear();
    rules.prefixes.clear();
    static_cast<void>(rules.add_name("DCOS_SERVICE_NAME"));
    static_cast<void>(rules.add_prefix("DCOS_METRICS_"));
}

std::string_view shown_label(const TaskLabelRules& rules, std::string_view key) {
    const auto is_key = [key](const TaskLabelRules::Name& name) { return name.view() == key; };
    if (std::any_of(rules.names.begin(), rules.names.end(), is_key)) return key;
    for (const TaskLabelRules::Name& prefix : rules.prefixes) {
        if (key.starts_with(prefix.view())) return key.substr(prefix.size());
    }
    return {};
}

std::uint32_t take_task_labels(const cJSON* labels, const TaskLabelRules& rules, PairText& pairs) {
    std::uint32_t left_out = 0;
    for (const cJSON* label = first_label(labels); label != nullptr; label = label->next) {
        const std::string_view key = shown_label(rules, json_text(label, "key"));
        if (!key.empty() && !take_label(key, json_member(label, "value"), pairs)) ++left_out;
    }
    return left_out;
}

std::string_view task_label(const cJSON* labels, std::string_view key) {
    std::string_view value;
    for (const cJSON* label = first_label(labels); label != nullptr; label = label->next) {
        if (json_text(label, "key") == key) value = json_text(label, "value");
    }
    return value;
}

}  // namespace nma
