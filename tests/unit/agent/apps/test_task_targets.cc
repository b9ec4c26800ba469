#include "agent/apps/task_targets.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "agent/apps/task_address.h"
#include "platform/base/json_arena.h"
#include "tests/support/mesos_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

MesosBed bed;

int make(void**) {
    mesos_bed_make(bed, 64);
    return 0;
}

int remove(void**) {
    mesos_bed_remove(bed);
    return 0;
}

const char* targets_of(const char* fixture) {
    assert_int_equal(mesos_bed_take(bed, mesos_fixture(fixture)), MesosState::Progress::done);
    return mesos_targets(bed.state.table());
}

void labelled_ports_are_scraped(void**) {
    assert_string_equal(targets_of("port_label"),
                        "c-custom 192.0.2.1:12346/federate?match=a\n"
                        "c-web 192.0.2.1:12345/metrics\n");
    assert_int_equal(bed.state.counts().bad_targets, 0);
}

// An index goes before a name; a port that both name is one.
void labelled_tasks_name_a_port(void**) {
    assert_string_equal(targets_of("task_label"),
                        "c-both 192.0.2.24:8080/metrics\n"
                        "c-both 192.0.2.24:8081/metrics\n"
                        "c-index 192.0.2.24:9100/metrics\n"
                        "c-name 192.0.2.24:9100/stats\n");
    assert_int_equal(bed.state.counts().bad_targets, 0);
}

void every_kind_of_network_gives_the_address_that_answers(void**) {
    assert_string_equal(targets_of("network_modes"),
                        "c-bridge 192.0.2.1:4218/metrics\n"
                        "c-docker 192.0.2.1:4220/metrics\n"
                        "c-fixed 192.0.2.1:7070/metrics\n"
                        "c-host 192.0.2.1:31001/metrics\n"
                        "c-own 10.9.0.4:9091/metrics\n"
                        "c-own 192.168.219.7:9090/metrics\n"
                        "c-pod 192.0.2.1:4219/metrics\n"
                        "c-six fd01:b::2:8000:2:9090/metrics\n");
    assert_int_equal(bed.state.counts().bad_targets, 0);
}

void what_is_wrong_is_counted_and_named(void**) {
    assert_string_equal(targets_of("bad_task_label"), "");
    assert_int_equal(bed.state.counts().bad_targets, 16);
    assert_int_equal(bed.state.counts().first_fault, TargetFault::bad_index);
    assert_string_equal(bed.state.counts().faulty_task.c_str(), "index-word.3d1f0c52");
    assert_true(bed.state.table().find("c-12")->is_waiting);
    assert_false(bed.state.table().find("c-11")->is_waiting);
}

void ports_of_a_node_without_address_are_faults(void**) {
    bed.options.node_address.clear();
    bed.state.set_options(bed.options);
    assert_string_equal(targets_of("port_label"), "");
    assert_int_equal(bed.state.counts().first_fault, TargetFault::no_node_address);
}

// A Mesos agent that listens on loopback only gives its tasks that address.
void loopback_is_good_where_the_node_is_there(void**) {
    assert_true(bed.options.node_address.assign("127.0.0.1"));
    bed.state.set_options(bed.options);
    assert_string_equal(targets_of("bad_task_label"), "c-10 127.0.0.1:8080/metrics\n");
}

struct FaultRow {
    const char* task;
    TargetFault fault;
};

#define PROMETHEUS R"({"key":"DCOS_METRICS_FORMAT","value":"prometheus"})"
#define LABELLED(more) R"({"labels":{"labels":[)" PROMETHEUS more "]},"
#define PORTS(more) R"("discovery":{"ports":{"ports":[)" more "]}}}"
#define INDEX(text) R"(,{"key":"DCOS_METRICS_PORT_INDEX","value":)" text "}"

constexpr FaultRow fault_rows[] = {
    {LABELLED("") PORTS(R"({"number":80})"), TargetFault::no_port_named},
    {LABELLED(INDEX("\"1x\"")) PORTS(R"({"number":80})"), TargetFault::bad_index},
    {LABELLED(INDEX("\"99999999999999999999\"")) PORTS(R"({"number":80})"), TargetFault::bad_index},
    {LABELLED(INDEX("\"18446744073709551615\"")) PORTS(R"({"number":80})"),
     TargetFault::no_such_index},
    {LABELLED(INDEX("\"0\"")) R"("discovery":{"ports":{"ports":{}}}})", TargetFault::no_such_index},
    {LABELLED(INDEX("0")) PORTS(R"({"number":80})"), TargetFault::no_port_named},
    {LABELLED(INDEX("\"0\"")) PORTS("7"), TargetFault::bad_port},
    {LABELLED(INDEX("\"0\"")) PORTS(R"({"number":1e300})"), TargetFault::bad_port},
    {LABELLED(INDEX("\"0\"")) PORTS(R"({"number":80,"protocol":"udp"})"), TargetFault::not_tcp},
    {LABELLED(INDEX("\"0\"")) PORTS(R"({"number":80})"), TargetFault::no_address},
};

