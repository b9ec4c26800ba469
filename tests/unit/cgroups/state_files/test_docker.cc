#include <cstdio>
#include <cstring>

#include "cgroups/state_files/state_files.h"
#include "tests/support/state_text.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define UUID "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60"
#define ABOUT_ID(more) (R"({"ID":")" STATE_ID R"(")" more "}")
#define AGENT "bb29a13c-98d4-4f2a-89af-3bd3058e9f98-S1"

// As Docker 20.10 writes it, without most of what we do not read.
constexpr std::string_view typical =
    R"({"StreamConfig":{},"State":{"Running":true,"Paused":false,"Pid":4711,"ExitCode":0,)"
    R"("StartedAt":"2024-03-01T09:12:44.1Z","FinishedAt":"0001-01-01T00:00:00Z","Health":null},)"
    R"("ID":")" STATE_ID
    R"(","Created":"2024-03-01T09:12:43.9Z","Managed":false,"Path":"/docker-entrypoint.sh",)"
    R"("Args":["nginx","-g","daemon off;"],"Config":{"Hostname":"3f1a2b9c4d5e","User":"",)"
    R"("ExposedPorts":{"80/tcp":{}},"Env":["PATH=/usr/sbin:/usr/bin","A=\"b\""],"Cmd":["nginx"],)"
    R"("Image":"nginx:1.25","Volumes":null,"WorkingDir":"","Labels":{"tier":"web",)"
    R"("com.docker.compose.project":"shop","note":"two\nlines"},"StopSignal":"SIGQUIT"},)"
    R"("Image":"sha256:0123456789abcdef","NetworkSettings":{"Networks":{"bridge":{"Name":"x"}}},)"
    R"("Name":"/web-1","Driver":"overlay2","MountPoints":{},"HasBeenStartedBefore":true})"
    "\n";

Status scan(std::string_view text, ContainerMeta& meta) {
    meta = {};
    return scan_docker_config(text, STATE_ID, state_json(), meta);
}

const char* dump(std::string_view text) {
    ContainerMeta meta;
    const Status status = scan(text, meta);
    return status == Status::ok ? state_dump(meta) : status_name(status);
}

const char* named(const char* name) {
    static char text[1024];
    snprintf(text, sizeof text, R"({"ID":"%s","Config":{"Image":"i","Labels":null},"Name":"%s"})",
             STATE_ID, name);
    return dump(text);
}

void typical_text_gives_name_image_and_labels(void**) {
    assert_string_equal(dump(typical),
                        "docker web-1 nginx:1.25 - - tier=web;com.docker.compose.project=shop;"
                        "note=two\nlines; +0");
}

void image_without_a_name_gives_its_id(void**) {
    assert_string_equal(
        dump(R"({"ID":")" STATE_ID R"(","Config":{"Labels":{}},"Image":"sha256:01","Name":"/a"})"),
        "docker a sha256:01 - - - +0");
    assert_string_equal(dump(R"({"ID":")" STATE_ID R"(","Name":"/a"})"), "docker a - - - - +0");
}

void container_of_mesos_gives_its_id(void**) {
    assert_string_equal(named("/mesos-" UUID), "docker mesos-" UUID " i - " UUID " - +0");
    assert_string_equal(named("/mesos-" AGENT "." UUID),
                        "docker mesos-" AGENT "." UUID " i - " UUID " - +0");
    assert_string_equal(named("/mesos-" AGENT "." UUID ".executor"),
                        "docker mesos-" AGENT "." UUID ".executor i - - - +0");
    assert_string_equal(named("/mesos-" UUID ".executor"),
                        "docker mesos-" UUID ".executor i - - - +0");
    assert_string_equal(named("/mesos-master"), "docker mesos-master i - - - +0");
    assert_string_equal(named("/mesos-dns.example"), "docker mesos-dns.example i - - - +0");
    assert_string_equal(named("/not-mesos-" UUID), "docker not-mesos-" UUID " i - - - +0");
}

void containers_of_kubernetes_give_their_pod(void**) {
    assert_string_equal(
        dump(R"({"ID":")" STATE_ID R"(","Config":{"Image":"pause","Labels":{)"
             R"("io.kubernetes.docker.type":"podsandbox","io.kubernetes.pod.name":"web",)"
             R"("io.kubernetes.pod.namespace":"shop"}},"Name":"/k8s_POD_web_shop_1_0"})"),
        "docker k8s_POD_web_shop_1_0 pause shop/web - io.kubernetes.docker.type=podsandbox;"
        "io.kubernetes.pod.name=web;io.kubernetes.pod.namespace=shop; +0 sandbox");
}

