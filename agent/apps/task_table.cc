#include "agent/apps/task_table.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "platform/base/json_value.h"

namespace nma {

namespace {

constexpr const char* part = "Mesos metadata";

auto key_of(const ExecutorName& executor) {
    return std::tie(executor.framework_id, executor.executor_id);
}

auto key_of(const FrameworkName& framework) {
    return std::tie(framework.id);
}

auto key_of(const TaskTarget& target) {
    return std::tie(target.container_id, target.host, target.port, target.path);
}

std::string_view text_of(const TaskTarget& target) {
    return target.container_id;
}

template <class T>
std::string_view text_of(const T& named) {
    return named.name;
}

// By key; of twins the one that was added first: its text stands before in the same memory.
struct ByKey {
    template <class T>
    bool operator()(const T& a, const T& b) const {
        if (key_of(a) != key_of(b)) return key_of(a) < key_of(b);
        return text_of(a).data() < text_of(b).data();
    }
};

// By container; of one container in the order of the records.
struct ByContainer {
    const BoundedList<TaskInfo>& records;

    bool operator()(std::uint32_t a, std::uint32_t b) const {
        const int compared = records[a].container_id.compare(records[b].container_id);
        return compared != 0 ? compared < 0 : a < b;
    }
};

template <class T, class Less>
bool push_heap(BoundedList<T>& list, const T& element, Less less) {
    if (!list.push(element)) return false;
    std::push_heap(list.begin(), list.end(), less);
    return true;
}

// Sorts a heap from its end on. False when `count` was used up before.
template <class T, class Less>
bool sort_heap(BoundedList<T>& list, std::size_t& sorted, std::size_t& count, Less less) {
    for (; sorted < list.size() && count > 0; --count) {
        std::pop_heap(list.begin(), list.end() - sorted, less);
        ++sorted;
    }
    return sorted == list.size();
}

template <class T>
const T* find_by_key(const BoundedList<T>& list, const T& wanted) {
    const T* found = std::lower_bound(list.begin(), list.end(), wanted,
                                      [](const T& a, const T& b) { return key_of(a) < key_of(b); });
    return found != list.end() && key_of(*found) == key_of(wanted) ? found : nullptr;
}

bool is_same_executor(const TaskInfo& a, const TaskInfo& b) {
    return a.framework_id == b.framework_id && a.executor_id == b.executor_id;
}

}  // namespace

void TaskTable::init(Arena& arena, std::size_t capacity) {
    const std::size_t record_count = capacity * limits::mesos_records_per_container;
    records_ = BoundedList(arena.take<TaskInfo>(part, record_count));
    order_ = BoundedList(arena.take<std::uint32_t>(part, record_count));
    executors_ = BoundedList(arena.take<ExecutorName>(part, capacity));
    frameworks_ = BoundedList(arena.take<FrameworkName>(part, limits::mesos_framework_count_max));
    targets_ = BoundedList(arena.take<TaskTarget>(part, capacity));
    texts_ = BoundedList(arena.take<char>(part, capacity * limits::mesos_text_bytes_per_container));
}

void TaskTable::clear() {
    records_.clear();
    order_.clear();
    executors_.clear();
    frameworks_.clear();
    targets_.clear();
    texts_.clear();
    last_executor_ = 0;
    progress_ = {};
    counts_ = {};
}

// Copies the texts in, and lets them point there. False, and nothing kept, when there is no room.
bool TaskTable::keep(std::span<std::string_view* const> texts, std::size_t size_max) {
    const std::size_t before = texts_.size();
    bool has_room = size_max > 0;
    for (std::string_view* text : texts) {
        const std::size_t start = texts_.size();
        has_room = has_room && texts_.append({text->data(), text->size()});
        if (has_room) *text = {texts_.begin() + start, text->size()};
    }
    if (has_room) return true;
    texts_.resize_down(before);
    ++counts_.no_room;
    return false;
}

void TaskTable::check(std::string_view& text) {
    if (text.size() <= limits::mesos_text_bytes_max && is_plain_text(text)) return;
    ++counts_.texts_left_out;
    text = {};
}

// The tasks of a pod stand together, and each of them names the same executor's container.
bool TaskTable::is_last_executor(const TaskInfo& info) const {
    if (last_executor_ == 0 || !info.task_id.empty()) return false;
    const TaskInfo& last = records_[last_executor_ - 1];
    return last.container_id == info.container_id && is_same_executor(last, info);
}

bool TaskTable::add(const TaskInfo& info) {
    TaskInfo kept = info;
    std::string_view* const texts[] = {&kept.container_id, &kept.task_name, &kept.task_id,
                                       &kept.executor_id, &kept.framework_id};
    if (is_last_executor(info)) return true;
    for (std::string_view* text : texts)
        check(*text);
    const std::size_t room = records_.capacity() - records_.size();
    std::string_view* const all[] = {texts[0], texts[1], texts[2],
                                     texts[3], texts[4], &kept.labels};
    const auto at = static_cast<std::uint32_t>(records_.size());
    if (!keep(all, room) || !records_.push(kept)) return false;
    static_cast<void>(push_heap(order_, at, ByContainer{records_}));
    if (kept.task_id.empty()) last_executor_ = records_.size();
    return true;
}

bool TaskTable::add(const ExecutorName& executor) {
    ExecutorName kept = executor;
    std::string_view* const texts[] = {&kept.framework_id, &kept.executor_id, &kept.name};
    for (std::string_view* text : texts)
        check(*text);
    return keep(texts, executors_.capacity() - executors_.size()) &&
           push_heap(executors_, kept, ByKey());
}

bool TaskTable::add(const FrameworkName& framework) {
    FrameworkName kept = framework;
    std::string_view* const texts[] = {&kept.id, &kept.name, &kept.role, &kept.principal};
    for (std::string_view* text : texts)
        check(*text);
    return keep(texts, frameworks_.capacity() - frameworks_.size()) &&
           push_heap(frameworks_, kept, ByKey());
}

bool TaskTable::add(const TaskTarget& target) {
    TaskTarget kept = target;
    std::string_view* const texts[] = {&kept.container_id, &kept.host, &kept.path};
    return keep(texts, targets_.capacity() - targets_.size()) && push_heap(targets_, kept, ByKey());
}

bool TaskTable::finish(std::size_t count) {
    Progress& done = progress_;
    if (!done.has_merged && !sort_and_merge(count)) return false;
    for (; done.next_target < targets_.size(); --count) {
        if (count == 0) return false;
        merge_next_target();
    }
    targets_.resize_down(done.target_count);
    done.next_target = done.target_count;
    return true;
}

bool TaskTable::sort_and_merge(std::size_t& count) {
    Progress& done = progress_;
    const bool is_sorted = sort_heap(executors_, done.executors, count, ByKey()) &&
                           sort_heap(frameworks_, done.frameworks, count, ByKey()) &&
                           sort_heap(targets_, done.targets, count, ByKey()) &&
                           sort_heap(order_, done.order, count, ByContainer{records_});
    if (!is_sorted) return false;
    for (; done.next_record < order_.size(); --count) {
        if (count == 0) return false;
        merge_next();
    }
    order_.resize_down(done.record_count);
    done.has_merged = true;
    return true;
}

// One record for the next container: the first of a task, else the first of all.
void TaskTable::merge_next() {
    const std::size_t start = progress_.next_record;
    const std::string_view id = records_[order_[start]].container_id;
    std::size_t end = start + 1;
    while (end < order_.size() && records_[order_[end]].container_id == id)
        ++end;
    std::size_t chosen = start;
    while (chosen < end && records_[order_[chosen]].task_id.empty())
        ++chosen;
    if (chosen == end) chosen = start;
    TaskInfo& info = records_[order_[chosen]];
    for (std::size_t i = start; i < end; ++i) {
        if (i != chosen) merge_into(info, records_[order_[i]]);
    }
    counts_.disputed += info.is_disputed ? 1 : 0;
    name(info);
    order_[progress_.record_count++] = order_[chosen];
    progress_.next_record = end;
}

// Each endpoint of a container once, and none of a disputed one.
void TaskTable::merge_next_target() {
    const std::size_t at = progress_.next_target++;
    if (at > 0 && key_of(targets_[at - 1]) == key_of(targets_[at])) return;
    const TaskInfo* info = find(targets_[at].container_id);
    if (info == nullptr || info->is_disputed) return;
    targets_[progress_.target_count++] = targets_[at];
}

void TaskTable::merge_into(TaskInfo& info, const TaskInfo& other) {
    if (info.is_disputed) return;
    if (!is_same_executor(info, other)) {
        const std::string_view id = info.container_id;
        info = {};
        info.container_id = id;
        info.is_disputed = true;
        return;
    }
    info.is_waiting = info.is_waiting || other.is_waiting;
    if (other.task_id.empty() || other.task_id == info.task_id) return;
    info.is_shared = true;
    info.task_name = {};
    info.task_id = {};
    info.labels = {};
}

void TaskTable::name(TaskInfo& info) const {
    const ExecutorName* executor =
        find_by_key(executors_, {info.framework_id, info.executor_id, {}});
    if (executor != nullptr) info.executor_name = executor->name;
    const FrameworkName* framework = find_by_key(frameworks_, {info.framework_id, {}, {}, {}});
    if (framework == nullptr) return;
    info.framework_name = framework->name;
    info.framework_role = framework->role;
    info.framework_principal = framework->principal;
}

const TaskInfo* TaskTable::find(std::string_view container_id) const {
    const std::uint32_t* found = std::lower_bound(
        order_.begin(), order_.end(), container_id,
        [this](std::uint32_t at, std::string_view id) { return records_[at].container_id < id; });
    if (found == order_.end() || records_[*found].container_id != container_id) return nullptr;
    return &records_[*found];
}

}  // namespace nma
