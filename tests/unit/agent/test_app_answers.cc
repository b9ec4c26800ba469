#include "agent/app_answers.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/app_bed.h"
#include "tests/support/mesos_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::string_view configured = {"zone\0a\0host\0configured\0", 23};

struct Bed {
    AppBed store;
    Arena arena;
    Metadata metadata;
    NodeIdentity identity;
};
Bed bed;

int make(void**) {
    bed = {};
    assert_true(bed.store.make({}));
    Arena measuring;
    bed.metadata.init(measuring, 16);
    assert_true(bed.arena.map(measuring.used_bytes()));
    bed.metadata.init(bed.arena, 16);
    assert_true(bed.identity.cluster_id.assign("cluster"));
    assert_true(bed.identity.hostname.assign("192.0.2.1"));
    return 0;
}

int unmake(void**) {
    bed.store.give_back();
    bed.arena.unmap();
    return 0;
}

// "key=value," for each pair.
const char* pairs(std::string_view text) {
    static char shown[512];
    shown[0] = '\0';
    std::string_view key;
    std::string_view value;
    while (take_pair(text, key, value)) {
        const std::size_t used = strlen(shown);
        snprintf(shown + used, sizeof shown - used, "%.*s=%.*s,", static_cast<int>(key.size()),
                 key.data(), static_cast<int>(value.size()), value.data());
    }
    return shown;
}

const char* tags_of(const AppSource& source, std::string_view metric) {
    static char shown[512];
    shown[0] = '\0';
    const auto take = [](void*, const AppDatapoint& datapoint) {
        snprintf(shown, sizeof shown, "%s", pairs(datapoint.tags));
    };
    return source.each(source.self, "c", metric, take, nullptr) ? shown : "none";
}

void without_a_store_there_is_nothing_to_ask(void**) {
    static AppAnswers answers;
    answers.start({}, bed.identity, nullptr, nullptr);
    assert_null(answers.apps().each);
    TaskFacts facts;
    const TaskSource tasks = answers.tasks();
    tasks.find(tasks.self, "c", facts);
    assert_true(facts.labels.empty() && facts.task_id.empty());
    assert_null(facts.missing);
}

void datapoints_get_the_nodes_tags_after_their_own(void**) {
    static AppAnswers answers;
    bed.store.send("a:1|c|#own:1,zone:mine\nb:1|c");
    answers.start(configured, bed.identity, &bed.store.store, nullptr);
    assert_string_equal(tags_of(answers.apps(), "a"),
                        "own=1,zone=mine,host=configured,dcos_cluster_id=cluster,");
    assert_string_equal(tags_of(answers.apps(), "b"),
                        "zone=a,host=configured,dcos_cluster_id=cluster,");
    assert_string_equal(tags_of(answers.apps(), "other"), "none");
}

void what_was_found_out_is_a_tag_and_no_label(void**) {
    static AppAnswers answers;
    bed.store.send("a:1|c");
    answers.start({}, bed.identity, &bed.store.store, nullptr);
    assert_string_equal(tags_of(answers.apps(), "a"), "dcos_cluster_id=cluster,host=192.0.2.1,");
    TaskFacts facts;
    const TaskSource tasks = answers.tasks();
    tasks.find(tasks.self, "c", facts);
    assert_string_equal(pairs(facts.labels), "");
}

void labels_stay_while_datapoints_are_read(void**) {
    static AppAnswers answers;
    bed.store.send("a:1|c|#x:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
    answers.start(configured, bed.identity, &bed.store.store, nullptr);
    TaskFacts facts;
    const TaskSource tasks = answers.tasks();
    tasks.find(tasks.self, "c", facts);
    (void)tags_of(answers.apps(), "a");
    assert_string_equal(pairs(facts.labels), "zone=a,host=configured,");
}

void counts_containers_and_generations_are_the_stores(void**) {
    static AppAnswers answers;
    answers.start({}, bed.identity, &bed.store.store, nullptr);
    const AppSource source = answers.apps();
    const std::uint64_t before = source.generation(source.self);
    bed.store.send("a:1|c\nbad");
    assert_int_not_equal(source.generation(source.self), before);
    std::string_view id;
    assert_true(source.container_at(source.self, 0, id) && id == "c");
    assert_false(source.container_at(source.self, 1, id));
    std::uint64_t malformed_count = 0;
    std::string_view worst;
    const auto take = [](void* context, std::string_view name, std::uint64_t count) {
        if (name == "malformed_lines") *static_cast<std::uint64_t*>(context) = count;
    };
    assert_true(source.each_count(source.self, "c", take, &malformed_count, worst));
    assert_int_equal(malformed_count, 1);
    assert_true(worst.empty());
    assert_false(source.each_count(source.self, "other", take, &malformed_count, worst));
}

void a_task_that_is_not_known_says_why(void**) {
    static AppAnswers answers;
    answers.start(configured, bed.identity, nullptr, &bed.metadata);
    TaskFacts facts;
    const TaskSource tasks = answers.tasks();
    tasks.find(tasks.self, "c", facts);
    assert_string_equal(facts.missing, "never_asked");
    assert_string_equal(pairs(facts.labels), "zone=a,host=configured,");
}

void a_task_that_is_known_is_told_with_the_nodes_labels(void**) {
    static AppAnswers answers;
    MetadataOptions options;
    set_default_label_rules(options.state.labels);
    bed.metadata.configure(options,
                           {nullptr, [](void*, const MetadataRequest&) { return true; }, nullptr});
    bed.metadata.note_unknown("c", 1);
    bed.metadata.tick(10'000'000'000);
    MetadataAnswer answer;
    answer.kind = MetadataAnswer::Kind::answered;
    answer.http_status = 200;
    answer.body = R"({"type":"GET_STATE","get_state":{"get_tasks":{"launched_tasks":[{"name":"web",
        "task_id":{"value":"t1"},"executor_id":{"value":"e1"},"framework_id":{"value":"f1"},
        "labels":{"labels":[{"key":"DCOS_METRICS_team","value":"x"},{"key":"SECRET","value":"y"}]},
        "statuses":[{"container_status":{"container_id":{"value":"c"}}}]}]}}})";
    bed.metadata.on_answer(answer, 10'000'000'000);
    while (bed.metadata.work(10'000'000'000)) {
    }
    answers.start(configured, bed.identity, nullptr, &bed.metadata);
    TaskFacts facts;
    const TaskSource tasks = answers.tasks();
    tasks.find(tasks.self, "c", facts);
    assert_null(facts.missing);
    assert_true(facts.task_name == "web" && facts.task_id == "t1" && facts.framework_id == "f1");
    assert_string_equal(pairs(facts.labels), "team=x,zone=a,host=configured,");
    tasks.find(tasks.self, "other", facts);
    assert_string_equal(facts.missing, "unknown");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_store_there_is_nothing_to_ask, make, unmake),
        cmocka_unit_test_setup_teardown(datapoints_get_the_nodes_tags_after_their_own, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(what_was_found_out_is_a_tag_and_no_label, make, unmake),
        cmocka_unit_test_setup_teardown(labels_stay_while_datapoints_are_read, make, unmake),
        cmocka_unit_test_setup_teardown(counts_containers_and_generations_are_the_stores, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_task_that_is_not_known_says_why, make, unmake),
        cmocka_unit_test_setup_teardown(a_task_that_is_known_is_told_with_the_nodes_labels, make,
                                        unmake),
    };
    return cmocka_run_group_tests_name("app_answers", tests, nullptr, nullptr);
}
