#include "agent/apps/task_address.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <netinet/in.h>

#include "agent/apps/task_labels.h"
#include "platform/base/fixed_text.h"
#include "platform/base/json_value.h"

namespace nma {

namespace {

const cJSON* first_of(const cJSON* list) {
    return cJSON_IsArray(list) == 0 ? nullptr : list->child;
}

// {"name":"ports","ranges":{"range":[{"begin":25895,"end":25896}]}}
bool is_resource(const cJSON* task, std::uint16_t number) {
    const cJSON* resource = first_of(json_member(task, "resources"));
    for (; resource != nullptr; resource = resource->next) {
        if (json_text(resource, "name") != "ports") continue;
        const cJSON* range = first_of(json_member(json_member(resource, "ranges"), "range"));
        for (; range != nullptr; range = range->next) {
            const std::uint16_t begin = port_number(json_member(range, "begin"));
            const std::uint16_t end = port_number(json_member(range, "end"));
            if (begin != 0 && begin <= number && number <= end) return true;
        }
    }
    return false;
}

bool is_mapped(const cJSON* owner, std::uint16_t number) {
    const cJSON* mapping = first_of(json_member(owner, "port_mappings"));
    for (; mapping != nullptr; mapping = mapping->next) {
        if (port_number(json_member(mapping, "host_port")) == number) return true;
    }
    return false;
}

bool is_mapped_in_networks(const cJSON* owner, std::uint16_t number) {
    const cJSON* network = first_of(json_member(owner, "network_infos"));
    for (; network != nullptr; network = network->next) {
        if (is_mapped(network, number)) return true;
    }
    return false;
}

std::string_view address_in(const cJSON* network) {
    const cJSON* address = first_of(json_member(network, "ip_addresses"));
    for (; address != nullptr; address = address->next) {
        const std::string_view text = json_text(address, "ip_address");
        if (!text.empty()) return text;
    }
    return {};
}

bool is_container_v4(std::uint32_t address) {
    const std::uint32_t first = address >> 24;
    const bool is_link_local = address >> 16 == 0xa9fe;                  // 169.254.0.0/16
    return first != 0 && first != 127 && first < 224 && !is_link_local;  // 224 up: multicast …
}

bool is_container_v6(const in6_addr& address) {
    if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) return false;
    return !IN6_IS_ADDR_UNSPECIFIED(&address) && !IN6_IS_ADDR_LOOPBACK(&address) &&
           !IN6_IS_ADDR_LINKLOCAL(&address) && !IN6_IS_ADDR_MULTICAST(&address);
}

}  // namespace

bool is_host_port(const cJSON* task, const cJSON* container_status, const cJSON* port,
                  std::uint16_t number) {
    const std::string_view scope = task_label(json_member(port, "labels"), "network-scope");
    if (!scope.empty()) return scope == "host";
    const cJSON* container = json_member(task, "container");
    return is_resource(task, number) || is_mapped_in_networks(container_status, number) ||
           is_mapped_in_networks(container, number) ||
           is_mapped(json_member(container, "docker"), number);
}

std::string_view container_address(const cJSON* container_status, std::string_view network_name) {
    std::string_view first;
    const cJSON* network = first_of(json_member(container_status, "network_infos"));
    for (; network != nullptr; network = network->next) {
        const std::string_view address = address_in(network);
        if (!network_name.empty() && json_text(network, "name") == network_name) return address;
        if (first.empty()) first = address;
    }
    return first;
}

bool is_container_address(std::string_view text) {
    FixedText<INET6_ADDRSTRLEN> address;
    in_addr v4 = {};
    in6_addr v6 = {};
    if (!address.assign(text)) return false;
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return is_container_v4(ntohl(v4.s_addr));
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && is_container_v6(v6);
}

std::uint16_t port_number(const cJSON* value) {
    if (cJSON_IsNumber(value) == 0) return 0;
    const double number = value->valuedouble;
    if (!(number >= 1 && number <= 65535)) return 0;
    const auto whole = static_cast<std::uint16_t>(number);
    return static_cast<double>(whole) == number ? whole : std::uint16_t{0};
}

}  // namespace nma
