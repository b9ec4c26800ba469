#include "agent/app_facts.h"

#include <stdio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "agent/config.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

char folder[] = "/tmp/nma-facts-XXXXXX";
Config config;
AppFacts facts;

FixedText<256> inside(const char* name) {
    FixedText<256> path;
    assert_true(path.assign(std::string_view(folder)) && path.append("/") && path.append(name));
    return path;
}

int make_folder(void**) {
    return mkdtemp(folder) == nullptr;
}

int remove_folder(void**) {
    return rmdir(folder);
}

void look_at(const char* text) {
    ConfigError error;
    config = Config{};
    facts = AppFacts{};
    set_defaults(config);
    const bool is_good = read_config_text("test", text, config, error);
    if (!is_good) print_error("%s\n", error.c_str());
    assert_true(is_good && finish_config(config, error));
    read_app_facts_of_start(config, facts);
    read_app_facts(config, facts);
}

void look_at_directory(const char* path) {
    char text[512];
    snprintf(text, sizeof text,
             R"({"listen": [{"address": "unix:/r", "serves": "registration"}],
                 "registration": {"directory": "%s"}})",
             path);
    look_at(text);
}

void nothing_is_looked_at_that_is_not_configured(void**) {
    look_at("{}");
    assert_int_equal(facts.buffer_bytes_wanted, 0);
    assert_true(facts.directory == DirectoryProbe::not_asked);
    assert_int_equal(facts.registration_count_max, 0);
    assert_false(facts.is_host_foreign);
    assert_true(facts.mesos == MesosProbe::not_asked);
    assert_true(facts.unreadable_files.empty() && facts.reachable_statsd.empty());
}

void a_directory_that_the_agent_would_make_is_good_and_not_made(void**) {
    const FixedText<256> path = inside("a/b/containers");
    look_at_directory(path.c_str());
    assert_true(facts.directory == DirectoryProbe::ok);
    assert_int_not_equal(access(inside("a").c_str(), F_OK), 0);
}

void a_directory_is_looked_at_as_the_agent_does(void**) {
    look_at_directory("/dev/null");
    assert_true(facts.directory == DirectoryProbe::no_directory);
    look_at_directory("/dev/null/containers");
    assert_true(facts.directory == DirectoryProbe::denied);
    look_at_directory("/tmp/");
    assert_true(facts.directory == DirectoryProbe::open_to_all);
    look_at_directory(folder);
    assert_true(facts.directory == DirectoryProbe::ok);
}

void addresses_that_others_reach_are_named_where_they_fit(void**) {
    look_at(R"({"statsd": {"listen": ["127.0.0.1:1", "[::1]:1", "unix:/s", "systemd:x",
                                      "192.0.2.1:1", "[2001:db8::1]:1"]}})");
    assert_string_equal(facts.reachable_statsd.c_str(), "192.0.2.1, 2001:db8::1");
    assert_true(facts.has_unix_statsd);
}

void an_address_of_this_machine_is_told_from_others(void**) {
    look_at(R"({"listen": [{"address": "unix:/r", "serves": "registration"}],
                "registration": {"statsd_host": "203.0.113.77", "directory": ""}})");
    assert_true(facts.is_host_foreign);
    assert_string_equal(facts.host.c_str(), "203.0.113.77");
    look_at(R"({"listen": [{"address": "unix:/r", "serves": "registration"}],
                "registration": {"directory": ""}})");
    assert_false(facts.is_host_foreign);
    assert_true(facts.directory == DirectoryProbe::not_asked);
}

// For root with CAP_NET_ADMIN the kernel grants all of it.
void a_buffer_is_as_large_as_the_kernel_makes_it(void**) {
    look_at(R"({"statsd": {"listen": ["127.0.0.1:0"], "receive_buffer_bytes": 4097}})");
    assert_int_equal(facts.buffer_bytes_wanted, 4096);
    assert_int_equal(facts.buffer_bytes_granted, 4096);
    look_at(R"({"statsd": {"listen": ["127.0.0.1:0"], "receive_buffer_bytes": 1073741824}})");
    assert_true(facts.buffer_bytes_granted >= 4096);
    assert_true(facts.buffer_bytes_granted <= facts.buffer_bytes_wanted);
}

void every_file_of_keys_is_tried(void**) {
    look_at(R"({"auth": {"secret_file": "/none/a", "public_key_file": "/none/b",
                         "jwks_file": "/none/c", "tokens_file": "/none/d", "acl_file": "/none/e"}})");
    for (const char* name : {"/none/a: ", "/none/b: ", "/none/c: ", "/none/d: ", "/none/e: "})
        assert_non_null(std::strstr(facts.unreadable_files.c_str(), name));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_looked_at_that_is_not_configured),
        cmocka_unit_test(a_directory_that_the_agent_would_make_is_good_and_not_made),
        cmocka_unit_test(a_directory_is_looked_at_as_the_agent_does),
        cmocka_unit_test(addresses_that_others_reach_are_named_where_they_fit),
        cmocka_unit_test(an_address_of_this_machine_is_told_from_others),
        cmocka_unit_test(a_buffer_is_as_large_as_the_kernel_makes_it),
        cmocka_unit_test(every_file_of_keys_is_tried),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
