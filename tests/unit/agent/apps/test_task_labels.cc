#include "agent/apps/task_labels.h"

#include <string.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void only_whitelisted_labels_are_shown(void**) {
    static TaskLabelRules rules;
    assert_true(shown_label(rules, "DCOS_SERVICE_NAME").empty());
    set_default_label_rules(rules);
    assert_true(shown_label(rules, "DCOS_SERVICE_NAME") == "DCOS_SERVICE_NAME");
    assert_true(shown_label(rules, "DCOS_METRICS_team") == "team");
    assert_true(shown_label(rules, "DCOS_METRICS_").empty());
    assert_true(shown_label(rules, "dcos_metrics_team").empty());
    assert_true(shown_label(rules, "DCOS_SERVICE_NAMES").empty());
    assert_true(shown_label(rules, "").empty());
}

void names_go_before_prefixes_and_prefixes_in_their_order(void**) {
    static TaskLabelRules rules;
    rules = {};
    assert_true(rules.add_prefix("A_") && rules.add_prefix("A_B_") && rules.add_name("A_B_c"));
    assert_true(shown_label(rules, "A_B_c") == "A_B_c");
    assert_true(shown_label(rules, "A_B_d") == "B_d");
}

void rules_are_bounded(void**) {
    static TaskLabelRules rules;
    rules = {};
    char name[limits::name_bytes_max + 1];
    memset(name, 'x', sizeof name);
    assert_false(rules.add_name(""));
    assert_false(rules.add_prefix(""));
    assert_false(rules.add_name({name, sizeof name}));
    for (std::size_t i = 0; i < limits::label_rule_count_max; ++i)
        assert_true(rules.add_name({name, sizeof name - 1 - i}));
    assert_false(rules.add_name("one more"));
    assert_true(rules.add_prefix("p"));
    assert_int_equal(rules.names.size(), limits::label_rule_count_max);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(only_whitelisted_labels_are_shown),
        cmocka_unit_test(names_go_before_prefixes_and_prefixes_in_their_order),
        cmocka_unit_test(rules_are_bounded),
    };
    return cmocka_run_group_tests_name("task_labels", tests, nullptr, nullptr);
}
