#include <string.h>

#include <string_view>

#include "agent/config.h"
#include "platform/base/pair_text.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

const char* error_of(std::string_view text) {
    static Config config;
    static ConfigError error;
    set_defaults(config);
    error.clear();
    if (read_config_text("f", text, config, error)) (void)finish_config(config, error);
    return error.c_str();
}

struct BadCase {
    std::string_view text;
    const char* error;
};

constexpr BadCase bad_cases[] = {
    {"{\"statsd\": {\"listen\": \"127.0.0.1:1\"}}",
     "f:1: statsd.listen must be an array of strings"},
    {"{\"statsd\": {\"listen\": [\"127.0.0.1:1\",\n1]}}", "f:2: statsd.listen[1] must be a string"},
    {"{\"statsd\": {\"listen\": [\"udp:127.0.0.1:1\"]}}",
     "f:1: statsd.listen has \"udp:127.0.0.1:1\", which is no address: give IP:PORT, unix:/path or "
     "systemd:NAME"},
    {"{\"statsd\": {\"socket_mode\": \"0888\"}}",
     "f:1: statsd.socket_mode must be octal digits, as in \"0660\""},
    {"{\"statsd\": {\"host_container\": \"a/b\"}}",
     "f:1: statsd.host_container must be 1 to 255 letters, digits, dots, dashes and underscores"},
    {"{\"statsd\": {\"percentiles\": [0]}}",
     "f:1: statsd.percentiles must have whole numbers from 1 to 99"},
    {"{\"statsd\": {\"percentiles\": [100]}}",
     "f:1: statsd.percentiles must have whole numbers from 1 to 99"},
    {"{\"statsd\": {\"percentiles\": [99.5]}}",
     "f:1: statsd.percentiles must have whole numbers from 1 to 99"},
    {"{\"statsd\": {\"percentiles\": [-1e300]}}",
     "f:1: statsd.percentiles must have whole numbers from 1 to 99"},
    {"{\"statsd\": {\"percentiles\": [90, 50, 90]}}",
     "f:1: statsd.percentiles has one of them twice"},
    {"{\"statsd\": {\"percentiles\": [1,2,3,4,5]}}",
     "f:1: statsd.percentiles has more than 4 of them"},
    {"{\"statsd\": {\"percentiles\": [\"90\"]}}", "f:1: statsd.percentiles[0] must be a number"},
    {"{\"statsd\": {\"interval_s\": 0}}", "f:1: statsd.interval_s must be from 1 to 3600"},
    {"{\"registration\": {\"statsd_host\": \"localhost\"}}",
     "f:1: registration.statsd_host must be an IP address"},
    {"{\"registration\": {\"port_first\": 65536}}",
     "f:1: registration.port_first must be from 0 to 65535"},
    {"{\"registration\": {\"port_first\": 9000}}",
     "registration: port_first and port_last must be a range, or both 0"},
    {"{\"statsd\": {\"interval_s\": 121}}",
     "statsd.expiry_s must be as long as statsd.interval_s and prometheus.interval_s at least: "
     "else "
     "what is still sent would be forgotten meanwhile"},
    {"{\"prometheus\": {\"interval_s\": 300, \"targets\": {\"http://127.0.0.1/\": \"a\"}}}",
     "statsd.expiry_s must be as long as statsd.interval_s and prometheus.interval_s at least: "
     "else "
     "what is still sent would be forgotten meanwhile"},
    {"{\"registration\": {\"port_first\": 1023, \"port_last\": 9000}}",
     "registration: port_first must be 1024 or more: by the time that ports are bound, the right "
     "to "
     "those below is given away"},
    {"{\"registration\": {\"port_first\": 9001, \"port_last\": 9000}}",
     "registration: port_first and port_last must be a range, or both 0"},
    {"{\"prometheus\": {\"targets\": {\"https://127.0.0.1/\": \"a\"}}}",
     "f:1: prometheus.targets has \"https://127.0.0.1/\", which is no URL such as "
     "http://127.0.0.1:9100/metrics, with an IP address or localhost"},
    {"{\"prometheus\": {\"targets\": {\"http://127.0.0.1/\": \"a b\"}}}",
     "f:1: prometheus.targets has \"a b\", which is no container's ID: 1 to 255 letters, digits, "
     "dots, dashes and underscores"},
    {"{\"prometheus\": {\"targets\": {\"http://127.0.0.1/\": 1}}}",
     "f:1: prometheus.targets has \"http://127.0.0.1/\", whose value must be a string"},
    {"{\"prometheus\": {\"targets\": {\"http://127.0.0.1/\": \"a\", \"http://127.0.0.1/\": "
     "\"b\"}}}",
     "f:1: prometheus.targets has \"http://127.0.0.1/\" twice: remove one"},
    {"{\"prometheus\": {\"targets\": []}}", "f:1: prometheus.targets must be an object"},
    {"{\"mesos\": {\"url\": \"http://mesos.example:5051\"}}",
     "f:1: mesos.url must be as in \"http://127.0.0.1:5051\", with an IP address or localhost"},
    {"{\"mesos\": {\"url\": \"http://127.0.0.1:5051/api\"}}",
     "f:1: mesos.url must be as in \"http://127.0.0.1:5051\", with an IP address or localhost"},
    {"{\"mesos\": {\"label_names\": [\"\"]}}",
     "f:1: mesos.label_names may have 16 names of 1 to 255 bytes"},
    {"{\"mesos\": {\"label_prefixes\": [\"\"]}}",
     "f:1: mesos.label_prefixes may have 16 prefixes of 1 to 255 bytes"},
    {"{\"tags\": {\"container_id\": \"x\"}}",
     "f:1: tags has \"container_id\", which is the agent's own; choose another name"},
    {"{\"tags\": {\"a\": \"\"}}",
     "f:1: tags has \"a\", which needs a text that is not empty and has no control characters"},
    {"{\"tags\": {\"a.b\": []}}", "f:1: tags has \"a.b\", whose value must be a string"},
    {"{\"limits\": {\"app_series\": 0}}", "f:1: limits.app_series must be from 1 to 262144"},
};

