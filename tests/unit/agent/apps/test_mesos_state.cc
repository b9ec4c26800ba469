#include "agent/apps/mesos_state.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/mesos_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;
using Progress = MesosState::Progress;

#define FRAMEWORK "b7f2c9d0-5a1e-4e0f-9d3b-2f6c1a7e8d40-0001"
#define MARATHON FRAMEWORK "/marathon/web/of_marathon "
#define WEB_LABELS "DCOS_SERVICE_NAME=shop;TEAM=blue;tier=front;"

// The start of an answer with tasks, and its end.
#define TASKS_OPEN R"({"type":"GET_STATE","get_state":{"get_tasks":{"launched_tasks":[)"
#define TASKS_CLOSE "]}}}"
#define TASK(id, container)                                                        \
    R"({"name":"n","task_id":{"value":")" id R"("},"framework_id":{"value":"f"},)" \
    R"("executor_id":{"value":"e"},"statuses":[{"container_status":)"              \
    R"({"container_id":{"value":")" container R"("}}}]})"

MesosBed bed;

int make(void**) {
    mesos_bed_make(bed);
    return 0;
}

int remove(void**) {
    mesos_bed_remove(bed);
    return 0;
}

const char* dump_of(std::string_view text) {
    assert_int_equal(mesos_bed_take(bed, text), Progress::done);
    return mesos_dump(bed.state.table());
}

void task_has_its_executor_framework_and_whitelisted_labels(void**) {
    assert_string_equal(dump_of(mesos_fixture("normal")),
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "\n");
    assert_int_equal(bed.state.counts().bad_elements, 0);
}

void executors_own_container_has_no_task(void**) {
    assert_string_equal(dump_of(mesos_fixture("nested")),
                        "c-check check/check.3d1f0c52 executor-of-web/The web's " MARATHON
                        "\n"
                        "c-pod -/- executor-of-web/The web's " MARATHON
                        "\n"
                        "c-side side/side.3d1f0c52 executor-of-web/The web's " MARATHON
                        "\n"
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "\n");
}

void executor_of_a_command_is_found_in_the_status(void**) {
    assert_string_equal(dump_of(mesos_fixture("noexecutor")),
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "\n");
}

void names_that_nobody_gives_stay_empty(void**) {
    assert_string_equal(dump_of(mesos_fixture("unrelated")),
                        "c-web web/web.3d1f0c52 executor-of-web/- " FRAMEWORK "/-/-/- " WEB_LABELS
                        "\n");
}

void agent_without_tasks_gives_an_empty_table(void**) {
    assert_string_equal(dump_of(mesos_fixture("empty")), "");
    assert_string_equal(dump_of("{\"get_state\":{}}"), "");
    assert_string_equal(dump_of("{\"get_state\":{\"get_tasks\":null}}"), "");
    assert_null(bed.state.table().find("c-web"));
}

// A label without a value is one; the rules pass no others; a task without a status is none yet.
void fresh_tasks_are_taken_as_far_as_they_are(void**) {
    assert_string_equal(dump_of(mesos_fixture("fresh")),
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "novalue=;\n");
    assert_true(bed.options.labels.add_name("WHITELISTED"));
    bed.state.set_options(bed.options);
    assert_string_equal(dump_of(mesos_fixture("fresh")),
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "WHITELISTED=yes;novalue=;\n");
}

// Executors' IDs are good within their framework; a framework with two roles has none.
void executors_are_known_by_framework_and_id(void**) {
    assert_string_equal(dump_of(mesos_fixture("frameworks")),
                        "c-a a/a.3d1f0c52 e/first of f-1 f-1/one/only/of_one \n"
                        "c-b b/b.3d1f0c52 e/of f-2 f-2/two/-/of_two \n"
                        "c-c c/c.3d1f0c52 e/- f-3/three/*/of_three \n");
}

void container_of_several_tasks_is_none_of_theirs(void**) {
    assert_string_equal(dump_of(mesos_fixture("shared")), "c-exec -/- e/scheduler " MARATHON
                                                          " shared\n"
                                                          "c-mine -/- -/- -/-/-/-  disputed\n");
    assert_int_equal(bed.state.table().counts().disputed, 1);
    assert_string_equal(mesos_targets(bed.state.table()), "");
}

void same_task_twice_is_one(void**) {
    assert_string_equal(dump_of(TASKS_OPEN TASK("t", "c") "," TASK("t", "c") TASKS_CLOSE),
                        "c n/t e/- f/-/-/- \n");
}

void every_step_size_gives_the_same(void**) {
    static char whole[16 * 1024];
    constexpr std::size_t sizes[] = {1, 2, 7, 100, 512, 4096};
    for (const char* fixture : {"nested", "shared", "network_modes", "frameworks"}) {
        dump_of(mesos_fixture(fixture));
        const auto size = static_cast<std::size_t>(
            snprintf(whole, sizeof whole, "%s", mesos_dump(bed.state.table())));
        snprintf(whole + size, sizeof whole - size, "%s", mesos_targets(bed.state.table()));
        for (const std::size_t bytes : sizes) {
            assert_int_equal(mesos_bed_take(bed, mesos_fixture(fixture), bytes), Progress::done);
            assert_memory_equal(mesos_dump(bed.state.table()), whole, size);
            assert_string_equal(mesos_targets(bed.state.table()), whole + size);
        }
    }
}

// And what was there before stays.
void every_byte_prefix_is_refused(void**) {
    const std::string_view text = TASKS_OPEN TASK("t", "c") TASKS_CLOSE;
    dump_of(mesos_fixture("normal"));
    for (std::size_t size = 0; size < text.size(); ++size) {
        assert_int_equal(mesos_bed_take(bed, text.substr(0, size)), Progress::refused);
        assert_non_null(bed.state.table().find("c-web"));
        assert_string_equal(bed.state.fault_text(), "it is cut short, or no JSON of GET_STATE");
    }
    assert_string_equal(dump_of(text), "c n/t e/- f/-/-/- \n");
}

void broken_skeletons_are_refused(void**) {
    constexpr std::string_view texts[] = {
        "null",
        "[]",
        "<html>",
        "{\"get_state\":[]}",
        "{\"get_state\":{},\"get_state\":{}}",
        "{\"get_state\":{\"get_tasks\":{\"launched_tasks\":{}}}}",
        "{\"get_state\":{\"get_tasks\":{\"launched_tasks\":\"x\"}}}",
        "{\"get_state\":{\"get_tasks\":{\"launched_tasks\":[{]}}]}}}",
        "{\"get_state\":{}} {\"get_state\":{}}",
    };
    for (const std::string_view text : texts)
        assert_int_equal(mesos_bed_take(bed, text), Progress::refused);
    assert_int_equal(mesos_bed_take(bed, "{\"type\":\"GET_TASKS\",\"get_tasks\":{}}"),
                     Progress::refused);
    assert_string_equal(bed.state.fault_text(), "there is no get_state in it");
}

void bad_elements_are_counted_and_the_others_stay(void**) {
    constexpr std::string_view bad[] = {
        "null",
        "7",
        "\"x\"",
        "[]",
        "{}",
        "tru",
        "{\"task_id\":7}",
        "{\"task_id\":{\"value\":7}}",
        R"({"task_id":{"value":"t"},"framework_id":{"value":["f"]}})",
        R"({"task_id":{"value":"t"},"framework_id":{"value":"f"},"x":1e})",
        R"({"task_id":{"value":"t\u0000"},"framework_id":{"value":"f"}})",
        TASK("x", ""),
        TASK("x", ".."),
        TASK("x", "a/b"),
        TASK("x", "a\\nb"),
        R"({"task_id":{"value":"t"},"framework_id":{"value":"f"},"statuses":)"
        R"([{"container_status":{"container_id":{"value":{}}}}]})",
    };
    for (const std::string_view element : bad) {
        static char text[4096];
        snprintf(text, sizeof text, TASKS_OPEN "%s,%.*s,%s" TASKS_CLOSE, TASK("t1", "c1"),
                 static_cast<int>(element.size()), element.data(), TASK("t2", "c2"));
        assert_string_equal(dump_of(text), "c1 n/t1 e/- f/-/-/- \nc2 n/t2 e/- f/-/-/- \n");
        assert_int_equal(bed.state.counts().bad_elements, 1);
    }
}

void wrong_types_of_details_are_no_details(void**) {
    assert_string_equal(
        dump_of(TASKS_OPEN
                R"({"name":7,"task_id":{"value":"t"},"framework_id":{"value":"f"},)"
                R"("executor_id":"e","labels":{"labels":[7,{"key":1},{"key":"DCOS_METRICS_a",)"
                R"("value":7},{"key":"DCOS_METRICS_"},{"key":"DCOS_METRICS_b\n","value":"x"}]},)"
                R"("discovery":[],"resources":{},"statuses":[7,{"container_status":[]},)"
                R"({"executor_id":[],"container_status":{"container_id":{"value":"c",)"
                R"("parent":7}}},{}]})" TASKS_CLOSE),
        "c -/t -/- f/-/-/- \n");
    assert_int_equal(bed.state.counts().labels_left_out, 2);
}

void texts_that_are_too_long_are_left_out_whole(void**) {
    static char text[8192];
    static char name[limits::mesos_text_bytes_max + 2];
    memset(name, 'n', sizeof name - 1);
    snprintf(text, sizeof text,
             TASKS_OPEN R"({"name":"%s","task_id":{"value":"t"},"framework_id":{"value":"f"},)"
                        R"("executor_id":{"value":"a\nb"},"statuses":[{"container_status":)"
                        R"({"container_id":{"value":"c"}}}]})" TASKS_CLOSE,
             name);
    assert_string_equal(dump_of(text), "c -/t -/- f/-/-/- \n");
    assert_int_equal(bed.state.table().counts().texts_left_out, 2);
}

void last_of_several_labels_counts(void**) {
    assert_string_equal(
        dump_of(TASKS_OPEN
                R"({"task_id":{"value":"t"},"framework_id":{"value":"f"},"labels":{"labels":)"
                R"([{"key":"DCOS_METRICS_a","value":"1"},{"key":"DCOS_METRICS_b","value":"2"},)"
                R"({"key":"DCOS_METRICS_a","value":"3"}]},)"
                R"("statuses":[{"container_status":{"container_id":{"value":"c"}}}]})" TASKS_CLOSE),
        "c -/t -/- f/-/-/- b=2;a=3;\n");
}

char large[20 << 20];

std::size_t put(std::size_t at, std::string_view text) {
    assert_true(at + text.size() <= sizeof large);
    memcpy(large + at, text.data(), text.size());
    return at + text.size();
}

// [TASK, filler, TASK]
std::string_view around(std::string_view open, char byte, std::size_t count,
                        std::string_view close) {
    std::size_t size = put(0, TASKS_OPEN TASK("t1", "c1") ",");
    size = put(size, open);
    memset(large + size, byte, count);
    size = put(size + count, close);
    size = put(size, "," TASK("t2", "c2") TASKS_CLOSE);
    return {large, size};
}

void deep_elements_are_counted(void**) {
    std::size_t size = put(0, TASKS_OPEN TASK("t1", "c1") ",");
    memset(large + size, '[', 100'000);
    memset(large + size + 100'000, ']', 100'000);
    size = put(size + 200'000, "," TASK("t2", "c2") TASKS_CLOSE);
    dump_of({large, size});
    assert_int_equal(bed.state.table().size(), 2);
    assert_int_equal(bed.state.counts().large_elements, 1);
    size = put(0, TASKS_OPEN);
    memset(large + size, '[', 80);
    memset(large + size + 80, ']', 80);
    size = put(size + 160, "," TASK("t2", "c2") TASKS_CLOSE);
    dump_of({large, size});
    assert_int_equal(bed.state.counts().bad_elements, 1);
}

void large_elements_are_counted(void**) {
    dump_of(around("{\"name\":\"", 'x', 10 << 20, "\"}"));
    assert_int_equal(bed.state.table().size(), 2);
    assert_int_equal(bed.state.counts().large_elements, 1);
    // Few bytes, but a tree that is larger than its room.
    std::size_t size = put(0, TASKS_OPEN "[0");
    for (int i = 0; i < 32'000; ++i)
        size = put(size, ",0");
    size = put(size, "]," TASK("t2", "c2") TASKS_CLOSE);
    dump_of({large, size});
    assert_int_equal(bed.state.table().size(), 1);
    assert_int_equal(bed.state.counts().large_elements, 1);
}

void answer_that_is_too_large_is_refused(void**) {
    assert_int_equal(mesos_bed_take(bed, around("{\"name\":\"", 'x', 16 << 20, "\"}")),
                     Progress::refused);
    assert_string_equal(bed.state.fault_text(), "it is larger than 16 MiB");
}

// The first ones are kept: 16 containers have room for 32 records.
void a_hundred_thousand_tasks_are_counted(void**) {
    std::size_t size = put(0, TASKS_OPEN);
    char task[512];
    for (int i = 0; i < 100'000; ++i) {
        snprintf(task, sizeof task,
                 "%s{\"task_id\":{\"value\":\"t\"},\"framework_id\":{\"value\":"
                 "\"f\"},\"statuses\":[{\"container_status\":{\"container_id\":{\"value\":"
                 "\"%06d\"}}}]}",
                 i == 0 ? "" : ",", i);
        size = put(size, task);
    }
    size = put(size, TASKS_CLOSE);
    assert_int_equal(mesos_bed_take(bed, {large, size}), Progress::done);
    assert_int_equal(bed.state.table().size(), 32);
    assert_int_equal(bed.state.table().counts().no_room, 100'000 - 32);
    assert_non_null(bed.state.table().find("000031"));
    assert_null(bed.state.table().find("000032"));
}

void the_table_is_as_new_after_a_full_one(void**) {
    const std::string_view text = mesos_make_large(500, large, sizeof large);
    for (int i = 0; i < 4; ++i) {
        assert_int_equal(mesos_bed_take(bed, text), Progress::done);
        assert_true(bed.state.table().counts().no_room > 0);
    }
    assert_string_equal(dump_of(mesos_fixture("normal")),
                        "c-web web/web.3d1f0c52 executor-of-web/The web's " MARATHON WEB_LABELS
                        "\n");
    assert_int_equal(bed.state.table().counts().no_room, 0);
}

// Every byte of a good answer replaced: whatever comes out, nothing is touched that is not ours.
void any_changed_byte_is_survived(void**) {
    static char text[16 * 1024];
    const std::string_view good = mesos_fixture("nested");
    memcpy(text, good.data(), good.size());
    for (std::size_t at = 0; at < good.size(); at += 3) {
        for (const char c : {'"', '\\', '{', ']', '\0', '\xff'}) {
            text[at] = c;
            mesos_bed_take(bed, {text, good.size()});
            for (std::size_t i = 0; i < bed.state.table().size(); ++i)
                assert_false(bed.state.table().at(i).container_id.empty());
        }
        text[at] = good[at];
    }
}

}  // namespace

int main() {
#define IN_BED(test) cmocka_unit_test_setup_teardown(test, make, remove)
    const CMUnitTest tests[] = {
        IN_BED(task_has_its_executor_framework_and_whitelisted_labels),
        IN_BED(executors_own_container_has_no_task),
        IN_BED(executor_of_a_command_is_found_in_the_status),
        IN_BED(names_that_nobody_gives_stay_empty),
        IN_BED(agent_without_tasks_gives_an_empty_table),
        IN_BED(fresh_tasks_are_taken_as_far_as_they_are),
        IN_BED(executors_are_known_by_framework_and_id),
        IN_BED(container_of_several_tasks_is_none_of_theirs),
        IN_BED(same_task_twice_is_one),
        IN_BED(every_step_size_gives_the_same),
        IN_BED(every_byte_prefix_is_refused),
        IN_BED(broken_skeletons_are_refused),
        IN_BED(bad_elements_are_counted_and_the_others_stay),
        IN_BED(wrong_types_of_details_are_no_details),
        IN_BED(texts_that_are_too_long_are_left_out_whole),
        IN_BED(last_of_several_labels_counts),
        IN_BED(deep_elements_are_counted),
        IN_BED(large_elements_are_counted),
        IN_BED(answer_that_is_too_large_is_refused),
        IN_BED(a_hundred_thousand_tasks_are_counted),
        IN_BED(the_table_is_as_new_after_a_full_one),
        IN_BED(any_changed_byte_is_survived),
    };
    return cmocka_run_group_tests_name("mesos_state", tests, nullptr, nullptr);
}
