// What can be configured about applications. Nothing of it is on unless somebody says so.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "agent/apps/app_store.h"
#include "agent/apps/datagram_socket.h"
#include "agent/apps/ip_address.h"
#include "agent/apps/scrape_targets.h"
#include "agent/apps/task_labels.h"
#include "api/listen_address.h"
#include "platform/base/fixed_list.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

struct StatsdConfig {
    FixedList<ListenAddress, limits::shared_inlet_count_max> listen;
    mode_t socket_mode = 0660;  // of unix sockets' files
    // Whose samples are that come from no container; empty: nobody's, so they are dropped.
    FixedText<limits::name_bytes_max + 1> host_container;
    ReceiveBufferBytes receive_buffer_bytes = 0;  // of each socket, registered ones too
};

struct RegistrationConfig {
    IpAddress statsd_host = {false, {127, 0, 0, 1}};
    bool is_any_host_allowed = false;
    std::uint16_t port_first = 0;  // both 0: any free port
    std::uint16_t port_last = 0;
    FixedText<256> directory;  // of state files; empty: none are kept
    bool is_kept_by_manager = false;
    std::size_t count_max = limits::app_container_count_default;
};

struct ConfiguredTarget {
    FixedText<limits::name_bytes_max + 1> container_id;
    ScrapeUrl url;
};

struct PrometheusConfig {
    FixedList<ConfiguredTarget, limits::configured_target_count_max> targets;
    ScrapeOptions options;
};

struct MesosConfig {
    ScrapeUrl url;  // of the agent, without a path; empty: nobody is asked
    FixedText<256> authorization_file;
    TaskLabelRules labels;
    bool has_scraping = true;  // of the endpoints that tasks name
};

struct AppsConfig {
    StatsdConfig statsd;
    RegistrationConfig registration;
    PrometheusConfig prometheus;
    MesosConfig mesos;
    FixedText<limits::static_tag_bytes + 1> tags;  // "key\0value\0" and so on
    AppOptions options;
    AppCapacities capacities;

    // Whether endpoints may be asked.
    bool has_targets() const {
        return !prometheus.targets.empty() || (!mesos.url.empty() && mesos.has_scraping);
    }
};

}  // namespace nma
