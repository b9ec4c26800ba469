// What the Mesos agent said of its containers: which task runs in each, whose it is, and where it
// wants to be scraped. One answer's worth: filled from an empty table, then finished, then read.
// Texts are copied in; what has no room is counted and left out.
//
// Several tasks may say that they run in one container. With the same executor and framework they
// share it, as executors of one's own allow: then the container belongs to no task alone, and has
// neither task nor labels. With different ones somebody is wrong, for a task's executor writes what
// it likes into its statuses, and nobody can tell who: the container is disputed, and has nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/task_targets.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/limits.h"

namespace nma {

// Empty texts are not known. Valid UTF-8 as far as the Mesos agent's were; no control characters,
// but for the values of labels.
struct TaskInfo {
    std::string_view container_id;
    std::string_view task_name;  // empty for an executor's own container, like the next
    std::string_view task_id;
    std::string_view executor_id;
    std::string_view executor_name;
    std::string_view framework_id;
    std::string_view framework_name;
    std::string_view framework_role;  // empty, too, when the framework has several
    std::string_view framework_principal;
    std::string_view labels;  // "key\0value\0" and so on: those that pass the rules
    bool is_shared = false;
    bool is_disputed = false;
    bool is_waiting = false;  // for an address, to be scraped at: ask again
};

struct ExecutorName {
    std::string_view framework_id;
    std::string_view executor_id;
    std::string_view name;
};

struct FrameworkName {
    std::string_view id;
    std::string_view name;
    std::string_view role;
    std::string_view principal;
};

struct TaskTableCounts {
    std::uint32_t no_room = 0;         // tasks, executors, frameworks or targets
    std::uint32_t texts_left_out = 0;  // too long, or with control characters
    std::uint32_t disputed = 0;        // containers
};

class TaskTable {
  public:
    // `capacity` containers, executors and targets.
    void init(Arena& arena, std::size_t capacity);

    void clear();

    // A task, or an executor's own container. Its executor's and framework's names come from those
    // below, in any order. False when it was left out.
    bool add(const TaskInfo& info);
    bool add(const ExecutorName& executor);
    bool add(const FrameworkName& framework);
    bool add(const TaskTarget& target);

    // After the last one, until it is true: sorts, and merges what is said of one container, for
    // about `count` of them (2 µs each). From then on find and the lists answer.
    [[nodiscard]] bool finish(std::size_t count);

    // Null when it is not known. Good until clear.
    const TaskInfo* find(std::string_view container_id) const;

    // All containers, sorted by their ids.
    std::size_t size() const { return order_.size(); }
    const TaskInfo& at(std::size_t index) const { return records_[order_[index]]; }

    // Of containers that are not disputed, sorted by their ids. Several containers may name one
    // endpoint. Those of containers that ended since are in it, too: their addresses may be
    // somebody else's by now, so scrape none of a container that is gone.
    std::span<const TaskTarget> targets() const { return {targets_.begin(), targets_.size()}; }

    const TaskTableCounts& counts() const { return counts_; }

  private:
    bool is_last_executor(const TaskInfo& info) const;
    bool keep(std::span<std::string_view* const> texts, std::size_t size_max);
    void check(std::string_view& text);
    bool sort_and_merge(std::size_t& count);
    void merge_next();
    void merge_into(TaskInfo& info, const TaskInfo& other);
    void name(TaskInfo& info) const;
    void merge_next_target();

    // How far finish has come. Lists are heaps while they are filled, so that neither filling nor
    // sorting them ever takes long at once.
    struct Progress {
        std::size_t executors = 0;  // that are sorted, from the end
        std::size_t frameworks = 0;
        std::size_t targets = 0;
        std::size_t order = 0;
        std::size_t next_record = 0;   // in order_, to be merged
        std::size_t record_count = 0;  // that are
        std::size_t next_target = 0;
        std::size_t target_count = 0;
        bool has_merged = false;
    };

    BoundedList<TaskInfo> records_;
    BoundedList<std::uint32_t> order_;
    BoundedList<ExecutorName> executors_;
    BoundedList<FrameworkName> frameworks_;
    BoundedList<TaskTarget> targets_;
    BoundedList<char> texts_;
    std::size_t last_executor_ = 0;  // place of its record, from 1
    Progress progress_;
    TaskTableCounts counts_;
};

}  // namespace nma
