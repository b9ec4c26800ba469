#include "api/answers.h"

#include <cstring>

#include "tests/support/app_sources.h"
#include "tests/support/sample_snapshot.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

SampleSnapshot sample;
char memory[4096];

const char* text_of(TextSink& sink) {
    sink.append('\0');
    assert_true(sink.status() == Status::ok);
    return sink.view().data();
}

#define DATAPOINT(name, value, unit)                              \
    "{\"name\":\"" name "\",\"value\":" value ",\"unit\":\"" unit \
    "\",\"timestamp\":\"2018-04-09T23:46:16Z\""
#define CPU DATAPOINT("cpu.total", "12.5", "percent") "}"
#define ZONE                                         \
    DATAPOINT("temperature.zone", "-0.5", "celsius") \
    ",\"tags\":{\"zone\":\"thermal_zone0\",\"type\":\"cpu\"}}"
#define NETWORK                                              \
    DATAPOINT("network.in", "18446744073709551615", "bytes") \
    ",\"tags\":{\"interface\":\"e\\\"\xEF\xBF\xBD\\n\"}}"

void node_in_the_standard_view_has_the_documented_figures(void**) {
    TextSink sink(memory);
    NodeIdentity identity;
    assert_true(write_node(sample.snapshot, sample_catalogue(), identity, View::standard, sink) ==
                Status::ok);
    assert_string_equal(text_of(sink), "{\"datapoints\":[" CPU "," NETWORK
                                       "],\"dimensions\":{\"mesos_id\":\"\",\"hostname\":\"\"}}");
}

void node_in_the_full_view_has_all_figures_and_dimensions(void**) {
    TextSink sink(memory);
    NodeIdentity identity;
    assert_true(identity.mesos_id.assign("m-S1") && identity.cluster_id.assign("c\"1") &&
                identity.hostname.assign("10.0.0.193"));
    assert_true(write_node(sample.snapshot, sample_catalogue(), identity, View::full, sink) ==
                Status::ok);
    assert_string_equal(text_of(sink),
                        "{\"datapoints\":[" CPU "," ZONE "," NETWORK
                        "],\"dimensions\":{\"mesos_id\":\"m-S1\",\"cluster_id\":\"c\\\"1\","
                        "\"hostname\":\"10.0.0.193\"},\"missing\":{\"pressure\":"
                        "\"not_available\"}}");
}

void container_has_its_tag_on_every_datapoint(void**) {
    TextSink sink(memory);
    NodeIdentity identity;
    assert_true(write_container(sample.snapshot, sample_catalogue(), identity, "c1", View::standard,
                                sink) == Status::ok);
    assert_string_equal(
        text_of(sink),
        "{\"datapoints\":[" DATAPOINT("mem.total_bytes", "18446744073709551615", "bytes")
        ",\"tags\":{\"container_id\":\"c1\"}}," DATAPOINT("blkio.io_serviced_total", "7", "count")
        ",\"tags\":{\"container_id\":\"c1\",\"device\":\"8.0\",\"policy\":\"io\"}}],"
        "\"dimensions\":{\"mesos_id\":\"\",\"container_id\":\"c1\",\"hostname\":\"\"}}");
}

void container_in_the_full_view_says_what_is_missing_and_the_first_reason(void**) {
    TextSink sink(memory);
    assert_true(write_container(sample.snapshot, sample_catalogue(), NodeIdentity{}, "c1",
                                View::full, sink) == Status::ok);
    assert_non_null(strstr(
        text_of(sink), ",\"missing\":{\"network\":\"shared_netns\",\"cpu\":\"no_permission\"}}"));
}

void unknown_container_is_absent(void**) {
    TextSink sink(memory);
    NodeIdentity identity;
    for (const std::string_view id : {"", "c", "c2", "c1 ", "C1"}) {
        assert_true(write_container(sample.snapshot, sample_catalogue(), identity, id,
                                    View::standard, sink) == Status::absent);
    }
}

void containers_are_an_array_of_ids(void**) {
    TextSink sink(memory);
    assert_true(write_containers(sample.snapshot, false, sink) == Status::ok);
    assert_string_equal(text_of(sink), "[\"c0\",\"c1\"]");
    sample_fill(sample, 1250, 0);
    TextSink empty(memory);
    assert_true(write_containers(sample.snapshot, false, empty) == Status::ok);
    assert_string_equal(text_of(empty), "[]");
    sample_fill(sample, 1250, 2);
}

