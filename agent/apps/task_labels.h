// Which of a task's labels are shown. Labels are the framework's to choose, and only those that the
// configuration names pass. Pure.
//
// Mesos writes them as {"labels":[{"key":"DCOS_METRICS_team","value":"web"},…]} (mesos.proto,
// Labels). A value may be missing. Of several with one key the last counts.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_list.h"
#include "platform/base/fixed_text.h"
#include "platform/base/pair_text.h"
#include "platform/limits.h"

struct cJSON;

namespace nma {

// Lets nothing pass until something is added.
struct TaskLabelRules {
    using Name = FixedText<limits::name_bytes_max + 1>;

    using Names = FixedList<Name, limits::label_rule_count_max>;
    Names names;     // pass as they are
    Names prefixes;  // pass, without the prefix

    // False when it is empty, too long, or there is no room.
    [[nodiscard]] bool add_name(std::string_view name);
    [[nodiscard]] bool add_prefix(std::string_view prefix);
};

// The name DCOS_SERVICE_NAME and the prefix DCOS_METRICS_, as DC/OS has them.
void set_default_label_rules(TaskLabelRules& rules);

// The name under which a label is shown; empty when it does not pass. A name goes before a prefix,
// the first prefix that fits is taken.
std::string_view shown_label(const TaskLabelRules& rules, std::string_view key);

// Puts those that pass into `pairs`. Gives how many of them did not fit, or are no text.
std::uint32_t take_task_labels(const cJSON* labels, const TaskLabelRules& rules, PairText& pairs);

// The value of one label, whether it passes or not; empty when it is not there.
std::string_view task_label(const cJSON* labels, std::string_view key);

}  // namespace nma
