#include "agent/apps/task_targets.h"

#include <cjson/cJSON.h>

#include <algorithm>

#include "agent/apps/task_address.h"
#include "agent/apps/task_labels.h"
#include "platform/base/json_value.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

void add_fault(TaskTargets& targets, TargetFault fault) {
    ++targets.fault_count;
    if (targets.first_fault == TargetFault::none) targets.first_fault = fault;
}

// It goes into a request line, where a space or a line's end would begin something else.
bool is_path(std::string_view text) {
    return text.starts_with('/') && text.size() <= limits::name_bytes_max &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

struct Question {
    const cJSON* task;
    const cJSON* container_status;
    std::string_view node_address;
};

TargetFault address_of(const Question& question, const cJSON* port, TaskTarget& target) {
    if (is_host_port(question.task, question.container_status, port, target.port)) {
        target.host = question.node_address;
        return target.host.empty() ? TargetFault::no_node_address : TargetFault::none;
    }
    target.host = container_address(question.container_status,
                                    task_label(json_member(port, "labels"), "network-name"));
    if (target.host.empty()) return TargetFault::no_address;
    const bool is_good = is_container_address(target.host) || target.host == question.node_address;
    return is_good ? TargetFault::none : TargetFault::bad_address;
}

// `labels` are those that say so: the port's own, or the task's.
TargetFault target_of(const Question& question, const cJSON* port, const cJSON* labels,
                      TaskTarget& target) {
    const std::string_view protocol = json_text(port, "protocol");
    target.port = port_number(json_member(port, "number"));
    if (target.port == 0) return TargetFault::bad_port;
    if (!protocol.empty() && protocol.find("tcp") == protocol.npos) return TargetFault::not_tcp;
    target.path = task_label(labels, "DCOS_METRICS_ENDPOINT");
    if (target.path.empty()) target.path = "/metrics";
    if (!is_path(target.path)) return TargetFault::bad_path;
    return address_of(question, port, target);
}

bool is_same(const TaskTarget& a, const TaskTarget& b) {
    return a.port == b.port && a.host == b.host && a.path == b.path;
}

void add_target(const Question& question, const cJSON* port, const cJSON* labels,
                TaskTargets& targets) {
    TaskTarget target;
    const TargetFault fault = target_of(question, port, labels, target);
    if (fault != TargetFault::none) return add_fault(targets, fault);
    for (std::uint32_t i = 0; i < targets.count; ++i) {
        if (is_same(targets.list[i], target)) return;
    }
    if (targets.count == std::size(targets.list)) return add_fault(targets, TargetFault::too_many);
    targets.list[targets.count++] = target;
}

bool is_labelled(const cJSON* labels) {
    return task_label(labels, "DCOS_METRICS_FORMAT") == "prometheus";
}

const cJSON* port_named(const cJSON* ports, std::string_view name) {
    const cJSON* port = ports;
    while (port != nullptr && json_text(port, "name") != name)
        port = port->next;
    return port;
}

const cJSON* port_at(const cJSON* ports, std::uint64_t index) {
    const cJSON* port = ports;
    for (; port != nullptr && index > 0; --index)
        port = port->next;
    return port;
}

// The port that the task's own labels mean.
TargetFault port_of_labels(const cJSON* labels, const cJSON* ports, const cJSON*& port) {
    const std::string_view index_text = task_label(labels, "DCOS_METRICS_PORT_INDEX");
    const std::string_view name = task_label(labels, "DCOS_METRICS_PORT_NAME");
    if (!index_text.empty()) {
        std::uint64_t index = 0;
        if (!parse_u64(index_text, index)) return TargetFault::bad_index;
        port = port_at(ports, index);
        return port == nullptr ? TargetFault::no_such_index : TargetFault::none;
    }
    if (name.empty()) return TargetFault::no_port_named;
    port = port_named(ports, name);
    return port == nullptr ? TargetFault::no_such_name : TargetFault::none;
}

}  // namespace

const char* target_fault_text(TargetFault fault) {
    switch (fault) {
        case TargetFault::none:
            return "nothing is wrong";
        case TargetFault::no_port_named:
            return "it has neither DCOS_METRICS_PORT_INDEX nor DCOS_METRICS_PORT_NAME, nor a port "
                   "with DCOS_METRICS_FORMAT=prometheus: add one of them";
        case TargetFault::bad_index:
            return "DCOS_METRICS_PORT_INDEX is not a whole number: count its ports from 0";
        case TargetFault::no_such_index:
            return "DCOS_METRICS_PORT_INDEX is more than its ports: count them from 0";
        case TargetFault::no_such_name:
            return "none of its ports has the name in DCOS_METRICS_PORT_NAME";
        case TargetFault::bad_port:
            return "the number of its port is not from 1 to 65535";
        case TargetFault::not_tcp:
            return "its port is not TCP";
        case TargetFault::bad_path:
            return "DCOS_METRICS_ENDPOINT must start with a slash, and have at most 255 bytes of "
                   "printable ASCII without spaces and #";
        case TargetFault::no_address:
            return "its container has no address (yet)";
        case TargetFault::bad_address:
            return "the address of its container is none at which a container can be";
        case TargetFault::no_node_address:
            return "this node's own address is not known: configure it";
        case TargetFault::too_many:
            return "it names more endpoints than one task may have";
    }
    return "";
}

void find_task_targets(const cJSON* task, const cJSON* container_status,
                       std::string_view node_address, TaskTargets& targets) {
    targets = {};
    const Question question = {task, container_status, node_address};
    const cJSON* discovery = json_member(task, "discovery");
    const cJSON* list = json_member(json_member(discovery, "ports"), "ports");
    const cJSON* ports = cJSON_IsArray(list) == 0 ? nullptr : list->child;
    bool has_labelled_port = false;
    for (const cJSON* port = ports; port != nullptr; port = port->next) {
        const cJSON* labels = json_member(port, "labels");
        if (!is_labelled(labels)) continue;
        has_labelled_port = true;
        add_target(question, port, labels, targets);
    }
    const cJSON* labels = json_member(task, "labels");
    if (!is_labelled(labels)) return;
    const cJSON* port = nullptr;
    const TargetFault fault = port_of_labels(labels, ports, port);
    if (fault == TargetFault::none) return add_target(question, port, labels, targets);
    if (fault != TargetFault::no_port_named || !has_labelled_port) add_fault(targets, fault);
}

}  // namespace nma
