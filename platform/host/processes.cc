// Processes: the directories of /proc whose names are numbers (proc(5)). Their states stand in
// /proc/PID/stat: "4 (comm) S 1 …", where comm is whatever the process calls itself, brackets and
// all, so the state follows the last ')'.
//
// Counting is one listing at each tick. States cost a read for each process, so they are taken
// again only when they are old, and their age is a figure of its own.
#include <cstdio>

#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr std::uint64_t state_age_ns_max = 30'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

enum Index { process_count, process_state, process_state_age };

constexpr MetricSpec specs[] = {
    {.name = "process.count", .help = "Processes now on the node", .view = View::standard},
    {.name = "process.state",
     .help = "Processes in this state, when they were last looked at",
     .about = SubjectKind::process_state},
    {.name = "process.state_age",
     .help = "Time since the states of processes were looked at",
     .unit = Unit::seconds,
     .decimals = 3},
};

struct StateName {
    char letter;
    const char* name;
};

// fs/proc/array.c; the last one takes all letters that are not here.
constexpr StateName state_names[] = {
    {'R', "running"}, {'S', "sleeping"},     {'D', "disk_sleep"}, {'I', "idle"},
    {'T', "stopped"}, {'t', "tracing_stop"}, {'Z', "zombie"},     {'\0', "other"},
};
constexpr std::size_t state_count = std::size(state_names);

struct State {
    std::uint32_t counts[state_count];
    std::uint64_t taken_at_ns;
    bool is_taken;
};

bool is_process(const DirEntry& entry) {
    std::uint64_t pid = 0;
    return parse_u64(entry.name, pid);
}

std::size_t state_index(char letter) {
    std::size_t index = 0;
    while (index < state_count - 1 && state_names[index].letter != letter)
        ++index;
    return index;
}

bool scan_state(std::string_view text, char& letter) {
    const std::size_t bracket = text.rfind(')');
    if (bracket == text.npos || text.size() < bracket + 3 || text[bracket + 1] != ' ') return false;
    letter = text[bracket + 2];
    return true;
}

// A process that has ended meanwhile is none any more.
void count_state(const char* pid, const HostContext& context, State& fresh,
                 SnapshotWriter& writer) {
    char path[32];
    snprintf(path, sizeof path, "%.20s/stat", pid);
    std::string_view text;
    const Status status = context.reader.read(context.root.proc(), path, text);
    if (status == Status::absent || status == Status::gone) return;
    char letter = '\0';
    if (status == Status::ok && scan_state(text, letter)) {
        ++fresh.counts[state_index(letter)];
    } else {
        writer.count_skipped();
    }
}

void add_states(const State& state, SnapshotWriter& writer) {
    for (std::size_t i = 0; i < state_count; ++i) {
        const std::uint32_t subject =
            writer.add_subject(SubjectKind::process_state, node_subject, state_names[i].name);
        writer.add(process_state, state.counts[i], subject);
    }
    const std::uint64_t age_ns = writer.now().boottime_ns - state.taken_at_ns;
    writer.add(process_state_age, age_ns / ns_per_ms);
}

Status run_processes(State& state, const HostContext& context, SnapshotWriter& writer) {
    const std::uint64_t now_ns = writer.now().boottime_ns;
    const bool is_due = !state.is_taken || now_ns - state.taken_at_ns >= state_age_ns_max;
    State fresh = {};
    std::uint64_t count = 0;
    DirEntry entry;
    Status status = context.dirs.open(context.root.proc(), ".");
    while (status == Status::ok && context.dirs.next(entry)) {
        if (!is_process(entry)) continue;
        ++count;
        if (is_due) count_state(entry.name, context, fresh, writer);
    }
    if (status == Status::ok) status = context.dirs.status();
    if (status != Status::ok) return status;
    if (is_due) {
        state = fresh;
        state.taken_at_ns = now_ns;
        state.is_taken = true;
    }
    // A /proc without a single process is a copy of a few files, not a look at an empty machine.
    if (count == 0) return Status::absent;
    writer.add(process_count, count);
    add_states(state, writer);
    return Status::ok;
}

}  // namespace

extern constexpr Collector processes_collector = {
    .name = "processes",
    .specs = specs,
    .state_bytes = sizeof(State),
    .run = run_with<State, run_processes>,
};

}  // namespace nma