void each_mistake_is_refused_with_its_cure(void**) {
    for (const BadCase& bad : bad_cases)
        assert_string_equal(error_of(bad.text), bad.error);
}

constexpr std::string_view everything = R"({
"statsd": {"listen": ["127.0.0.1:8125", "[::1]:8125", "unix:/s", "systemd:udp"],
    "socket_mode": "0666", "host_container": "host", "interval_s": 5, "expiry_s": 60,
    "percentiles": [50, 99], "receive_buffer_bytes": 4096},
"registration": {"statsd_host": "198.51.100.1", "any_host": true, "port_first": 9000,
    "port_last": 9099, "directory": "/d", "fd_store": true},
"prometheus": {"targets": {"http://127.0.0.1:9100/metrics": "a", "http://[::1]/": "b"},
    "interval_s": 30, "timeout_ms": 100, "samples": 7},
"mesos": {"url": "http://localhost:5051", "authorization_file": "/t", "label_names": [],
    "label_prefixes": ["X_", "Y_"], "scrape": false},
"tags": {"fault.domain": "eu", "zone": "a"},
"limits": {"registrations": 2, "app_containers": 3, "app_series": 4,
    "app_series_per_container": 5, "app_text_bytes": 4096, "app_text_bytes_per_container": 4097,
    "app_set_members": 6, "app_set_members_per_container": 7, "app_sketches": 8,
    "app_sketches_per_container": 9}})";

