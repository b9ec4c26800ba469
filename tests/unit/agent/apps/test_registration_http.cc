#include "agent/apps/registration_http.h"

#include <stdio.h>
#include <unistd.h>

#include <string>

#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Registry* registry;
char body_memory[256 * 1024];
std::string_view answer_body;

RegistrationAnswer ask(std::string_view method, std::string_view path, std::string_view body = {}) {
    TextSink sink(body_memory);
    const RegistrationAnswer answer = answer_registration(method, path, body, *registry, sink);
    answer_body = sink.view();
    return answer;
}

int status(std::string_view method, std::string_view path, std::string_view body = {}) {
    return ask(method, path, body).status;
}

std::string object(const char* id) {
    return std::string(R"({"container_id":")") + id +
           R"(","statsd_host":"127.0.0.1","statsd_port":)" +
           std::to_string(registry->find(id)->port) + "}";
}

int make(void**) {
    registry = &registry_make(1200);
    registry->start(registry_options(), {});
    return 0;
}

int unmake(void**) {
    registry->close();
    return 0;
}

void the_life_of_a_registration(void**) {
    assert_int_equal(status("POST", "/container", R"({"container_id":"a-1"})"), 201);
    const std::string a = object("a-1");
    assert_true(answer_body == a);
    assert_int_equal(status("GET", "/container/a-1"), 200);
    assert_true(answer_body == a);
    assert_int_equal(status("GET", "/containers"), 200);
    assert_true(answer_body == "[" + a + "]");
    const RegistrationAnswer again = ask("POST", "/container", R"({"container_id":"a-1"})");
    assert_int_equal(again.status, 303);
    assert_string_equal(again.location.c_str(), "/container/a-1");
    assert_true(answer_body == a);
    assert_int_equal(status("DELETE", "/container/a-1"), 202);
    assert_true(answer_body == a);
    assert_int_equal(status("DELETE", "/container/a-1"), 404);
    assert_int_equal(status("GET", "/container/a-1"), 404);
    assert_int_equal(status("GET", "/containers"), 200);
    assert_true(answer_body == "[]");
}

void health_and_head_and_queries_and_slashes(void**) {
    assert_int_equal(status("GET", "/health"), 200);
    assert_true(answer_body == R"({"ok":true})");
    assert_int_equal(status("HEAD", "/health?deep=1"), 200);
    assert_int_equal(status("POST", "/container/", R"({"container_id":"a"})"), 201);
    assert_int_equal(status("HEAD", "/container/a/?x"), 200);
    assert_int_equal(status("GET", "/containers/"), 200);
}

void what_a_client_does_wrong_it_is_told(void**) {
    assert_int_equal(status("POST", "/container", "{"), 400);
    assert_true(
        answer_body.starts_with(R"({"error":{"status":400,"reason":"Bad Request","message":")"));
    assert_true(answer_body.ends_with("\"}}"));
    assert_int_equal(status("POST", "/container", ""), 400);
    assert_int_equal(status("POST", "/container", R"({"container_id":"../x"})"), 400);
    assert_int_equal(
        status("POST", "/container", R"({"container_id":"a","statsd_host":"0.0.0.0"})"), 400);
    assert_int_equal(status("POST", "/container", R"({"container_id":"a","statsd_port":80})"), 400);
    assert_int_equal(status("POST", "/container", std::string(5000, ' ')), 413);
    assert_int_equal(registry->count(), 0);
    const int other = open_udp_socket(loopback(), 0, 0);
    const std::string taken =
        R"({"container_id":"a","statsd_port":)" + std::to_string(bound_port(other)) + "}";
    assert_int_equal(status("POST", "/container", taken), 409);
    close(other);
}

void paths_are_what_they_are(void**) {
    for (const char* path : {"", "/", "/container/", "/containers/a", "/container/..",
                             "/container/../container/a", "/container/a/b", "/container/%61",
                             "/container/.a", "/healthy", "//container", "container"}) {
        assert_int_equal(status("DELETE", path),
                         std::string_view(path) == "/container/" ? 405 : 404);
        assert_true(answer_body.starts_with(R"({"error":{"status":4)"));
    }
}

void other_methods_are_refused_with_those_that_are_not(void**) {
    assert_string_equal(ask("GET", "/container").allow, "POST");
    assert_string_equal(ask("PUT", "/container/a").allow, "GET, HEAD, DELETE");
    assert_string_equal(ask("DELETE", "/containers").allow, "GET, HEAD");
    const RegistrationAnswer answer = ask("POST", "/health");
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.allow, "GET, HEAD");
    assert_null(ask("GET", "/health").allow);
}

void a_full_registry_is_503(void**) {
    registry->close();
    registry = &registry_make(1);
    registry->start(registry_options(), {});
    assert_int_equal(status("POST", "/container", R"({"container_id":"a"})"), 201);
    assert_int_equal(status("POST", "/container", R"({"container_id":"b"})"), 503);
    assert_true(answer_body.find("limits.registrations") != answer_body.npos);
}

void an_answer_without_room_is_503_and_whole(void**) {
    for (const char* body : {R"({"container_id":"a"})", R"({"container_id":"b"})",
                             R"({"container_id":"c"})", R"({"container_id":"d"})"}) {
        assert_int_equal(status("POST", "/container", body), 201);
    }
    TextSink sink(std::span<char>(body_memory).first(200));
    assert_int_equal(answer_registration("GET", "/containers", {}, *registry, sink).status, 503);
    assert_true(sink.view().starts_with("{\"error\"") && sink.view().ends_with("}"));
}

// No other test has it, so ports that were given back are still free when they are asked for again.
IpAddress address_of_our_own() {
    char text[sizeof "127.255.255.1"];
    const unsigned id = static_cast<unsigned>(getpid());
    snprintf(text, sizeof text, "127.%u.%u.1", 1 + (id >> 8) % 254, id & 255);
    IpAddress address;
    NMA_CHECK(parse_ip_address(text, address));
    return address;
}

void a_thousand_are_registered_and_loaded_again(void**) {
    static Tree tree;
    tree_make(tree);
    registry->close();
    registry = &registry_make(1200);
    RegistryOptions options = registry_options();
    options.host = address_of_our_own();
    options.directory = tree.path.c_str();
    registry->start(options, {});
    assert_int_equal(registry->load().status, Status::ok);
    for (int i = 0; i < 1100; ++i) {
        char body[64];
        snprintf(body, sizeof body, R"({"container_id":"container-%d"})", i);
        assert_int_equal(status("POST", "/container", body), 201);
    }
    assert_int_equal(status("GET", "/containers"), 200);
    registry->close();
    registry = &registry_make(1200);
    registry->start(options, {});
    assert_int_equal(registry->load().loaded_count, 1100);
    tree_remove(tree);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_life_of_a_registration, make, unmake),
        cmocka_unit_test_setup_teardown(health_and_head_and_queries_and_slashes, make, unmake),
        cmocka_unit_test_setup_teardown(what_a_client_does_wrong_it_is_told, make, unmake),
        cmocka_unit_test_setup_teardown(paths_are_what_they_are, make, unmake),
        cmocka_unit_test_setup_teardown(other_methods_are_refused_with_those_that_are_not, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_full_registry_is_503, make, unmake),
        cmocka_unit_test_setup_teardown(an_answer_without_room_is_503_and_whole, make, unmake),
        cmocka_unit_test_setup_teardown(a_thousand_are_registered_and_loaded_again, make, unmake),
    };
    return cmocka_run_group_tests_name("registration_http", tests, nullptr, nullptr);
}