void text_that_docker_does_not_write_is_malformed(void**) {
    static constexpr std::string_view texts[] = {
        "",
        "null",
        "[]",
        "{}",
        (R"({"ID":")" STATE_OTHER_ID R"(","Name":"/other"})"),
        R"({"Name":"/no-id"})",
        ABOUT_ID(""),
        ABOUT_ID(R"(,"Name":"/")"),
        ABOUT_ID(R"(,"Name":7)"),
        ABOUT_ID(R"(,"Name":"/a\nb")"),
        ABOUT_ID(R"(,"Name":"/a\u001b[2J")"),
        ABOUT_ID(R"(,"Name":"/a\u0000b")"),
        ABOUT_ID(R"(,"Name":"/a","Config":{"Image":"x\u007fy"})"),
    };
    for (const std::string_view text : texts)
        assert_string_equal(dump(text), "malformed");
}

void every_byte_prefix_gives_nothing(void**) {
    const std::string_view json = typical.substr(0, typical.size() - 1);
    for (std::size_t size = 0; size < json.size(); ++size)
        assert_string_equal(dump(json.substr(0, size)), "malformed");
}

void labels_without_room_are_counted_and_pairs_stay_whole(void**) {
    static char text[1 << 20];
    std::size_t size = static_cast<std::size_t>(snprintf(
        text, sizeof text, R"({"ID":"%s","Name":"/a","Config":{"Labels":{"first":"1")", STATE_ID));
    for (int i = 0; i < 10000; ++i) {
        size += static_cast<std::size_t>(
            snprintf(text + size, sizeof text - size, ",\"key-%04d\":\"value\"", i));
    }
    size += static_cast<std::size_t>(snprintf(text + size, sizeof text - size, "}}}"));
    ContainerMeta meta;
    assert_int_equal(scan({text, size}, meta), Status::ok);
    const std::size_t kept = (meta.labels.size() - sizeof "first=1") / sizeof "key-0000=value";
    assert_int_equal(kept, 67);
    assert_int_equal(meta.overflow_count, 10000 - kept);
    assert_true(meta.labels.view().ends_with(std::string_view("key-0066\0value\0", 15)));
}

void labels_that_are_no_text_are_counted(void**) {
    assert_string_equal(dump(R"({"ID":")" STATE_ID R"(","Name":"/a","Config":{"Labels":{)"
                             R"("":"x","a\tb":"x","c":7,"d":null,"e":"f","g":""}}})"),
                        "docker a - - - e=f;g=; +4");
}

void a_name_without_room_is_left_out_and_counted(void**) {
    static char name[400];
    memset(name, 'n', 300);
    assert_string_equal(named(name), "docker - i - - - +1");
}

void a_tree_without_room_is_full(void**) {
    static char text[1 << 20];
    memset(text, ' ', sizeof text);
    const int size = snprintf(text, sizeof text, R"({"ID":"%s","Name":"/a","Args":[0)", STATE_ID);
    for (std::size_t i = static_cast<std::size_t>(size); i + 3 < sizeof text; ++i)
        text[i] = i % 2 == static_cast<std::size_t>(size) % 2 ? ',' : '0';
    text[sizeof text - 2] = ']';
    text[sizeof text - 1] = '}';
    assert_string_equal(dump({text, sizeof text}), "full");
    assert_string_equal(dump(typical.substr(0, 10)), "malformed");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(typical_text_gives_name_image_and_labels),
        cmocka_unit_test(image_without_a_name_gives_its_id),
        cmocka_unit_test(container_of_mesos_gives_its_id),
        cmocka_unit_test(containers_of_kubernetes_give_their_pod),
        cmocka_unit_test(text_that_docker_does_not_write_is_malformed),
        cmocka_unit_test(every_byte_prefix_gives_nothing),
        cmocka_unit_test(labels_without_room_are_counted_and_pairs_stay_whole),
        cmocka_unit_test(labels_that_are_no_text_are_counted),
        cmocka_unit_test(a_name_without_room_is_left_out_and_counted),
        cmocka_unit_test(a_tree_without_room_is_full),
    };
    return cmocka_run_group_tests_name("docker", tests, nullptr, nullptr);
}