void every_key_is_taken(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(read_config_text("f", everything, config, error) && finish_config(config, error));
    const AppsConfig& apps = config.apps;
    assert_int_equal(apps.statsd.listen.size(), 4);
    assert_int_equal(apps.statsd.listen[0].port, 8125);
    assert_string_equal(apps.statsd.listen[2].path.c_str(), "/s");
    assert_string_equal(apps.statsd.listen[3].name.c_str(), "udp");
    assert_int_equal(apps.statsd.socket_mode, 0666);
    assert_string_equal(apps.statsd.host_container.c_str(), "host");
    assert_int_equal(apps.statsd.receive_buffer_bytes, 4096);
    assert_int_equal(apps.options.interval_s, 5);
    assert_int_equal(apps.options.expiry_s, 60);
    assert_int_equal(apps.options.percentile_count, 2);
    assert_int_equal(apps.options.percentiles[1], 99);
    assert_string_equal(ip_text(apps.registration.statsd_host).c_str(), "198.51.100.1");
    assert_true(apps.registration.is_any_host_allowed && apps.registration.is_kept_by_manager);
    assert_int_equal(apps.registration.port_first, 9000);
    assert_int_equal(apps.registration.port_last, 9099);
    assert_string_equal(apps.registration.directory.c_str(), "/d");
    assert_int_equal(apps.registration.count_max, 2);
    assert_int_equal(apps.prometheus.targets.size(), 2);
    assert_string_equal(apps.prometheus.targets[1].url.c_str(), "http://[::1]/");
    assert_string_equal(apps.prometheus.targets[1].container_id.c_str(), "b");
    assert_int_equal(apps.prometheus.options.interval_s, 30);
    assert_int_equal(apps.prometheus.options.timeout_ms, 100);
    assert_int_equal(apps.prometheus.options.samples_max, 7);
    assert_string_equal(apps.mesos.url.c_str(), "http://localhost:5051");
    assert_string_equal(apps.mesos.authorization_file.c_str(), "/t");
    assert_int_equal(apps.mesos.labels.names.size(), 0);
    assert_int_equal(apps.mesos.labels.prefixes.size(), 2);
    assert_false(apps.mesos.has_scraping);
    std::string_view value;
    assert_true(find_pair(apps.tags.view(), "fault.domain", value) && value == "eu");
    assert_true(find_pair(apps.tags.view(), "zone", value) && value == "a");
    assert_int_equal(apps.capacities.containers, 3);
    assert_int_equal(apps.capacities.series, 4);
    assert_int_equal(apps.capacities.series_per_container, 5);
    assert_int_equal(apps.capacities.text_bytes, 4096);
    assert_int_equal(apps.capacities.text_bytes_per_container, 4097);
    assert_int_equal(apps.capacities.members, 6);
    assert_int_equal(apps.capacities.members_per_container, 7);
    assert_int_equal(apps.capacities.sketches, 8);
    assert_int_equal(apps.capacities.sketches_per_container, 9);
}

// The example file describes every key with its default: reading it must change nothing.
void example_file_holds_the_defaults(void**) {
    static Config defaults;
    static Config config;
    ConfigError error;
    set_defaults(defaults);
    set_defaults(config);
    assert_true(
        read_config_file(NMA_SOURCE_DIR "/packaging/node-metrics-agent.json", config, error));
    const AppsConfig& read = config.apps;
    const AppsConfig& built_in = defaults.apps;
    assert_int_equal(read.statsd.listen.size(), 0);
    assert_int_equal(read.statsd.socket_mode, built_in.statsd.socket_mode);
    assert_true(read.statsd.host_container.empty());
    assert_int_equal(read.statsd.receive_buffer_bytes, built_in.statsd.receive_buffer_bytes);
    assert_memory_equal(&read.options, &built_in.options, sizeof read.options);
    assert_true(read.registration.statsd_host == built_in.registration.statsd_host);
    assert_false(read.registration.is_any_host_allowed || read.registration.is_kept_by_manager);
    assert_int_equal(read.registration.port_first, 0);
    assert_int_equal(read.registration.port_last, 0);
    assert_string_equal(read.registration.directory.c_str(),
                        built_in.registration.directory.c_str());
    assert_int_equal(read.registration.count_max, built_in.registration.count_max);
    assert_int_equal(read.prometheus.targets.size(), 0);
    assert_int_equal(read.prometheus.options.interval_s, built_in.prometheus.options.interval_s);
    assert_int_equal(read.prometheus.options.timeout_ms, built_in.prometheus.options.timeout_ms);
    assert_int_equal(read.prometheus.options.samples_max, built_in.prometheus.options.samples_max);
    assert_true(read.mesos.url.empty() && read.mesos.authorization_file.empty());
    assert_int_equal(read.mesos.labels.names.size(), 1);
    assert_string_equal(read.mesos.labels.names[0].c_str(), built_in.mesos.labels.names[0].c_str());
    assert_int_equal(read.mesos.labels.prefixes.size(), 1);
    assert_string_equal(read.mesos.labels.prefixes[0].c_str(),
                        built_in.mesos.labels.prefixes[0].c_str());
    assert_true(read.mesos.has_scraping);
    assert_true(read.tags.empty());
    assert_memory_equal(&read.capacities, &built_in.capacities, sizeof read.capacities);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_refused_with_its_cure),
        cmocka_unit_test(every_key_is_taken),
        cmocka_unit_test(example_file_holds_the_defaults),
    };
    return cmocka_run_group_tests_name("apps_keys", tests, nullptr, nullptr);
}
