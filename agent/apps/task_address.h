// Which address of a task a port of it is at; see task_targets.h.
#pragma once

#include <cstdint>
#include <string_view>

struct cJSON;

namespace nma {

// Whether the port is one of the host.
[[nodiscard]] bool is_host_port(const cJSON* task, const cJSON* container_status, const cJSON* port,
                                std::uint16_t number);

// The container's own address in the network of that name (empty: in any). Empty when there is
// none.
std::string_view container_address(const cJSON* container_status, std::string_view network_name);

// An IP address at which one container may be.
[[nodiscard]] bool is_container_address(std::string_view text);

// A whole number from 1 to 65535; else 0.
std::uint16_t port_number(const cJSON* value);

}  // namespace nma