void executor_name_is_a_tag_of_every_datapoint_where_known(void**) {
    TaskFacts facts;
    facts.executor_name = "e\"\xff";
    const StandInTask table[] = {{"c1", facts}};
    const StandInTasks tasks = {.tasks = table};
    TextSink sink(memory);
    assert_true(write_container(sample.snapshot, sample_catalogue(), NodeIdentity{}, "c1",
                                View::standard, sink, tasks.source()) == Status::ok);
    const char* text = text_of(sink);
    assert_non_null(strstr(
        text, "\"tags\":{\"container_id\":\"c1\",\"executor_name\":\"e\\\"\xEF\xBF\xBD\"}}"));
    assert_non_null(strstr(text, "\"policy\":\"io\",\"executor_name\":\"e\\\"\xEF\xBF\xBD\"}}"));
    TextSink other(memory);
    assert_true(write_container(sample.snapshot, sample_catalogue(), NodeIdentity{}, "c0",
                                View::standard, other, tasks.source()) == Status::ok);
    assert_null(strstr(text_of(other), "executor_name"));
}

void add_container_that_ended(std::string_view id) {
    assert_true(sample.writer.begin_container(id, 1));
    sample.writer.mark_exited(1);
    sample.writer.end_container();
}

void containers_with_applications_are_listed_once(void**) {
    static constexpr AppDatapoint datapoints[] = {{"x", {}, 1, 1}};
    static constexpr StandInApp table[] = {{"c1", datapoints, {}, {}},
                                           {"only\"\xff", datapoints, {}, {}},
                                           {"ended", datapoints, {}, {}},
                                           {"silent", {}, {}, {}}};
    constexpr StandInApps apps = {.apps = table};
    add_container_that_ended("ended");
    add_container_that_ended("gone");
    TextSink running(memory);
    assert_true(write_containers(sample.snapshot, false, running, apps.source()) == Status::ok);
    assert_string_equal(text_of(running), "[\"c0\",\"c1\",\"only\\\"\xEF\xBF\xBD\",\"ended\"]");
    TextSink all(memory);
    assert_true(write_containers(sample.snapshot, true, all, apps.source()) == Status::ok);
    assert_string_equal(text_of(all),
                        "[\"c0\",\"c1\",\"ended\",\"gone\",\"only\\\"\xEF\xBF\xBD\"]");
    sample_fill(sample, 1250, 0);
    TextSink none(memory);
    assert_true(write_containers(sample.snapshot, false, none, apps.source()) == Status::ok);
    assert_string_equal(text_of(none), "[\"c1\",\"only\\\"\xEF\xBF\xBD\",\"ended\"]");
    sample_fill(sample, 1250, 2);
}

void sink_that_is_too_small_says_full(void**) {
    NodeIdentity identity;
    TextSink whole(memory);
    (void)write_node(sample.snapshot, sample_catalogue(), identity, View::full, whole);
    for (std::size_t room = 0; room < whole.size(); ++room) {
        TextSink sink(std::span<char>(memory).first(room));
        assert_true(write_node(sample.snapshot, sample_catalogue(), identity, View::full, sink) ==
                    Status::full);
    }
}

}  // namespace

int main() {
    sample_make(sample, 4);
    sample_fill(sample, 1250, 2);
    const CMUnitTest tests[] = {
        cmocka_unit_test(node_in_the_standard_view_has_the_documented_figures),
        cmocka_unit_test(node_in_the_full_view_has_all_figures_and_dimensions),
        cmocka_unit_test(container_has_its_tag_on_every_datapoint),
        cmocka_unit_test(container_in_the_full_view_says_what_is_missing_and_the_first_reason),
        cmocka_unit_test(unknown_container_is_absent),
        cmocka_unit_test(containers_are_an_array_of_ids),
        cmocka_unit_test(executor_name_is_a_tag_of_every_datapoint_where_known),
        cmocka_unit_test(containers_with_applications_are_listed_once),
        cmocka_unit_test(sink_that_is_too_small_says_full),
    };
    return cmocka_run_group_tests_name("answers", tests, nullptr, nullptr);
}
