#include "agent/config.h"

#include <string_view>

#include "tests/support/cmocka.h"
#include "tests/support/tree.h"

namespace {

using namespace nma;

const char* error_of(std::string_view text) {
    static Config config;
    static ConfigError error;
    set_defaults(config);
    error.clear();
    const bool is_good = read_config_text("f", text, config, error);
    assert_int_equal(is_good, error.empty());
    return error.c_str();
}

struct BadCase {
    std::string_view text;
    const char* error;
};

constexpr BadCase bad_cases[] = {
    {"", "f:1: the file is not valid JSON here (a comma or quote too many or too few?)"},
    {"[]", "f:1: the file must be one JSON object: { ... }"},
    {"{}x", "f:1: the file is not valid JSON here (a comma or quote too many or too few?)"},
    {"{\n\"node\": {},\n}",
     "f:3: the file is not valid JSON here (a comma or quote too many or too few?)"},
    {"{\n\"interval\": 3}",
     "f:2: interval is not a known key; known here: listen, interval_s, host_root, node, "
     "discovery, disk, http, auth, process, limits, statsd, registration, prometheus, mesos, tags"},
    {"{\"node\": {\n\n\"rol\": 3}}",
     "f:3: node.rol is not a known key; known here: mesos_id, cluster_id, hostname, role"},
    {"{\"Listen\": []}",
     "f:1: Listen is not a known key; known here: listen, interval_s, host_root, node, discovery, "
     "disk, http, auth, process, limits, statsd, registration, prometheus, mesos, tags"},
    {"{\n\"interval_s\": \"3\"}", "f:2: interval_s must be a whole number"},
    {"{\"interval_s\": 1.5}", "f:1: interval_s must be a whole number"},
    {"{\"interval_s\": 0}", "f:1: interval_s must be from 1 to 3600"},
    {"{\"interval_s\": 1e300}", "f:1: interval_s must be from 1 to 3600"},
    {"{\"interval_s\": 3,\n\"interval_s\": 4}", "f:2: interval_s is there twice: remove one"},
    {"{\"listen\": \"127.0.0.1:1\"}", "f:1: listen must be an array of addresses and objects"},
    {"{\"listen\": [1]}", "f:1: listen[0] must be an address or an object"},
    {"{\"listen\": [\"[::1]:1\",\nnull]}", "f:2: listen[1] must be an address or an object"},
    {"{\"listen\": [\"[::1]:1\",\"[::1]:1\",\"[::1]:1\",\"[::1]:1\",\"[::1]:1\",\"[::1]:1\","
     "\"[::1]:1\",\"[::1]:1\",\"\"]}",
     "f:1: listen has more than 8 addresses"},
    {"{\"listen\": [\"[::1]:1\",\n{}]}",
     "f:2: listen[1] is \"\": give ADDRESS:PORT (such as 127.0.0.1:61092 or [::1]:61092), "
     "unix:/path, or systemd:NAME"},
    {"{\"listen\": [\"[::1]:1\",\n{\"address\": \"[::1]:1\",\n\"auht\": \"none\"}]}",
     "f:3: listen[1].auht is not a known key; known here: address, serves, auth, uids, gids, "
     "owner, group, "
     "mode, tls_certificate_file, tls_key_file, tls_client_ca_file, connections, "
     "connections_per_address, header_bytes, idle_s, request_s"},
    {"{\"listen\": [\"[::1]:1\",\n{\"address\": \"0.0.0.0:80\", \"auth\": \"none\"}]}",
     "f:2: listen[1] is \"0.0.0.0:80\": others can reach this address, and with auth \"none\" "
     "nobody "
     "would ask who they are; use auth \"token\", or listen on 127.0.0.1, [::1] or a unix socket"},
    {"{\"listen\": [{\"serves\": \"both\"}]}",
     "f:1: listen[0].serves must be \"metrics\" or \"registration\""},
    {"{\"listen\": [{\"address\": \"unix:/s\", \"auth\": \"token\", \"serves\": "
     "\"registration\"}]}",
     "f:1: listen[0] is \"unix:/s\": registrations come without tokens; leave \"auth\" out, or use "
     "\"peer\" on a unix socket"},
    {"{\"listen\": [{\"serves\": \"registration\", \"address\": \"0.0.0.0:80\"}]}",
     "f:1: listen[0] is \"0.0.0.0:80\": others can reach this address, and registrations come "
     "without tokens; listen on a unix socket, 127.0.0.1 or [::1]"},
    {"{\"listen\": [{\"serves\": \"registration\", \"address\": \"unix:/s\", "
     "\"tls_certificate_file\": \"/c\", \"tls_key_file\": \"/k\"}]}",
     "f:1: listen[0] is \"unix:/s\": registrations come without TLS; leave the \"tls_\" keys out"},
    {"{\"listen\": [{\"auth\": \"off\"}]}",
     "f:1: listen[0].auth must be \"token\", \"none\" or \"peer\""},
    {"{\"listen\": [{\"uids\": [0,\nnull]}]}", "f:2: listen[0].uids[1] must be a number or a name"},
    {"{\"listen\": [{\"uids\": [\"no such user\"]}]}",
     "f:1: listen[0].uids has the name of no user here; give the number"},
    {"{\"listen\": [{\"gids\": [-1]}]}", "f:1: listen[0].gids has a number that is no ID"},
    {"{\"listen\": [{\"gids\": [4294967295]}]}", "f:1: listen[0].gids has a number that is no ID"},
    {"{\"listen\": [{\"gids\": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]}",
     "f:1: listen[0].gids has more than 16 of them"},
    {"{\"listen\": [{\"mode\": \"0668\"}]}",
     "f:1: listen[0].mode must be octal digits, as in \"0660\""},
    {"{\"listen\": [{\"mode\": \"01777\"}]}",
     "f:1: listen[0].mode must be octal digits, as in \"0660\""},
    {"{\"listen\": [{\"header_bytes\": 1023}]}",
     "f:1: listen[0].header_bytes must be from 1024 to 24576"},
    {"{\"http\": {\"idle_s\": 0}}", "f:1: http.idle_s must be from 1 to 3600"},
    {"{\"auth\": {\"authorizer_cache_s\": 0}}",
     "f:1: auth.authorizer_cache_s must be from 1 to 3600"},
    {"{\"auth\": {\"secret\": \"x\"}}",
     "f:1: auth.secret is not a known key; known here: secret_file, public_key_file, jwks_file, "
     "tokens_file, leeway_s, acl_file, authorizer_socket, authorizer_timeout_ms, "
     "authorizer_cache_s"},
    {"{\n\"node.role\": \"master\"}",
     "f:2: node.role is not a known key; known here: listen, interval_s, host_root, node, "
     "discovery, disk, http, auth, process, limits, statsd, registration, prometheus, mesos, tags"},
    {"{\"interval\\u005fs\": \"3\"}", "f: interval_s must be a whole number"},
    {"{\"node\": {\n\"mesos_id\": \"a/b\"}}",
     "f:2: node.mesos_id must be of letters, digits and hyphens"},
    {"{\"node\": []}", "f:1: node must be an object"},
    {"{\"node\": {\"role\": \"king\"}}", "f:1: node.role must be \"agent\" or \"master\""},
    {"{\"http\": {\"accept_required\": 1}}", "f:1: http.accept_required must be true or false"},
    {"{\"limits\": {\"containers\": 16385}}", "f:1: limits.containers must be from 1 to 16384"},
    {"{\"discovery\": {\"services\": null}}", "f:1: discovery.services must be true or false"},
    {"{\"process\": {\"seccomp\": 1}}", "f:1: process.seccomp must be true or false"},
    {"{\"process\": {\n\"capabilities\": [\"CAP_DAC_READ_SEARCH\", \"CAP_SETUID\"]}}",
     "f:2: process.capabilities has a name that is none of CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, "
     "CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_PTRACE"},
    {"{\"process\": {\"capabilities\": [7]}}", "f:1: process.capabilities[0] must be a string"},
};

void each_mistake_is_refused_with_line_path_and_cure(void**) {
    for (const BadCase& bad : bad_cases)
        assert_string_equal(error_of(bad.text), bad.error);
    assert_string_equal(error_of({"{}\0{}", 5}), "f:1: the file has a NUL byte: it is not text");
}

void every_key_is_taken(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(
        read_config_text("f",
                         "{\"listen\": [\"[::1]:1\", \"unix:/s\"], \"interval_s\": 3600, // max\n"
                         "\"host_root\": \"/host\", \"node\": {\"mesos_id\": \"m-S1\", "
                         "\"cluster_id\": \"c\", \"hostname\": \"h\", \"role\": \"master\"},"
                         "\"discovery\": {\"services\": true, \"mesos_cgroups_root\": \"m\"},"
                         "\"http\": {\"accept_required\": true, \"connections\": 7},"
                         "\"process\": {\"user\": \"nma\", \"capabilities\": "
                         "[\"CAP_NET_ADMIN\"], \"seccomp\": false, \"landlock\": false},"
                         "\"limits\": {\"containers\": 9}}",
                         config, error));
    assert_string_equal(config.process.user.c_str(), "nma");
    assert_int_equal(config.process.capabilities, capability_of("CAP_NET_ADMIN"));
    assert_false(config.process.has_seccomp);
    assert_false(config.process.has_landlock);
    assert_int_equal(config.listen.size(), 2);
    assert_string_equal(config.listen[1].text.c_str(), "unix:/s");
    assert_string_equal(config.listen[1].options.address.path.c_str(), "/s");
    assert_int_equal(config.interval_s, 3600);
    assert_string_equal(config.host_root.c_str(), "/host");
    assert_string_equal(config.node.mesos_id.c_str(), "m-S1");
    assert_string_equal(config.node.cluster_id.c_str(), "c");
    assert_string_equal(config.node.hostname.c_str(), "h");
    assert_true(config.node.role == Role::master);
    assert_true(config.has_services);
    assert_string_equal(config.mesos_cgroups_root.c_str(), "m");
    assert_true(config.is_accept_required);
    assert_int_equal(config.listener_defaults.connection_count_max, 7);
    assert_int_equal(config.capacities.containers, 9);
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
    assert_int_equal(config.listen.size(), 1);
    assert_string_equal(config.listen[0].text.c_str(), "127.0.0.1:61092");
    assert_true(config.listen[0].options.auth == AuthMode::none);
    assert_int_equal(config.interval_s, defaults.interval_s);
    assert_string_equal(config.host_root.c_str(), defaults.host_root.c_str());
    assert_true(config.node.mesos_id.empty());
    assert_true(config.node.role == Role::agent);
    assert_int_equal(config.has_services, defaults.has_services);
    assert_string_equal(config.mesos_cgroups_root.c_str(), defaults.mesos_cgroups_root.c_str());
    assert_int_equal(config.is_accept_required, defaults.is_accept_required);
    assert_int_equal(config.listener_defaults.connection_count_max, 64);
    assert_int_equal(config.listener_defaults.connections_per_address_max, 16);
    assert_int_equal(config.listener_defaults.header_bytes_max, 16384);
    assert_int_equal(config.listener_defaults.idle_s_max, 30);
    assert_int_equal(config.listener_defaults.request_s_max, 30);
    assert_true(config.auth.tokens.secret.empty() && config.auth.authorization.acl.empty());
    assert_int_equal(config.auth.tokens.leeway_s, defaults.auth.tokens.leeway_s);
    assert_int_equal(config.auth.authorization.timeout_ms, defaults.auth.authorization.timeout_ms);
    assert_int_equal(config.auth.authorization.cache_s, defaults.auth.authorization.cache_s);
    assert_int_equal(config.capacities.containers, defaults.capacities.containers);
    assert_true(config.process.user.empty());
    assert_int_equal(config.process.capabilities, defaults.process.capabilities);
    assert_int_equal(config.process.has_seccomp, defaults.process.has_seccomp);
    assert_int_equal(config.process.has_landlock, defaults.process.has_landlock);
}

void file_that_cannot_be_read_is_named(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_false(read_config_file("/nonexistent/f", config, error));
    assert_string_equal(error.c_str(),
                        "/nonexistent/f: cannot read the configuration: No such file or directory");
    assert_false(read_config_file("/proc", config, error));
    assert_string_equal(error.c_str(), "/proc: cannot read the configuration: Is a directory");
    assert_false(read_config_file("/dev/zero", config, error));
    assert_string_equal(error.c_str(),
                        "/dev/zero: cannot read the configuration: it has more than 256 KiB");
}

void command_line_wins_over_the_file(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(
        read_config_text("f", "{\"listen\": [\"[::1]:1\"], \"interval_s\": 5}", config, error));
    Options options;
    options.interval_s = 2;
    options.listen[0] = "unix:/s";
    options.listen_count = 1;
    options.auth = AuthMode::none;
    options.host_root = "/h";
    assert_true(apply_options(options, config, error));
    assert_int_equal(config.interval_s, 2);
    assert_int_equal(config.listen.size(), 1);
    assert_string_equal(config.listen[0].text.c_str(), "unix:/s");
    assert_true(config.listen[0].options.auth == AuthMode::none);
    assert_string_equal(config.host_root.c_str(), "/h");
}

void listener_has_its_own_policy_and_limits(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(read_config_text(
        "f",
        "{\"listen\": [{\"address\": \"unix:/s\", \"auth\": \"peer\", \"uids\": [0, \"root\", 5],"
        "\"gids\": [\"root\"], \"owner\": \"root\", \"group\": \"7\", \"mode\": \"0600\"},"
        "{\"address\": \"[::1]:1\", \"connections\": 3, \"connections_per_address\": 2,"
        "\"header_bytes\": 2048, \"idle_s\": 4, \"request_s\": 5,"
        "\"tls_certificate_file\": \"/c\", \"tls_key_file\": \"/k\","
        "\"tls_client_ca_file\": \"/a\"}], \"http\": {\"idle_s\": 9},"
        "\"auth\": {\"tokens_file\": \"/t\"}}",
        config, error));
    assert_true(finish_config(config, error));
    const ListenerOptions& first = config.listen[0].options;
    assert_true(first.auth == AuthMode::peer);
    assert_int_equal(first.peers.uid_count, 3);
    assert_int_equal(first.peers.uids[2], 5);
    assert_int_equal(first.peers.gid_count, 1);
    assert_int_equal(first.mode, 0600);
    assert_string_equal(first.group.c_str(), "7");
    assert_int_equal(first.idle_s_max, 9);
    assert_int_equal(first.request_s_max, 30);
    const ListenerOptions& second = config.listen[1].options;
    assert_true(second.auth == AuthMode::token);
    assert_int_equal(second.connection_count_max, 3);
    assert_int_equal(second.connections_per_address_max, 2);
    assert_int_equal(second.header_bytes_max, 2048);
    assert_int_equal(second.idle_s_max, 4);
    assert_int_equal(second.request_s_max, 5);
    assert_string_equal(second.tls.client_ca.c_str(), "/a");
}

void tokens_are_asked_for_unless_said_otherwise_and_need_keys(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(finish_config(config, error));
    assert_int_equal(config.listen.size(), 1);
    assert_true(config.listen[0].options.auth == AuthMode::none);
    set_defaults(config);
    assert_true(read_config_text("f", "{\"listen\": [\"127.0.0.1:1\"]}", config, error));
    assert_false(finish_config(config, error));
    assert_true(error.view().starts_with("127.0.0.1:1 asks for tokens, and no token could be"));
    set_defaults(config);
    Options options;
    options.listen[0] = "[::1]:1";
    options.listen_count = 1;
    assert_true(apply_options(options, config, error));
    assert_false(finish_config(config, error));
    assert_true(config.auth.tokens.jwks.assign("/j"));
    assert_true(finish_config(config, error));
}

void registrations_are_open_unless_said_otherwise_in_any_order_of_keys(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    assert_true(read_config_text(
        "f",
        "{\"listen\": [{\"address\": \"unix:/a\", \"serves\": \"registration\"},"
        "{\"serves\": \"registration\", \"address\": \"127.0.0.1:1\", \"auth\": \"none\"},"
        "{\"auth\": \"peer\", \"uids\": [0], \"serves\": \"registration\", "
        "\"address\": \"unix:/b\", \"mode\": \"0600\"},"
        "{\"address\": \"127.0.0.1:2\", \"serves\": \"metrics\"}],"
        "\"auth\": {\"tokens_file\": \"/t\"}}",
        config, error));
    assert_true(finish_config(config, error));
    assert_int_equal(config.listen.size(), 4);
    constexpr AuthMode modes[] = {AuthMode::none, AuthMode::none, AuthMode::peer, AuthMode::token};
    for (std::size_t i = 0; i < 4; ++i) {
        const ListenerOptions& listener = config.listen[i].options;
        assert_true(listener.auth == modes[i]);
        assert_true((listener.service == ListenerService::registration) == (i < 3));
    }
}

void metrics_are_served_next_to_registrations(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    constexpr const char* one =
        "{\"listen\": [{\"address\": \"unix:/a\", \"serves\": \"registration\"}]}";
    assert_true(read_config_text("f", one, config, error));
    assert_true(finish_config(config, error));
    assert_int_equal(config.listen.size(), 2);
    assert_string_equal(config.listen[1].text.c_str(), "127.0.0.1:61092");
    assert_true(config.listen[1].options.auth == AuthMode::none);
    assert_true(config.listen[1].options.service == ListenerService::metrics);
    assert_int_equal(config.listen[1].options.connection_count_max, 64);
}

void registrations_leave_room_for_metrics(void**) {
    static Config config;
    ConfigError error;
    set_defaults(config);
    for (std::size_t i = 0; i < limits::listener_count_max; ++i)
        config.listen.add()->options.service = ListenerService::registration;
    assert_false(finish_config(config, error));
    assert_true(error.view().ends_with("none is left for metrics: remove one"));
}

void every_prefix_of_a_good_text_is_refused(void**) {
    constexpr std::string_view good = "{\"listen\": [\"[::1]:1\"], /* c */ \"interval_s\": 5}";
    assert_string_equal(error_of(good), "");
    for (std::size_t size = 0; size < good.size(); ++size) {
        assert_string_not_equal(error_of(good.substr(0, size)), "");
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_refused_with_line_path_and_cure),
        cmocka_unit_test(every_key_is_taken),
        cmocka_unit_test(example_file_holds_the_defaults),
        cmocka_unit_test(file_that_cannot_be_read_is_named),
        cmocka_unit_test(command_line_wins_over_the_file),
        cmocka_unit_test(listener_has_its_own_policy_and_limits),
        cmocka_unit_test(tokens_are_asked_for_unless_said_otherwise_and_need_keys),
        cmocka_unit_test(registrations_are_open_unless_said_otherwise_in_any_order_of_keys),
        cmocka_unit_test(metrics_are_served_next_to_registrations),
        cmocka_unit_test(registrations_leave_room_for_metrics),
        cmocka_unit_test(every_prefix_of_a_good_text_is_refused),
    };
    return cmocka_run_group_tests_name("config", tests, nullptr, nullptr);
}
