#include "api/app_answer.h"

#include <cstring>
#include <limits>

#include "tests/support/app_sources.h"
#include "tests/support/sample_snapshot.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

SampleSnapshot sample;
char memory[64 * 1024];

constexpr std::uint64_t at_ns = 1'523'317'576'000'000'000;  // 2018-04-09T23:46:16Z
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <std::size_t N>
constexpr std::string_view pairs(const char (&text)[N]) {
    return {text, N};
}

constexpr AppDatapoint usual[] = {
    {"requests", pairs("method\0GET\0path\0/a"), 12, at_ns},
    {"requests", pairs("method\0PUT"), 0.5, at_ns + 1'000'000'000},
    {"latency.count", {}, 3, at_ns},
    {"latency.mean", {}, -2.25, at_ns},
    {"latency.p/q", {}, 1, at_ns},
};
constexpr AppDatapoint odd[] = {
    {"nan", {}, nan, at_ns},
    {"inf", {}, -infinity, at_ns},
    {"a\"\xff\n", pairs("k\xff\0v\0k\xfe\0w\0\x01\0\\"), 18446744073709549568.0, at_ns},
};
constexpr AppDatapoint orphaned[] = {{"x", {}, 1, at_ns}};
constexpr StandInCount counts[] = {{"samples", 18446744073709551615U}, {"malformed_lines", 0}};
constexpr StandInApp apps_table[] = {
    {"c0", usual, counts, "worst\"\xff"},
    {"c1", odd, {}, {}},
    {"elsewhere", orphaned, counts, {}},
    {"silent", {}, counts, {}},
};
constexpr StandInTask tasks_table[] = {
    {"elsewhere",
     {.executor_id = "e",
      .executor_name = "en",
      .framework_id = "f",
      .framework_name = "fn",
      .framework_role = "fr",
      .framework_principal = "fp",
      .task_name = "tn",
      .task_id = "ti",
      .labels = pairs("k\0v")}},
};
constexpr StandInApps apps = {.apps = apps_table};
constexpr StandInTasks tasks = {.tasks = tasks_table};
const NodeIdentity identity;

struct Question {
    std::string_view id;
    std::string_view metric_id = {};
    View view = View::standard;
    bool has_snapshot = true;
};

Status ask(const Question& question, TextSink& sink) {
    const RouteContext context = {.snapshot = question.has_snapshot ? &sample.snapshot : nullptr,
                                  .catalogue = sample_catalogue(),
                                  .identity = identity,
                                  .view = question.view,
                                  .container_id = question.id,
                                  .metric_id = question.metric_id,
                                  .apps = apps.source(),
                                  .tasks = tasks.source()};
    return write_app(context, sink);
}

const char* answer(const Question& question) {
    TextSink sink({memory, sizeof memory - 1});
    const Status status = ask(question, sink);
    if (status == Status::absent) return "absent";
    assert_true(status == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

#define DATAPOINT(name, value)                \
    "{\"name\":\"" name "\",\"value\":" value \
    ",\"unit\":\"\",\"timestamp\":\"2018-04-09T23:46:16Z\""
#define GET DATAPOINT("requests", "12") ",\"tags\":{\"method\":\"GET\",\"path\":\"/a\"}}"
#define PUT                                                                                     \
    "{\"name\":\"requests\",\"value\":0.5,\"unit\":\"\",\"timestamp\":\"2018-04-09T23:46:17Z\"" \
    ",\"tags\":{\"method\":\"PUT\"}}"
#define COUNT DATAPOINT("latency.count", "3") "}"
#define MEAN DATAPOINT("latency.mean", "-2.25") "}"
#define SLASH DATAPOINT("latency.p/q", "1") "}"
#define OF_C0 "],\"dimensions\":{\"mesos_id\":\"\",\"container_id\":\"c0\",\"hostname\":\"\"}}"
#define BAD "\xEF\xBF\xBD"

void all_datapoints_of_a_container_are_shown_with_their_tags(void**) {
    assert_string_equal(answer({"c0"}),
                        "{\"datapoints\":[" GET "," PUT "," COUNT "," MEAN "," SLASH OF_C0);
}

void one_metric_has_all_its_tag_sets_and_parts(void**) {
    assert_string_equal(answer({"c0", "requests"}), "{\"datapoints\":[" GET "," PUT OF_C0);
    assert_string_equal(answer({"c0", "latency"}),
                        "{\"datapoints\":[" COUNT "," MEAN "," SLASH OF_C0);
    assert_string_equal(answer({"c0", "latency.mean"}), "{\"datapoints\":[" MEAN OF_C0);
    assert_string_equal(answer({"c0", "latency.p/q"}), "{\"datapoints\":[" SLASH OF_C0);
    assert_string_equal(answer({"c0", "late"}), "absent");
}

void hostile_bytes_come_out_as_valid_json_with_each_key_once(void**) {
    assert_string_equal(
        answer({"c1"}),
        "{\"datapoints\":[" DATAPOINT("nan", "\"\"") "}," DATAPOINT("inf", "\"\"") "}," DATAPOINT(
            "a\\\"" BAD "\\n",
            "18446744073709549568") ",\"tags\":{\"k" BAD
                                    "\":\"v\",\"\\u0001\":\"\\\\\"}}],\"dimensions\":{\"mesos_id\":"
                                    "\"\","
                                    "\"container_id\":\"c1\",\"hostname\":\"\"}}");
}

void nothing_to_show_is_absent(void**) {
    for (const std::string_view id : {"", "nobody", "c", "silent"})
        assert_string_equal(answer({id}), "absent");
    assert_string_equal(answer({.id = "nobody", .view = View::full}), "absent");
    assert_string_equal(answer({.id = "silent", .metric_id = "x", .view = View::full}), "absent");
}

void without_a_source_everything_is_absent(void**) {
    TextSink sink({memory, sizeof memory});
    const RouteContext context = {.snapshot = &sample.snapshot,
                                  .catalogue = sample_catalogue(),
                                  .identity = identity,
                                  .view = View::full,
                                  .container_id = "c0",
                                  .metric_id = {},
                                  .apps = {},
                                  .tasks = {}};
    assert_true(write_app(context, sink) == Status::absent);
}

void a_container_in_no_snapshot_has_what_is_known_of_its_task(void**) {
    const char* expected = "{\"datapoints\":[" DATAPOINT(
        "x", "1") "}],\"dimensions\":{\"mesos_id\":\"\",\"container_id\":\"elsewhere\","
                  "\"executor_id\":\"e\",\"framework_name\":\"fn\",\"framework_id\":\"f\","
                  "\"framework_role\":\"fr\",\"framework_principal\":\"fp\",\"task_name\":\"tn\","
                  "\"task_id\":\"ti\",\"hostname\":\"\",\"labels\":{\"k\":\"v\"}}}";
    assert_string_equal(answer({"elsewhere"}), expected);
    assert_string_equal(answer({.id = "elsewhere", .has_snapshot = false}), expected);
}

void the_full_view_has_counts(void**) {
    const char* of_c0 = answer({.id = "c0", .view = View::full});
    assert_non_null(strstr(of_c0,
                           "\"hostname\":\"\"},\"counts\":{\"samples\":18446744073709551615,"
                           "\"malformed_lines\":0,\"worst_metric\":\"worst\\\"" BAD "\"}}"));
    assert_string_equal(answer({.id = "silent", .view = View::full}),
                        "{\"datapoints\":[],\"dimensions\":{\"mesos_id\":\"\",\"container_id\":"
                        "\"silent\",\"hostname\":\"\"},\"counts\":{\"samples\":"
                        "18446744073709551615,\"malformed_lines\":0}}");
    assert_non_null(strstr(answer({.id = "c1", .view = View::full}), ",\"counts\":{}}"));
    assert_null(
        strstr(answer({.id = "c0", .metric_id = "requests", .view = View::full}), "counts"));
}

void a_source_without_counts_shows_none(void**) {
    TextSink sink({memory, sizeof memory});
    RouteContext context = {.snapshot = nullptr,
                            .catalogue = sample_catalogue(),
                            .identity = identity,
                            .view = View::full,
                            .container_id = "c0",
                            .metric_id = {},
                            .apps = apps.source(),
                            .tasks = {}};
    context.apps.each_count = nullptr;
    assert_true(write_app(context, sink) == Status::ok);
    assert_true(sink.view().ends_with("\"hostname\":\"\"}}"));
    context.container_id = "silent";
    assert_true(write_app(context, sink) == Status::absent);
}

void room_that_is_too_small_says_full(void**) {
    const std::string_view whole = answer({.id = "c0", .view = View::full});
    for (std::size_t room = 0; room < whole.size(); ++room) {
        TextSink sink({memory, room});
        assert_true(ask({.id = "c0", .view = View::full}, sink) == Status::full);
    }
}

}  // namespace

int main() {
    sample_make(sample, 4);
    sample_fill(sample, 1250, 2);
    const CMUnitTest tests[] = {
        cmocka_unit_test(all_datapoints_of_a_container_are_shown_with_their_tags),
        cmocka_unit_test(one_metric_has_all_its_tag_sets_and_parts),
        cmocka_unit_test(hostile_bytes_come_out_as_valid_json_with_each_key_once),
        cmocka_unit_test(nothing_to_show_is_absent),
        cmocka_unit_test(without_a_source_everything_is_absent),
        cmocka_unit_test(a_container_in_no_snapshot_has_what_is_known_of_its_task),
        cmocka_unit_test(the_full_view_has_counts),
        cmocka_unit_test(a_source_without_counts_shows_none),
        cmocka_unit_test(room_that_is_too_small_says_full),
    };
    return cmocka_run_group_tests_name("app_answer", tests, nullptr, nullptr);
}
