#include "agent/apps/mesos_state.h"

#include <cjson/cJSON.h>

#include <algorithm>

#include "platform/base/json_value.h"
#include "platform/base/pair_text.h"

namespace nma {

namespace {

enum Place : std::uint8_t {
    root,
    get_state,
    get_tasks,
    tasks,
    get_executors,
    executors,
    get_frameworks,
    frameworks
};

constexpr JsonPlace places[] = {
    {"", root, false},
    {"get_state", root, false},
    {"get_tasks", get_state, false},
    {"launched_tasks", get_tasks, true},
    {"get_executors", get_state, false},
    {"executors", get_executors, true},
    {"get_frameworks", get_state, false},
    {"frameworks", get_frameworks, true},
};

// How deep containers are nested in one another; Mesos' own limit is 2.
constexpr unsigned nesting_max = 4;

// {"value":"…"}
std::string_view id_of(const cJSON* owner, const char* key) {
    return json_text(json_member(owner, key), "value");
}

// Mesos makes a directory of that name.
bool is_container_id(std::string_view id) {
    return !id.empty() && id.size() <= limits::name_bytes_max && is_plain_text(id) && id != "." &&
           id != ".." && id.find('/') == id.npos;
}

// The last status that names a container; null when none does.
const cJSON* last_status(const cJSON* task) {
    const cJSON* statuses = json_member(task, "statuses");
    const cJSON* last = nullptr;
    if (cJSON_IsArray(statuses) == 0) return last;
    for (const cJSON* status = statuses->child; status != nullptr; status = status->next) {
        const cJSON* container = json_member(status, "container_status");
        if (json_member(container, "container_id") != nullptr) last = status;
    }
    return last;
}

// A framework with several roles runs its tasks in any of them.
std::string_view role_of(const cJSON* framework) {
    const std::string_view role = json_text(framework, "role");
    const cJSON* roles = json_member(framework, "roles");
    if (!role.empty() || cJSON_GetArraySize(roles) != 1) return role;
    return json_text(roles->child);
}

}  // namespace

void MesosState::init(Arena& arena, std::size_t capacity) {
    json_.init(arena, "Mesos metadata", limits::mesos_element_json_bytes);
    for (TaskTable& table : tables_)
        table.init(arena, capacity);
}

void MesosState::begin(std::string_view text) {
    spare().clear();
    spare_counts() = {};
    text_bytes_ = text.size();
    is_finishing_ = false;
    cursor_ = JsonListCursor(text, places);
}

MesosState::Progress MesosState::step(std::size_t bytes_max) {
    if (text_bytes_ > limits::mesos_state_bytes_max) return refuse("it is larger than 16 MiB");
    if (is_finishing_) return finish(bytes_max);
    const std::size_t end_at = cursor_.position() + std::max<std::size_t>(bytes_max, 1);
    JsonElement element;
    while (cursor_.position() < end_at) {
        const std::size_t before = cursor_.position();
        switch (cursor_.next(end_at - before, element)) {
            case JsonListCursor::Step::element:
                take(element);
                break;
            case JsonListCursor::Step::paused:
                return Progress::more;
            case JsonListCursor::Step::end:
                if (!cursor_.has_place(get_state)) return refuse("there is no get_state in it");
                is_finishing_ = true;
                return Progress::more;
            case JsonListCursor::Step::malformed:
                return refuse("it is cut short, or no JSON of GET_STATE");
        }
    }
    return Progress::more;
}

MesosState::Progress MesosState::refuse(const char* why) {
    fault_text_ = why;
    return Progress::refused;
}

MesosState::Progress MesosState::finish(std::size_t bytes_max) {
    constexpr std::size_t bytes_per_record = 512;  // what takes as long
    if (!spare().finish(bytes_max / bytes_per_record + 1)) return Progress::more;
    is_finishing_ = false;
    cursor_ = {};
    current_ = 1 - current_;
    fault_text_ = "";
    return Progress::done;
}

void MesosState::take(const JsonElement& element) {
    MesosStateCounts& counts = spare_counts();
    if (element.text.size() > limits::mesos_element_bytes_max) {
        ++counts.large_elements;
        return;
    }
    const cJSON* tree = nullptr;
    json_.reset();
    const Status status = element.is_deep ? Status::malformed : json_.parse(element.text, tree);
    if (status == Status::full) {
        ++counts.large_elements;
    } else if (status != Status::ok || !take_tree(element.place, tree)) {
        ++counts.bad_elements;
    }
}

bool MesosState::take_tree(std::uint8_t place, const cJSON* tree) {
    if (place == tasks) return take_task(tree);
    return place == executors ? take_executor(tree) : take_framework(tree);
}

bool MesosState::take_task(const cJSON* task) {
    char memory[limits::container_label_bytes];
    PairText labels(memory);
    TaskInfo info;
    info.task_name = json_text(task, "name");
    info.task_id = id_of(task, "task_id");
    info.framework_id = id_of(task, "framework_id");
    if (info.task_id.empty() || info.framework_id.empty()) return false;
    const cJSON* status = last_status(task);
    if (status == nullptr) return true;  // it has no container yet
    info.executor_id = id_of(task, "executor_id");
    if (info.executor_id.empty()) info.executor_id = id_of(status, "executor_id");
    const cJSON* container_status = json_member(status, "container_status");
    const cJSON* container_id = json_member(container_status, "container_id");
    info.container_id = json_text(container_id, "value");
    if (!is_container_id(info.container_id)) return false;
    spare_counts().labels_left_out +=
        take_task_labels(json_member(task, "labels"), options_.labels, labels);
    info.labels = labels.view();
    take_targets(task, container_status, info);
    static_cast<void>(spare().add(info));
    take_parents(container_id, info);
    return true;
}

void MesosState::take_parents(const cJSON* container_id, const TaskInfo& task) {
    const cJSON* parent = json_member(container_id, "parent");
    for (unsigned depth = 0; parent != nullptr && depth < nesting_max; ++depth) {
        TaskInfo info;
        info.container_id = json_text(parent, "value");
        info.executor_id = task.executor_id;
        info.framework_id = task.framework_id;
        if (is_container_id(info.container_id)) static_cast<void>(spare().add(info));
        parent = json_member(parent, "parent");
    }
}

void MesosState::take_targets(const cJSON* task, const cJSON* container_status, TaskInfo& info) {
    TaskTargets targets;
    find_task_targets(task, container_status, options_.node_address.view(), targets);
    for (std::uint32_t i = 0; i < targets.count; ++i) {
        targets.list[i].container_id = info.container_id;
        static_cast<void>(spare().add(targets.list[i]));
    }
    info.is_waiting = targets.first_fault == TargetFault::no_address;
    take_faults(targets, info.task_id);
}

void MesosState::take_faults(const TaskTargets& targets, std::string_view task_id) {
    MesosStateCounts& counts = spare_counts();
    counts.bad_targets += targets.fault_count;
    if (targets.fault_count == 0 || counts.first_fault != TargetFault::none) return;
    counts.first_fault = targets.first_fault;
    static_cast<void>(counts.faulty_task.assign(task_id.substr(0, limits::name_bytes_max)));
}

bool MesosState::take_executor(const cJSON* element) {
    const cJSON* info = json_member(element, "executor_info");
    const ExecutorName executor = {id_of(info, "framework_id"), id_of(info, "executor_id"),
                                   json_text(info, "name")};
    if (executor.framework_id.empty() || executor.executor_id.empty()) return false;
    if (!executor.name.empty()) static_cast<void>(spare().add(executor));
    return true;
}

bool MesosState::take_framework(const cJSON* element) {
    const cJSON* info = json_member(element, "framework_info");
    const FrameworkName framework = {id_of(info, "id"), json_text(info, "name"), role_of(info),
                                     json_text(info, "principal")};
    if (framework.id.empty()) return false;
    static_cast<void>(spare().add(framework));
    return true;
}

}  // namespace nma
