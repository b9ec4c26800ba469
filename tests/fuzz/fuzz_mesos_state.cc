// Answers of a Mesos agent. The first byte of the input says what it is: t(ask), e(xecutor) or
// f(ramework) for one element in a good answer, anything else for a whole answer.
#include <stdlib.h>

#include <cstdint>
#include <cstring>

#include "agent/apps/mesos_state.h"
#include "agent/apps/task_address.h"
#include "platform/base/json_value.h"
#include "platform/base/pair_text.h"

namespace {

using namespace nma;
using Progress = MesosState::Progress;

constexpr std::size_t capacity = 8;
constexpr std::string_view node_address = "192.0.2.1";

void check(bool is_good) {
    if (!is_good) abort();
}

Progress take(MesosState& state, std::string_view text, std::size_t step_bytes) {
    state.begin(text);
    Progress progress = Progress::more;
    for (std::size_t i = 0; progress == Progress::more; ++i) {
        check(i <= 2 * text.size() + 4);
        progress = state.step(step_bytes);
    }
    return progress;
}

void check_info(const TaskTable& table, const TaskInfo& info) {
    check(!info.container_id.empty() && table.find(info.container_id) == &info);
    for (const std::string_view text :
         {info.container_id, info.task_name, info.task_id, info.executor_name, info.framework_name})
        check(is_plain_text(text) && text.size() <= limits::mesos_text_bytes_max);
    std::string_view rest = info.labels;
    std::string_view key;
    std::string_view value;
    while (take_pair(rest, key, value))
        check(!key.empty() && is_plain_text(key));
    check(rest.empty());
    check(!info.is_disputed || (info.executor_id.empty() && info.labels.empty()));
}

void check_table(const TaskTable& table) {
    check(table.size() <= capacity * limits::mesos_records_per_container);
    for (std::size_t i = 0; i < table.size(); ++i) {
        check(i == 0 || table.at(i - 1).container_id < table.at(i).container_id);
        check_info(table, table.at(i));
    }
    check(table.targets().size() <= capacity);
    for (const TaskTarget& target : table.targets()) {
        const TaskInfo* info = table.find(target.container_id);
        check(info != nullptr && !info->is_disputed);
        check(target.host == node_address || is_container_address(target.host));
        check(target.port > 0 && target.path.starts_with('/') && is_plain_text(target.path));
        check(target.path.find(' ') == target.path.npos);
    }
}

std::string_view wrap(char kind, std::string_view element) {
    static char text[1 << 20];
    std::string_view open = R"({"get_state":{"get_tasks":{"launched_tasks":[)";
    if (kind == 'e') open = R"({"get_state":{"get_executors":{"executors":[)";
    if (kind == 'f') open = R"({"get_state":{"get_frameworks":{"frameworks":[)";
    constexpr std::string_view close = "]}}}";
    check(open.size() + element.size() + close.size() <= sizeof text);
    std::size_t size = 0;
    for (const std::string_view part : {open, element, close}) {
        if (!part.empty()) memcpy(text + size, part.data(), part.size());
        size += part.size();
    }
    return {text, size};
}

MesosState& state() {
    static Arena arena;
    static MesosState mesos;
    if (arena.is_measuring()) {
        Arena measuring;
        mesos.init(measuring, capacity);
        check(arena.map(measuring.used_bytes()));
        mesos.init(arena, capacity);
        MesosStateOptions options;
        set_default_label_rules(options.labels);
        check(options.node_address.assign(node_address));
        mesos.set_options(options);
    }
    return mesos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const char kind = static_cast<char>(data[0]);
    std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    if (kind == 't' || kind == 'e' || kind == 'f') text = wrap(kind, text);
    const Progress progress = take(state(), text, text.size());
    const std::size_t count = state().table().size();
    check_table(state().table());
    check(take(state(), text, 1 + size % 64) == progress);
    check(state().table().size() == count);
    return 0;
}
