// Where a task wants to be scraped: the addresses of its Prometheus endpoints, from its labels, its
// ports and its state. Pure.
//
// A port of the task (discovery.ports.ports[]) with the label DCOS_METRICS_FORMAT=prometheus is
// one; its label DCOS_METRICS_ENDPOINT may name another path than /metrics. A task with these
// labels itself means one of its ports, by the label DCOS_METRICS_PORT_INDEX (its place in that
// list, from 0) or else DCOS_METRICS_PORT_NAME. An index that is no number, or that no port has, is
// a fault; the name is not tried then. Only discovery.ports counts: the order of ports among
// resources means nothing.
//
// Mesos numbers some ports on the host and others in the container's own network. A port is the
// host's when its label network-scope says "host", and the container's when it says anything else.
// Without that label it is the host's when the task was given the port as a resource, or when a
// port mapping of the task has it as host_port. A host's port is reached at the node's own
// address. A container's is reached at the container's: the one in the network that the label
// network-name names, else the first (for a container in the host's network that is the host's,
// too), of the last status with a container in it. Earlier ones may be somebody else's by now.
//
// What a task says is not trusted: the address must be an IP address that a container can have
// (none of loopback, link-local, multicast and their like, unless it is the node's own address),
// and the path must be plain.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/limits.h"

struct cJSON;

namespace nma {

// One endpoint: http://<host>:<port><path>. Good as long as what its texts were taken from.
struct TaskTarget {
    std::string_view container_id;
    std::string_view host;  // IPv4 or IPv6, without brackets
    std::string_view path;  // with its slash; may have a query
    std::uint16_t port = 0;
};

enum class TargetFault : std::uint8_t {
    none,
    no_port_named,
    bad_index,
    no_such_index,
    no_such_name,
    bad_port,
    not_tcp,
    bad_path,
    no_address,
    bad_address,
    no_node_address,
    too_many,
};

// A clause that says what is wrong and the cure: "its label … is no number". Never null.
const char* target_fault_text(TargetFault fault);

struct TaskTargets {
    TaskTarget list[limits::targets_per_task_max];
    std::uint32_t count = 0;
    std::uint32_t fault_count = 0;
    TargetFault first_fault = TargetFault::none;
};

// `container_status` is that of the last status; null when there is none. Texts of the targets lie
// in the tree and in `node_address`; their container_id is empty.
void find_task_targets(const cJSON* task, const cJSON* container_status,
                       std::string_view node_address, TaskTargets& targets);

}  // namespace nma
