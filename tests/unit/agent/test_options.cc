#include "agent/options.h"

#include <initializer_list>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

struct Parsed {
    bool is_good;
    Options options;
    FixedText<256> error;
};

Parsed parse(std::initializer_list<const char*> words) {
    char* argv[16] = {const_cast<char*>("node-metrics-agent")};
    int argc = 1;
    for (const char* word : words)
        argv[argc++] = const_cast<char*>(word);
    Parsed parsed = {};
    parsed.is_good = parse_options(argc, argv, parsed.options, parsed.error);
    return parsed;
}

void doctor_is_a_command_without_words(void**) {
    assert_true(parse({"--host-root", "/h", "doctor"}).options.command == Command::doctor);
    assert_false(parse({"doctor", "now"}).is_good);
}

void nothing_means_run(void**) {
    const Parsed parsed = parse({});
    assert_true(parsed.is_good);
    assert_true(parsed.options.command == Command::run);
    assert_int_equal(parsed.options.listen_count, 0);
}

void all_options_are_taken_before_and_after_the_command(void**) {
    const Parsed parsed =
        parse({"--config", "f", "once", "--listen=unix:/a", "container", "--listen", "[::1]:1",
               "abc", "--interval", "3", "--host-root", "/h", "--view", "full"});
    assert_true(parsed.is_good);
    assert_true(parsed.options.command == Command::once_container);
    assert_string_equal(parsed.options.config_path, "f");
    assert_int_equal(parsed.options.listen_count, 2);
    assert_string_equal(parsed.options.listen[0], "unix:/a");
    assert_string_equal(parsed.options.container_id, "abc");
    assert_int_equal(parsed.options.interval_s, 3);
    assert_string_equal(parsed.options.host_root, "/h");
    assert_true(parsed.options.is_full_view);
}

void each_command_is_known(void**) {
    assert_true(parse({"once", "node"}).options.command == Command::once_node);
    assert_true(parse({"once", "containers"}).options.command == Command::once_containers);
    assert_true(parse({"check-config"}).options.command == Command::check_config);
    assert_true(parse({"budget"}).options.command == Command::budget);
    assert_true(parse({"datapoints"}).options.command == Command::datapoints);
    assert_true(parse({"--version"}).options.command == Command::version);
    assert_true(parse({"--help"}).options.command == Command::help);
}

void token_new_takes_a_uid_and_permissions(void**) {
    const Parsed parsed = parse({"token", "new", "p:one", "--uid", "grafana", "p:two"});
    assert_true(parsed.is_good);
    assert_true(parsed.options.command == Command::token_new);
    assert_string_equal(parsed.options.token_uid, "grafana");
    assert_int_equal(parsed.options.permission_count, 2);
    assert_int_equal(parse({"token", "new"}).options.permission_count, 0);
}

void mistakes_are_named(void**) {
    const char* once = "once: say `once node`, `once containers` or `once container ID`";
    assert_string_equal(parse({"--colour"}).error.c_str(), "unknown option --colour; see --help");
    assert_string_equal(parse({"--config"}).error.c_str(), "--config needs a value; see --help");
    assert_string_equal(parse({"serve"}).error.c_str(), "unknown command serve; see --help");
    assert_string_equal(parse({"budget", "now"}).error.c_str(), "surplus word now; see --help");
    assert_string_equal(parse({"--interval", "0"}).error.c_str(),
                        "--interval 0: give whole seconds from 1 to 3600");
    assert_string_equal(parse({"--interval", "5s"}).error.c_str(),
                        "--interval 5s: give whole seconds from 1 to 3600");
    assert_string_equal(parse({"--view", "all"}).error.c_str(),
                        "--view all: give standard or full");
    assert_string_equal(parse({"token"}).error.c_str(),
                        "token: say `token new [--uid UID] [PERMISSION]...`");
    assert_false(parse({"token", "old"}).is_good);
    assert_string_equal(parse({"--uid", "a", "budget"}).error.c_str(),
                        "--uid a: it is for `token new` only");
    assert_false(parse({"--uid", "a"}).is_good);
    assert_string_equal(parse({"once"}).error.c_str(), once);
    assert_string_equal(parse({"once", "container"}).error.c_str(), once);
    assert_string_equal(parse({"once", "node", "x"}).error.c_str(), once);
    assert_false(parse({"once", "x"}).is_good);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(nothing_means_run),
        cmocka_unit_test(doctor_is_a_command_without_words),
        cmocka_unit_test(all_options_are_taken_before_and_after_the_command),
        cmocka_unit_test(each_command_is_known),
        cmocka_unit_test(token_new_takes_a_uid_and_permissions),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests_name("options", tests, nullptr, nullptr);
}
