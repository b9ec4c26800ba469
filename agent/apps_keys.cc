#include "agent/apps_keys.h"

#include <stdio.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "agent/apps/registration_json.h"
#include "agent/apps/static_tags.h"
#include "agent/listener_keys.h"
#include "platform/base/pair_text.h"

namespace nma {

namespace {

// What is wrong with one element of several; only for the start, where errors are texts for good.
const char* about(std::string_view element, const char* what) {
    static char text[700];
    snprintf(text, sizeof text, "has \"%.*s\", which %s", static_cast<int>(element.size()),
             element.data(), what);
    return text;
}

const char* apply_statsd_listen(const cJSON& array, Config& config) {
    StatsdConfig& statsd = config.apps.statsd;
    statsd.listen.clear();
    for (const cJSON* item = array.child; item != nullptr; item = item->next) {
        ListenAddress* address = statsd.listen.add();
        if (address == nullptr) return "has more than 16 of them";
        ListenError why;
        if (parse_listen_address(item->valuestring, *address, why)) continue;
        return about(item->valuestring, "is no address: give IP:PORT, unix:/path or systemd:NAME");
    }
    return nullptr;
}

const char* apply_socket_mode(const cJSON& value, Config& config) {
    return parse_file_mode(value.valuestring, config.apps.statsd.socket_mode)
               ? nullptr
               : "must be octal digits, as in \"0660\"";
}

const char* apply_host_container(const cJSON& value, Config& config) {
    const std::string_view id = value.valuestring;
    if (!id.empty() && !is_registration_id(id)) {
        return "must be 1 to 255 letters, digits, dots, dashes and underscores";
    }
    return assign_text(value, config.apps.statsd.host_container);
}

const char* apply_percentiles(const cJSON& array, Config& config) {
    AppOptions& options = config.apps.options;
    options.percentile_count = 0;
    for (const cJSON* item = array.child; item != nullptr; item = item->next) {
        if (options.percentile_count == limits::app_percentile_count_max) {
            return "has more than 4 of them";
        }
        const double number = item->valuedouble;
        const bool is_good = number >= 1 && number <= 99 && number == std::floor(number);
        if (!is_good) return "must have whole numbers from 1 to 99";
        const auto percentile = static_cast<std::uint8_t>(number);
        const std::span known(options.percentiles, options.percentile_count);
        if (std::find(known.begin(), known.end(), percentile) != known.end()) {
            return "has one of them twice";
        }
        options.percentiles[options.percentile_count++] = percentile;
    }
    return nullptr;
}

const char* apply_statsd_host(const cJSON& value, Config& config) {
    return parse_ip_address(value.valuestring, config.apps.registration.statsd_host)
               ? nullptr
               : "must be an IP address";
}

const char* apply_targets(const cJSON& map, Config& config) {
    PrometheusConfig& prometheus = config.apps.prometheus;
    prometheus.targets.clear();
    for (const cJSON* item = map.child; item != nullptr; item = item->next) {
        ConfiguredTarget* target = prometheus.targets.add();
        if (target == nullptr) return "has more than 64 of them";
        UrlParts parts;
        if (!parse_scrape_url(item->string, parts) || !target->url.assign(item->string)) {
            return about(item->string,
                         "is no URL such as http://127.0.0.1:9100/metrics, with an IP "
                         "address or localhost");
        }
        if (!is_registration_id(item->valuestring) ||
            !target->container_id.assign(item->valuestring)) {
            return about(item->valuestring,
                         "is no container's ID: 1 to 255 letters, digits, dots, dashes and "
                         "underscores");
        }
    }
    return nullptr;
}

const char* apply_mesos_url(const cJSON& value, Config& config) {
    const std::string_view url = value.valuestring;
    UrlParts parts;
    if (!url.empty() && (!parse_scrape_url(url, parts) || parts.path != "/")) {
        return "must be as in \"http://127.0.0.1:5051\", with an IP address or localhost";
    }
    return assign_text(value, config.apps.mesos.url);
}

const char* apply_label_names(const cJSON& array, Config& config) {
    config.apps.mesos.labels.names.clear();
    for (const cJSON* item = array.child; item != nullptr; item = item->next) {
        if (!config.apps.mesos.labels.add_name(item->valuestring)) {
            return "may have 16 names of 1 to 255 bytes";
        }
    }
    return nullptr;
}

const char* apply_label_prefixes(const cJSON& array, Config& config) {
    config.apps.mesos.labels.prefixes.clear();
    for (const cJSON* item = array.child; item != nullptr; item = item->next) {
        if (!config.apps.mesos.labels.add_prefix(item->valuestring)) {
            return "may have 16 prefixes of 1 to 255 bytes";
        }
    }
    return nullptr;
}

const char* apply_tags(const cJSON& map, Config& config) {
    StaticTags tags;
    for (const cJSON* item = map.child; item != nullptr; item = item->next) {
        const StaticTags::Result result = tags.set(item->string, item->valuestring);
        if (result != StaticTags::Result::ok) return about(item->string, static_tag_error(result));
    }
    return config.apps.tags.assign(tags.view()) ? nullptr : "is too long";
}

#define NMA_TEXT(member) \
    KeyType::text,       \
        [](const cJSON& value, Config& config) { return assign_text(value, config.apps.member); }
#define NMA_BOOLEAN(member)                                                   \
    KeyType::boolean, [](const cJSON& value, Config& config) -> const char* { \
        config.apps.member = cJSON_IsTrue(&value) != 0;                       \
        return nullptr;                                                       \
    }
#define NMA_NUMBER(member)                                                                 \
    KeyType::whole_number, [](const cJSON& value, Config& config) -> const char* {         \
        config.apps.member = static_cast<decltype(config.apps.member)>(value.valuedouble); \
        return nullptr;                                                                    \
    }

constexpr double port_max = 65535;

constexpr KeyRow rows[] = {
    {"statsd", KeyType::object},
    {"statsd.listen", KeyType::text_list, apply_statsd_listen},
    {"statsd.socket_mode", KeyType::text, apply_socket_mode},
    {"statsd.host_container", KeyType::text, apply_host_container},
    {"statsd.receive_buffer_bytes", NMA_NUMBER(statsd.receive_buffer_bytes), 0, 1 << 30},
    {"statsd.interval_s", NMA_NUMBER(options.interval_s), 1, limits::interval_s_max},
    {"statsd.expiry_s", NMA_NUMBER(options.expiry_s), 1, limits::app_expiry_s_max},
    {"statsd.percentiles", KeyType::number_list, apply_percentiles},
    {"registration", KeyType::object},
    {"registration.statsd_host", KeyType::text, apply_statsd_host},
    {"registration.any_host", NMA_BOOLEAN(registration.is_any_host_allowed)},
    {"registration.port_first", NMA_NUMBER(registration.port_first), 0, port_max},
    {"registration.port_last", NMA_NUMBER(registration.port_last), 0, port_max},
    {"registration.directory", NMA_TEXT(registration.directory)},
    {"registration.fd_store", NMA_BOOLEAN(registration.is_kept_by_manager)},
    {"prometheus", KeyType::object},
    {"prometheus.targets", KeyType::text_map, apply_targets},
    {"prometheus.interval_s", NMA_NUMBER(prometheus.options.interval_s), 1, limits::interval_s_max},
    {"prometheus.timeout_ms", NMA_NUMBER(prometheus.options.timeout_ms), 1,
     limits::fetch_timeout_ms_max},
    {"prometheus.samples", NMA_NUMBER(prometheus.options.samples_max), 1,
     limits::scrape_sample_count_max},
    {"mesos", KeyType::object},
    {"mesos.url", KeyType::text, apply_mesos_url},
    {"mesos.authorization_file", NMA_TEXT(mesos.authorization_file)},
    {"mesos.label_names", KeyType::text_list, apply_label_names},
    {"mesos.label_prefixes", KeyType::text_list, apply_label_prefixes},
    {"mesos.scrape", NMA_BOOLEAN(mesos.has_scraping)},
    {"tags", KeyType::text_map, apply_tags},
    {"limits.registrations", NMA_NUMBER(registration.count_max), 1,
     limits::app_container_count_max},
    {"limits.app_containers", NMA_NUMBER(capacities.containers), 1,
     limits::app_container_count_max},
    {"limits.app_series", NMA_NUMBER(capacities.series), 1, limits::app_series_count_max},
    {"limits.app_series_per_container", NMA_NUMBER(capacities.series_per_container), 1,
     limits::app_series_count_max},
    {"limits.app_text_bytes", NMA_NUMBER(capacities.text_bytes), 4096, limits::app_text_bytes_max},
    {"limits.app_text_bytes_per_container", NMA_NUMBER(capacities.text_bytes_per_container), 4096,
     limits::app_text_bytes_max},
    {"limits.app_set_members", NMA_NUMBER(capacities.members), 1, limits::app_member_count_max},
    {"limits.app_set_members_per_container", NMA_NUMBER(capacities.members_per_container), 1,
     limits::app_member_count_max},
    {"limits.app_sketches", NMA_NUMBER(capacities.sketches), 1, limits::app_sketch_count_max},
    {"limits.app_sketches_per_container", NMA_NUMBER(capacities.sketches_per_container), 1,
     limits::app_sketch_count_max},
};

#undef NMA_TEXT
#undef NMA_BOOLEAN
#undef NMA_NUMBER

}  // namespace

std::span<const KeyRow> apps_keys() {
    return rows;
}

void set_apps_defaults(AppsConfig& apps) {
    (void)apps.registration.directory.assign("/run/node-metrics-agent/containers");
    set_default_label_rules(apps.mesos.labels);
}

const char* check_apps(const AppsConfig& apps) {
    const RegistrationConfig& registration = apps.registration;
    if ((registration.port_first == 0) != (registration.port_last == 0) ||
        registration.port_first > registration.port_last) {
        return "registration: port_first and port_last must be a range, or both 0";
    }
    if (registration.port_first != 0 && registration.port_first < 1024) {
        return "registration: port_first must be 1024 or more: by the time that ports are bound, "
               "the right to those below is given away";
    }
    const std::uint32_t longest_s = std::max(
        apps.options.interval_s, apps.has_targets() ? apps.prometheus.options.interval_s : 0);
    if (apps.options.expiry_s < longest_s) {
        return "statsd.expiry_s must be as long as statsd.interval_s and prometheus.interval_s at "
               "least: else what is still sent would be forgotten meanwhile";
    }
    return nullptr;
}

}  // namespace nma
