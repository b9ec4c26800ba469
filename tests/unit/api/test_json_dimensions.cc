#include "api/json_dimensions.h"

#include "tests/support/app_sources.h"
#include "tests/support/sample_snapshot.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

SampleSnapshot sample;
char memory[4096];
NodeIdentity identity;

template <std::size_t N>
constexpr std::string_view pairs(const char (&text)[N]) {
    return {text, N};
}

constexpr TaskFacts half_known() {
    TaskFacts facts;
    facts.framework_id = "f2";
    facts.task_name = "\xff";
    return facts;
}

constexpr StandInTask tasks_table[] = {
    {"all",
     {.executor_id = "e",
      .executor_name = "en",
      .framework_id = "f",
      .framework_name = "fn",
      .framework_role = "fr",
      .framework_principal = "fp",
      .task_name = "t\"",
      .task_id = "ti",
      .labels = pairs("team\0web\0zone\0z1")}},
    {"some", half_known()},
};
constexpr StandInTasks tasks = {.tasks = tasks_table};

void add(std::string_view id, const ContainerTexts& texts, std::uint64_t exited_at_ns = 0) {
    assert_true(sample.writer.begin_container(id, 1));
    sample.writer.describe_container(texts);
    if (exited_at_ns != 0) sample.writer.mark_exited(exited_at_ns);
    sample.writer.end_container();
}

int start_group(void**) {
    sample_make(sample, 8);
    sample_fill(sample, 1250, 0);
    const ContainerTexts texts = {.name = "n",
                                  .image = "i",
                                  .pod = "p",
                                  .framework_id = "sandbox-f",
                                  .executor_id = "sandbox-e",
                                  .labels = pairs("zone\0runtime\0own\0o\0team\0runtime"),
                                  .name_source = "docker",
                                  .runtime = "mesos",
                                  .is_sandbox = true};
    for (const std::string_view id : {"all", "some", "other"})
        add(id, texts);
    add("ended", {}, 1);
    return identity.mesos_id.assign("m") && identity.cluster_id.assign("c") ? 0 : -1;
}

const char* dimensions_in(View view, std::string_view id, const TaskSource& source) {
    TextSink sink({memory, sizeof memory - 1});
    append_json_dimensions(sink, dimensions_of(identity, view, id, &sample.snapshot, source));
    assert_true(sink.status() == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

#define NODE "{\"mesos_id\":\"m\",\"cluster_id\":\"c\","
#define TASK                                                                            \
    "\"executor_id\":\"e\",\"framework_name\":\"fn\",\"framework_id\":\"f\","           \
    "\"framework_role\":\"fr\",\"framework_principal\":\"fp\",\"task_name\":\"t\\\"\"," \
    "\"task_id\":\"ti\",\"hostname\":\"\""
#define RUNTIME                                                                  \
    ",\"runtime\":\"mesos\",\"container_name\":\"n\",\"container_image\":\"i\"," \
    "\"pod_name\":\"p\",\"name_source\":\"docker\",\"is_sandbox\":\"true\""

void the_standard_view_has_the_task_and_its_labels(void**) {
    assert_string_equal(dimensions_in(View::standard, "all", tasks.source()),
                        NODE "\"container_id\":\"all\"," TASK
                             ",\"labels\":{\"team\":\"web\",\"zone\":\"z1\"}}");
}

void the_full_view_has_the_labels_of_task_and_runtime_each_once(void**) {
    assert_string_equal(dimensions_in(View::full, "all", tasks.source()),
                        NODE "\"container_id\":\"all\"," TASK RUNTIME
                             ",\"labels\":{\"team\":\"web\",\"zone\":\"z1\",\"own\":\"o\"}}");
}

void what_nobody_knows_of_the_task_is_the_sandbox_word_or_left_out(void**) {
    assert_string_equal(dimensions_in(View::standard, "some", tasks.source()), NODE
                        "\"container_id\":\"some\",\"executor_id\":\"sandbox-e\","
                        "\"framework_id\":\"f2\",\"task_name\":\"\xEF\xBF\xBD\","
                        "\"hostname\":\"\"}");
    for (const TaskSource& source : {tasks.source(), TaskSource()}) {
        assert_string_equal(dimensions_in(View::standard, "other", source), NODE
                            "\"container_id\":\"other\",\"executor_id\":\"sandbox-e\","
                            "\"framework_id\":\"sandbox-f\",\"hostname\":\"\"}");
    }
}

void a_container_that_ended_says_so(void**) {
    assert_string_equal(dimensions_in(View::standard, "ended", tasks.source()),
                        NODE "\"container_id\":\"ended\",\"hostname\":\"\",\"state\":\"exited\"}");
}

void a_container_in_no_snapshot_is_but_its_id(void**) {
    assert_string_equal(dimensions_in(View::full, "no\xff", tasks.source()),
                        NODE "\"container_id\":\"no\xEF\xBF\xBD\",\"hostname\":\"\"}");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_view_has_the_task_and_its_labels),
        cmocka_unit_test(the_full_view_has_the_labels_of_task_and_runtime_each_once),
        cmocka_unit_test(what_nobody_knows_of_the_task_is_the_sandbox_word_or_left_out),
        cmocka_unit_test(a_container_that_ended_says_so),
        cmocka_unit_test(a_container_in_no_snapshot_is_but_its_id),
    };
    return cmocka_run_group_tests_name("json_dimensions", tests, start_group, nullptr);
}
