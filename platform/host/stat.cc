// /proc/stat (proc(5), Documentation/filesystems/proc.rst): first the processors' time since boot
// in ticks of 1/100 s, all together ("cpu") and each that is online ("cpu0"), in the columns
//     user nice system idle iowait irq softirq steal guest guest_nice
// of which the first kernels had four. user holds guest already, and nice holds guest_nice. idle
// and iowait may go backward a little. Then one line for each of the node's counters; the first
// number of intr and softirq is the sum.
#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"
#include "platform/metrics/field_table.h"

namespace nma {

namespace {

enum Column { user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice };
constexpr std::size_t column_count = 10;
constexpr std::size_t column_count_min = idle + 1;
constexpr std::size_t summed_column_count = steal + 1;

// Eight of these still add up in 64 bits. It is more ticks than any machine will live.
constexpr std::uint64_t ticks_max = std::uint64_t{1} << 60;

constexpr unsigned decimals = 2;
constexpr std::uint64_t whole = 10'000;  // 100 percent

enum Index {
    cpu_cores,
    cpu_total,
    cpu_user,
    cpu_system,
    cpu_idle,
    cpu_wait,
    cpu_nice,
    cpu_irq,
    cpu_softirq,
    cpu_steal,
    cpu_guest,
    core_total,
    core_user,
    core_system,
    core_idle,
    core_wait,
    core_steal,
    index_count,
};

constexpr MetricSpec percent(const char* name, const char* help, View view) {
    return {.name = name, .help = help, .unit = Unit::percent, .view = view, .decimals = decimals};
}
constexpr MetricSpec of_core(const char* name, const char* help) {
    MetricSpec spec = percent(name, help, View::full);
    spec.about = SubjectKind::cpu;
    return spec;
}
constexpr MetricSpec counter(const char* name, const char* help) {
    return {.name = name, .help = help, .kind = MetricKind::counter};
}

constexpr MetricSpec cpu_specs[] = {
    {.name = "cpu.cores", .help = "Processors that are online", .view = View::standard},
    percent("cpu.total", "Time in which processors were not idle", View::standard),
    percent("cpu.user", "Time in programs, niced ones and guests included", View::standard),
    percent("cpu.system", "Time in the kernel, interrupts included", View::standard),
    percent("cpu.idle", "Time in which processors had nothing to do", View::standard),
    percent("cpu.wait", "Idle time in which some task waited for a disk", View::standard),
    percent("cpu.nice", "Time in programs of lowered priority", View::full),
    percent("cpu.irq", "Time in hardware interrupts", View::full),
    percent("cpu.softirq", "Time in software interrupts", View::full),
    percent("cpu.steal", "Time that the hypervisor gave to others", View::full),
    percent("cpu.guest", "Time in virtual machines, which cpu.user includes", View::full),
    of_core("cpu.core.total", "Time in which this processor was not idle"),
    of_core("cpu.core.user", "Time of this processor in programs"),
    of_core("cpu.core.system", "Time of this processor in the kernel"),
    of_core("cpu.core.idle", "Time in which this processor had nothing to do"),
    of_core("cpu.core.wait", "Idle time of this processor while a task waited for a disk"),
    of_core("cpu.core.steal", "Time of this processor that the hypervisor gave to others"),
};
static_assert(std::size(cpu_specs) == index_count);

constexpr FieldRow rows[] = {
    {"intr", 1, counter("system.interrupts", "Hardware interrupts since boot")},
    {"ctxt", 1, counter("system.context_switches", "Context switches since boot")},
    {"btime",
     1,
     {.name = "system.boot_time",
      .help = "When the node was started, in seconds since 1970",
      .unit = Unit::seconds}},
    {"processes", 1, counter("system.forks", "Processes and threads made since boot")},
    {"procs_running", 1, {.name = "process.running", .help = "Threads that run or could run now"}},
    {"procs_blocked", 1, {.name = "process.blocked", .help = "Threads that wait for a disk now"}},
    {"softirq", 1, counter("system.softirqs", "Software interrupts since boot")},
};
constexpr auto keys = keys_of(rows);

constexpr auto specs = [] {
    std::array<MetricSpec, index_count + std::size(rows)> all = {};
    for (std::size_t i = 0; i < index_count; ++i)
        all[i] = cpu_specs[i];
    for (std::size_t i = 0; i < std::size(rows); ++i)
        all[index_count + i] = rows[i].spec;
    return all;
}();

struct Ticks {
    std::uint64_t of[column_count];  // by Column
    std::uint32_t count;             // of columns that the kernel gave
};

// The kernel keeps a processor's ticks while it is offline, so what was last seen of it stays
// good. `current` becomes `previous` only once all of the text made sense.
struct State {
    Ticks previous;
    Ticks previous_of_core[limits::cpu_count_max];  // by processor number
    Ticks current_of_core[limits::cpu_count_max];
};

// How the ticks of one interval divide up, in hundredths of a percent.
struct Shares {
    std::uint64_t delta[column_count];
    std::uint64_t total;

