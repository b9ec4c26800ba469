#include "agent/apps/registration_json.h"

#include <string>

#include "platform/base/check.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

JsonArena& json() {
    static Arena arena;
    static JsonArena result;
    if (arena.is_measuring()) {
        NMA_CHECK(arena.map(limits::registration_json_bytes));
        result.init(arena, "JSON", limits::registration_json_bytes);
    }
    return result;
}

// "id host port", or "malformed".
std::string read(std::string_view text) {
    RegistrationRequest request = {"untouched", "", 1};
    if (parse_registration(json(), text, request) != Status::ok) {
        assert_true(request.container_id == "untouched" && request.statsd_port == 1);
        return "malformed";
    }
    return std::string(request.container_id) + " " + std::string(request.statsd_host) + " " +
           std::to_string(request.statsd_port);
}

void what_the_mesos_module_sends_is_read(void**) {
    assert_string_equal(read(R"({"container_id":"a-1"})").c_str(), "a-1  0");
}

void host_and_port_may_be_there_empty_or_null(void**) {
    assert_string_equal(
        read(R"({"container_id":"a","statsd_host":"127.0.0.1","statsd_port":8125})").c_str(),
        "a 127.0.0.1 8125");
    assert_string_equal(read(R"({"container_id":"a","statsd_host":"","statsd_port":0})").c_str(),
                        "a  0");
    assert_string_equal(
        read(R"({"container_id":"a","statsd_host":null,"statsd_port":null})").c_str(), "a  0");
    assert_string_equal(read(R"( {"other":[{"a":{}}],"container_id":"a"} )").c_str(), "a  0");
    assert_string_equal(read(R"({"container_id":"a","statsd_port":65535})").c_str(), "a  65535");
}

void all_else_is_malformed(void**) {
    for (const char* text : {"",
                             "{",
                             "{}",
                             "[]",
                             "null",
                             "\"a\"",
                             R"({"container_id":""})",
                             R"({"container_id":1})",
                             R"({"container_id":null})",
                             R"({"Container_ID":"a"})",
                             R"({"container_id":"a"} {})",
                             R"({"container_id":"a","container_id":"b"})",
                             R"({"container_id":"a","statsd_host":127})",
                             R"({"container_id":"a","statsd_host":["127.0.0.1"]})",
                             R"({"container_id":"a","statsd_port":"8125"})",
                             R"({"container_id":"a","statsd_port":-1})",
                             R"({"container_id":"a","statsd_port":65536})",
                             R"({"container_id":"a","statsd_port":8125.5})",
                             R"({"container_id":"a","statsd_port":1e99})",
                             R"({"container_id":"a\u0000b"})"}) {
        assert_string_equal(read(text).c_str(), "malformed");
    }
}

void large_and_deep_texts_are_malformed(void**) {
    std::string text = R"({"container_id":"a","x":")";
    text.append(limits::registration_bytes_max - text.size() - 2, 'x').append("\"}");
    assert_string_equal(read(text).c_str(), "a  0");
    text.insert(1, " ");
    assert_string_equal(read(text).c_str(), "malformed");
    assert_string_equal(read(std::string(4000, '[')).c_str(), "malformed");
    std::string full = "[";
    while (full.size() < 4000)
        full += "1,";
    assert_string_equal(read(full + "1]").c_str(), "malformed");
    assert_string_equal(read(R"({"container_id":"a"})").c_str(), "a  0");
}

void every_prefix_is_malformed(void**) {
    const std::string text = R"({"container_id":"a","statsd_host":"127.0.0.1","statsd_port":8125})";
    for (std::size_t i = 0; i < text.size(); ++i)
        assert_string_equal(read(text.substr(0, i)).c_str(), "malformed");
}

void ids_are_file_names_and_never_ways(void**) {
    for (const char* id : {"a", "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60", "parent.child", "A_b.9-",
                           "-", "_", "a..b", "test-standalone-3f1c"}) {
        assert_true(is_registration_id(id));
    }
    for (const char* id : {"", ".", "..", "...", ".hidden", "a/b", "/", "../a", "a\\b", "a b",
                           "a\n", "a%2f", "ä", "a:b", "a*", "a\x7f"}) {
        assert_false(is_registration_id(id));
    }
    assert_false(is_registration_id(std::string_view("a\0b", 3)));
    assert_true(is_registration_id(std::string(255, 'a')));
    assert_false(is_registration_id(std::string(256, 'a')));
}

void what_is_written_is_read_back(void**) {
    Registration registration;
    assert_true(registration.id.assign("parent.child"));
    assert_true(parse_ip_address("fd00::1", registration.host));
    registration.port = 61825;
    char memory[128];
    TextSink sink(memory);
    write_registration(sink, registration);
    assert_true(sink.view() ==
                R"({"container_id":"parent.child","statsd_host":"fd00::1","statsd_port":61825})");
    assert_string_equal(read(sink.view()).c_str(), "parent.child fd00::1 61825");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_the_mesos_module_sends_is_read),
        cmocka_unit_test(host_and_port_may_be_there_empty_or_null),
        cmocka_unit_test(all_else_is_malformed),
        cmocka_unit_test(large_and_deep_texts_are_malformed),
        cmocka_unit_test(every_prefix_is_malformed),
        cmocka_unit_test(ids_are_file_names_and_never_ways),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests_name("registration_json", tests, nullptr, nullptr);
}
