#include "api/json_dimensions.h"

#include "api/json_members.h"

namespace nma {

namespace {

void append_known(TextSink& sink, const char* key, std::string_view value, bool& is_first) {
    if (!value.empty()) append_json_member(sink, key, value, is_first);
}

std::string_view text_or_empty(const char* text) {
    return text == nullptr ? std::string_view() : text;
}

std::string_view first_known(std::string_view first, std::string_view second) {
    return first.empty() ? second : first;
}

void append_task(TextSink& sink, const Dimensions& dimensions, bool& is_first) {
    const TaskFacts& task = dimensions.task;
    const ContainerTexts& texts = dimensions.texts;
    append_known(sink, "executor_id", first_known(task.executor_id, texts.executor_id), is_first);
    append_known(sink, "framework_name", task.framework_name, is_first);
    append_known(sink, "framework_id", first_known(task.framework_id, texts.framework_id),
                 is_first);
    append_known(sink, "framework_role", task.framework_role, is_first);
    append_known(sink, "framework_principal", task.framework_principal, is_first);
    append_known(sink, "task_name", task.task_name, is_first);
    append_known(sink, "task_id", task.task_id, is_first);
}

void append_runtime(TextSink& sink, const ContainerTexts& texts, bool& is_first) {
    append_known(sink, "runtime", text_or_empty(texts.runtime), is_first);
    append_known(sink, "container_name", texts.name, is_first);
    append_known(sink, "container_image", texts.image, is_first);
    append_known(sink, "pod_name", texts.pod, is_first);
    append_known(sink, "name_source", text_or_empty(texts.name_source), is_first);
    if (texts.is_sandbox) append_json_member(sink, "is_sandbox", "true", is_first);
}

void append_labels(TextSink& sink, std::string_view of_task, std::string_view of_runtime) {
    if (of_task.empty() && of_runtime.empty()) return;
    const std::string_view texts[] = {of_task, of_runtime};
    sink.append(",\"labels\":");
    append_json_pairs(sink, texts);
}

}  // namespace

void append_json_dimensions(TextSink& sink, const Dimensions& dimensions) {
    const bool is_full = dimensions.view == View::full;
    bool is_first = true;
    sink.append('{');
    append_json_member(sink, "mesos_id", dimensions.identity.mesos_id.view(), is_first);
    append_known(sink, "cluster_id", dimensions.identity.cluster_id.view(), is_first);
    append_known(sink, "container_id", dimensions.container_id, is_first);
    append_task(sink, dimensions, is_first);
    append_json_member(sink, "hostname", dimensions.identity.hostname.view(), is_first);
    if (dimensions.is_exited) append_json_member(sink, "state", "exited", is_first);
    if (is_full) append_runtime(sink, dimensions.texts, is_first);
    append_labels(sink, dimensions.task.labels,
                  is_full ? dimensions.texts.labels : std::string_view());
    sink.append('}');
}

}  // namespace nma
