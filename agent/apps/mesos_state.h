// The Mesos agent's answer to GET_STATE (operator API, mesos/v1/agent/agent.proto), as a TaskTable.
//
// {"type":"GET_STATE","get_state":{
//   "get_tasks":{"launched_tasks":[{"name":…,"task_id":{"value":…},"executor_id":{"value":…},
//       "framework_id":{"value":…},"labels":{…},"discovery":{…},
//       "statuses":[{"executor_id":{"value":…},"container_status":{"container_id":
//           {"value":…,"parent":{"value":…}},"network_infos":[…]}},…]},…]},
//   "get_executors":{"executors":[{"executor_info":{"executor_id":{"value":…},
//       "framework_id":{"value":…},"name":…}},…]},
//   "get_frameworks":{"frameworks":[{"framework_info":{"id":{"value":…},"name":…,"role":…,
//       "roles":[…],"principal":…}},…]}}}
//
// Statuses are in the order of time; the last one with a container says where a task runs now. A
// task of a command has its executor's ID in its statuses only. Every part may be missing: an agent
// without tasks writes {"get_tasks":{}}.
//
// The text is walked through in steps, and each element is made into a tree of its own. An element
// that is not as above is counted and left out. When what is around the elements is not, the whole
// answer is refused, and the table of before stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/apps/task_labels.h"
#include "agent/apps/task_table.h"
#include "agent/apps/task_targets.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/base/json_arena.h"
#include "platform/base/json_list_cursor.h"
#include "platform/limits.h"

namespace nma {

struct MesosStateOptions {
    TaskLabelRules labels;

    // Where this node's ports are reached: the Mesos agent's own IP address.
    FixedText<64> node_address;
};

// What was left out of an answer, and why.
struct MesosStateCounts {
    std::uint32_t bad_elements = 0;    // not what Mesos writes
    std::uint32_t large_elements = 0;  // over limits::mesos_element_bytes_max, or too many parts
    std::uint32_t labels_left_out = 0;
    std::uint32_t bad_targets = 0;
    TargetFault first_fault = TargetFault::none;        // of a target
    FixedText<limits::name_bytes_max + 1> faulty_task;  // its task's ID, or the start of it
};

class MesosState {
  public:
    enum class Progress : std::uint8_t { more, done, refused };

    // `capacity` containers. Sets cJSON's hooks (see json_arena.h).
    void init(Arena& arena, std::size_t capacity);

    void set_options(const MesosStateOptions& options) { options_ = options; }

    // A new answer, of at most limits::mesos_state_bytes_max. The text must stay until its last
    // step. One that was begun before is given up.
    void begin(std::string_view text);

    // Goes on over about `bytes_max` of the text, at least one element, or as much of the work that
    // is left after the text. 256 KiB take about 2 ms.
    Progress step(std::size_t bytes_max);

    // Why the last answer was refused: "it is cut short, or no JSON". Never null.
    const char* fault_text() const { return fault_text_; }

    // Of the last answer that was done; at first an empty one. Views of it are good until the next
    // done.
    const TaskTable& table() const { return tables_[current_]; }
    const MesosStateCounts& counts() const { return counts_[current_]; }

  private:
    TaskTable& spare() { return tables_[1 - current_]; }
    MesosStateCounts& spare_counts() { return counts_[1 - current_]; }
    Progress refuse(const char* why);
    Progress finish(std::size_t bytes_max);
    void take(const JsonElement& element);
    bool take_tree(std::uint8_t place, const cJSON* tree);
    bool take_task(const cJSON* task);
    void take_parents(const cJSON* container_id, const TaskInfo& task);
    void take_targets(const cJSON* task, const cJSON* container_status, TaskInfo& info);
    void take_faults(const TaskTargets& targets, std::string_view task_id);
    bool take_executor(const cJSON* element);
    bool take_framework(const cJSON* element);

    MesosStateOptions options_;
    JsonArena json_;
    JsonListCursor cursor_;
    TaskTable tables_[2];
    MesosStateCounts counts_[2];
    std::size_t current_ = 0;
    std::size_t text_bytes_ = 0;
    bool is_finishing_ = false;
    const char* fault_text_ = "nothing was asked yet";
};

}  // namespace nma