void each_fault_has_its_text(void**) {
    static Arena arena;
    static JsonArena json;
    assert_true(arena.map(1 << 20));
    json.init(arena, "JSON", 1 << 20);
    for (const FaultRow& row : fault_rows) {
        const cJSON* tree = nullptr;
        TaskTargets targets;
        json.reset();
        assert_int_equal(json.parse(row.task, tree), Status::ok);
        find_task_targets(tree, nullptr, "192.0.2.1", targets);
        if (targets.first_fault != row.fault) print_error("%s\n", row.task);
        assert_int_equal(targets.first_fault, row.fault);
        assert_int_equal(targets.fault_count, 1);
        assert_int_equal(targets.count, 0);
        assert_true(strlen(target_fault_text(row.fault)) > 0);
    }
    arena.unmap();
}

void ports_beyond_the_eighth_are_counted(void**) {
    static char text[8192];
    int size = snprintf(text, sizeof text,
                        "{\"get_state\":{\"get_tasks\":{\"launched_tasks\":[{"
                        "\"task_id\":{\"value\":\"t\"},\"framework_id\":{\"value\":\"f\"},"
                        "\"statuses\":[{\"container_status\":{\"container_id\":{\"value\":\"c\"},"
                        "\"network_infos\":[{\"ip_addresses\":[{\"ip_address\":\"10.0.0.1\"}]}]}}],"
                        "\"discovery\":{\"ports\":{\"ports\":[");
    for (int i = 0; i < 10; ++i)
        size += snprintf(text + size, sizeof text - static_cast<std::size_t>(size),
                         "%s{\"number\":%d,\"labels\":{\"labels\":[" PROMETHEUS "]}}",
                         i == 0 ? "" : ",", 1000 + i);
    snprintf(text + size, sizeof text - static_cast<std::size_t>(size), "]}}}]}}}");
    assert_int_equal(mesos_bed_take(bed, text), MesosState::Progress::done);
    assert_int_equal(bed.state.table().targets().size(), 8);
    assert_int_equal(bed.state.counts().bad_targets, 2);
    assert_int_equal(bed.state.counts().first_fault, TargetFault::too_many);
}

void addresses_of_containers_are_told_from_others(void**) {
    constexpr std::string_view good[] = {"10.0.2.24", "172.17.0.2",  "198.51.100.1",   "8.8.8.8",
                                         "fd01:b::2", "2001:db8::1", "223.255.255.255"};
    constexpr std::string_view bad[] = {
        "",
        "0.0.0.0",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "224.0.0.1",
        "::",
        "::1",
        "255.255.255.255",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "10.0.2",
        "10.0.2.1 ",
        "010.0.0.1",
        "example.org",
        "localhost",
        "::127.0.0.1",
        "10.0.0.1:80",
        "[fd01::2]",
        "fe80::1%eth0",
        "10.0.0.1/24",
    };
    for (const std::string_view address : good)
        assert_true(is_container_address(address));
    for (const std::string_view address : bad) {
        if (is_container_address(address)) print_error("%s\n", address.data());
        assert_false(is_container_address(address));
    }
}

}  // namespace

int main() {
#define IN_BED(test) cmocka_unit_test_setup_teardown(test, make, remove)
    const CMUnitTest tests[] = {
        IN_BED(labelled_ports_are_scraped),
        IN_BED(labelled_tasks_name_a_port),
        IN_BED(every_kind_of_network_gives_the_address_that_answers),
        IN_BED(what_is_wrong_is_counted_and_named),
        IN_BED(ports_of_a_node_without_address_are_faults),
        IN_BED(loopback_is_good_where_the_node_is_there),
        IN_BED(each_fault_has_its_text),
        IN_BED(ports_beyond_the_eighth_are_counted),
        cmocka_unit_test(addresses_of_containers_are_told_from_others),
    };
    return cmocka_run_group_tests_name("task_targets", tests, nullptr, nullptr);
}