    // Rounded to the nearest. Halving both costs no digit that is shown.
    std::uint64_t percent_of(std::uint64_t ticks) const {
        std::uint64_t all = total;
        while (all > ticks_max / whole) {
            all /= 2;
            ticks /= 2;
        }
        return (ticks * whole + all / 2) / all;
    }
};

Shares shares_between(const Ticks& before, const Ticks& now) {
    Shares shares = {};
    for (std::size_t i = 0; i < now.count; ++i) {
        if (now.of[i] > before.of[i]) shares.delta[i] = now.of[i] - before.of[i];
        if (i < summed_column_count) shares.total += shares.delta[i];
    }
    return shares;
}

// Columns after those we know are passed over: kernels have added some at the end.
bool parse_ticks(std::string_view line, Ticks& ticks) {
    ticks = {};
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
        if (ticks.count == column_count) return true;
        std::uint64_t& value = ticks.of[ticks.count];
        if (!parse_u64(word, value) || value > ticks_max) return false;
        ++ticks.count;
    }
    return ticks.count >= column_count_min;
}

// The figures that the node and each core have, at `first` and the five places after it.
// idle is rounded and total is the rest, so that both together are 100 exactly.
void add_main_shares(const Ticks& now, const Shares& shares, SnapshotWriter& writer,
                     std::uint32_t subject, Index first) {
    const std::uint64_t* delta = shares.delta;
    const std::uint64_t idle_share = shares.percent_of(delta[idle]);
    writer.add(first, whole - idle_share, subject);
    writer.add(first + 1, shares.percent_of(delta[user] + delta[nice]), subject);
    writer.add(first + 2, shares.percent_of(delta[system] + delta[irq] + delta[softirq]), subject);
    writer.add(first + 3, idle_share, subject);
    if (now.count > iowait) writer.add(first + 4, shares.percent_of(delta[iowait]), subject);
}

void add_node_shares(const Ticks& before, const Ticks& now, SnapshotWriter& writer) {
    const Shares shares = shares_between(before, now);
    if (shares.total == 0) return;
    add_main_shares(now, shares, writer, node_subject, cpu_total);
    writer.add(cpu_nice, shares.percent_of(shares.delta[nice]));
    if (now.count > irq) writer.add(cpu_irq, shares.percent_of(shares.delta[irq]));
    if (now.count > softirq) writer.add(cpu_softirq, shares.percent_of(shares.delta[softirq]));
    if (now.count > steal) writer.add(cpu_steal, shares.percent_of(shares.delta[steal]));
    // A guest's ticks are counted a moment apart from user's: never show more than all there is.
    const std::uint64_t guests = shares.delta[guest] + shares.delta[guest_nice];
    if (now.count > guest) {
        writer.add(cpu_guest, shares.percent_of(guests < shares.total ? guests : shares.total));
    }
}

void add_core_shares(const Ticks& before, const Ticks& now, std::string_view name,
                     SnapshotWriter& writer) {
    const Shares shares = shares_between(before, now);
    if (shares.total == 0) return;
    const std::uint32_t subject = writer.add_subject(SubjectKind::cpu, node_subject, name);
    add_main_shares(now, shares, writer, subject, core_total);
    if (now.count > steal) writer.add(core_steal, shares.percent_of(shares.delta[steal]), subject);
}

// True for "cpu12", which is 12.
bool parse_core_name(std::string_view word, std::string_view& digits, std::uint64_t& number) {
    if (!word.starts_with("cpu")) return false;
    digits = word.substr(3);
    return parse_u64(digits, number);
}

struct Cores {
    std::uint64_t count = 0;
    std::uint64_t number_next = 0;  // lowest that may come: the kernel writes them in order
    std::string_view rest;          // the text after them
};

// Each core's line up to the first line about something else, which must be there: without it
// nobody knows whether these were all.
Status scan_cores(State& state, LineCursor& lines, std::string_view text, SnapshotWriter& writer,
                  Cores& cores) {
    std::string_view line;
    while (lines.next(line)) {
        const std::size_t offset = static_cast<std::size_t>(line.data() - text.data());
        std::string_view digits;
        std::uint64_t number = 0;
        if (!parse_core_name(take_word(line), digits, number)) {
            cores.rest = text.substr(offset);
            return Status::ok;
        }
        if (number < cores.number_next) return Status::malformed;
        cores.number_next = number + 1;
        ++cores.count;
        Ticks ticks;
        if (!parse_ticks(line, ticks)) return Status::malformed;
        if (number >= limits::cpu_count_max) {
            writer.count_overflow();
            continue;
        }
        state.current_of_core[number] = ticks;
        add_core_shares(state.previous_of_core[number], ticks, digits, writer);
    }
    return Status::malformed;
}

// Only as far as this text went: the tables are large, most machines are not.
void finish_cores(State& state, const Cores& cores, bool is_good) {
    for (std::size_t i = 0; i < cores.number_next && i < limits::cpu_count_max; ++i) {
        Ticks& current = state.current_of_core[i];
        if (is_good && current.count != 0) state.previous_of_core[i] = current;
        current.count = 0;
    }
}

Status scan_after_total(State& state, LineCursor& lines, std::string_view text,
                        SnapshotWriter& writer) {
    Cores cores;
    FieldValues found;
    Status status = scan_cores(state, lines, text, writer, cores);
    if (status == Status::ok) status = scan_fields(cores.rest, keys, found);
    finish_cores(state, cores, status == Status::ok);
    if (status != Status::ok) return status;
    writer.add(cpu_cores, cores.count);
    add_fields(found, keys.size(), writer, node_subject, index_count);
    return Status::ok;
}

Status scan_stat(State& state, std::string_view text, SnapshotWriter& writer) {
    LineCursor lines(text);
    std::string_view line;
    Ticks all;
    if (!lines.next(line) || take_word(line) != "cpu" || !parse_ticks(line, all)) {
        return Status::malformed;
    }
    const Status status = scan_after_total(state, lines, text, writer);
    if (status != Status::ok) return status;
    add_node_shares(state.previous, all, writer);
    state.previous = all;
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "stat", scan_with<State, scan_stat>}};

}  // namespace

extern constexpr Collector stat_collector = {
    .name = "stat", .specs = specs, .files = files, .state_bytes = sizeof(State)};

}  // namespace nma
