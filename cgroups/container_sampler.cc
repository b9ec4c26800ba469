#include "cgroups/container_sampler.h"

#include <sys/resource.h>

#include "cgroups/container_reader.h"
#include "cgroups/life.h"
#include "cgroups/probe.h"
#include "cgroups/walker.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

// A search at least this often, in case the kernel's word about a change was lost.
constexpr std::uint64_t search_interval_ns = 60 * second_ns;

// A new container is read for the first time when its runtime has had time to fill its cgroups,
// and again, ever less often, until a tick has read it.
constexpr std::uint64_t interim_first_ns = 10 * millisecond_ns;
constexpr std::uint64_t interim_factor = 4;

// For so long after a cgroup was made its controllers may still be switched on.
constexpr std::uint64_t settling_ns = 10 * second_ns;

// While a container works, the next readings would show that anyway.
constexpr std::uint8_t busy_ticks_between_probes = 3;

// Files are what a descriptor is needed for, so as many as we may have.
std::size_t raise_file_limit() {
    rlimit files = {};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    if (files.rlim_cur < files.rlim_max) {
        const rlimit raised = {files.rlim_max, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
    }
    return files.rlim_cur > limits::file_reserve_count ? files.rlim_cur - limits::file_reserve_count
                                                       : 0;
}

std::size_t index_of_life() {
    const std::span<const Controller> controllers = container_controllers();
    std::size_t index = 0;
    while (std::string_view(controllers[index].name) != "life")
        ++index;
    return index;
}

// What `snapshot` says of this very container; null when it says nothing.
const ContainerEntry* entry_of(const Snapshot* snapshot, const Container& container) {
    if (snapshot == nullptr) return nullptr;
    const ContainerEntry* entry = snapshot->find_container(container.id.view());
    const bool is_same = entry != nullptr && entry->inode == container.inode && !entry->is_exited();
    return is_same ? entry : nullptr;
}

}  // namespace

struct ContainerSampler::State {
    Catalogue catalogue;
    std::uint16_t first_source = 0;
    std::uint16_t life_source = 0;
    std::size_t exited_count_max = 0;
    Hierarchies hierarchies;
    ContainerTable table;
    Walker walker;
    ChangeWatch watch;
    ContainerReader reader;
    DiscoveryOptions options;
    Snapshot interim;  // readings between ticks
    SnapshotWriter interim_writer;
    std::uint64_t searched_at_ns = 0;
    std::uint32_t exited_count = 0;
    bool must_search = true;
    bool has_reported = false;

    NamingRules rules() const { return {options.mesos_root.view(), options.services}; }

    bool take_changes(const Walker::Ground& ground, const HostContext& context);
    void read_ending(const HostContext& context, std::string_view path);
    void report();

    ContainerReading reading_of(const HostContext& context, const Container& container);
    void sample_living(const HostContext& context, Container& container, std::uint32_t index,
                       SnapshotWriter& writer, const Snapshot* previous);
    bool continue_resting(const HostContext& context, Container& container, SnapshotWriter& writer,
                          const Snapshot* previous);
    bool read_in_full(const HostContext& context, Container& container, SnapshotWriter& writer,
                      bool is_replacing);
    void sample_ended(SnapshotWriter& writer, const Snapshot* previous);
    void write_ended(const Container& container, SnapshotWriter& writer, const Snapshot* previous);
    void restart_interim();
    std::uint64_t read_interim(const HostContext& context, std::uint32_t index,
                               std::uint64_t now_ns);
};

std::span<const MetricSource> ContainerSampler::sources() {
    static MetricSource sources[limits::collector_count_max];
    const std::span<const Controller> controllers = container_controllers();
    for (std::size_t i = 0; i < controllers.size(); ++i)
        sources[i] = {controllers[i].name, controllers[i].specs};
    return {sources, controllers.size()};
}

void ContainerSampler::init(Arena& arena, const Capacities& capacities, Catalogue catalogue,
                            std::uint16_t first_source) {
    Walker walker;
    ContainerTable table;
    ChangeWatch watch;
    Snapshot interim;
    state_ = arena.make<State>("containers");
    walker.init(arena);
    table.init(arena, capacities);
    watch.init(arena, capacities);
    interim.init(arena, {.containers = capacities.exited * limits::interim_readings_per_exited,
                         .exited = 0,
                         .has_node = false});
    if (state_ == nullptr) return;
    state_->walker = walker;
    state_->table = table;
    state_->watch = watch;
    state_->interim = interim;
    state_->catalogue = catalogue;
    state_->exited_count_max = capacities.exited;
    state_->first_source = first_source;
    state_->life_source = static_cast<std::uint16_t>(first_source + index_of_life());
    state_->reader.init(first_source);
}

void ContainerSampler::start(const HostContext& context, const DiscoveryOptions& options) {
    state_->options = options;
    state_->table.set_file_budget(raise_file_limit());
    state_->watch.start();
    state_->hierarchies.open(context);
    state_->must_search = true;
    state_->restart_interim();
}

void ContainerSampler::stop() {
    if (state_ == nullptr) return;
    state_->table.clear();
    state_->hierarchies.close();
    state_->watch.stop();
}

int ContainerSampler::watch_descriptor() const {
    return state_->watch.descriptor();
}

void ContainerSampler::discover(const HostContext& context, SnapshotWriter& writer) {
    State& state = *state_;
    const Instants now = read_instants();
    const NamingRules rules = state.rules();
    const Walker::Ground ground = {
        state.hierarchies.all(), rules, context.dirs, state.watch, state.table, now};
    const bool is_due = now.boottime_ns - state.searched_at_ns >= search_interval_ns;
    const bool is_told = state.take_changes(ground, context);
    const bool has_new_room =
        state.walker.container_overflow_count() > 0 && state.table.ended_count() > 0;
    if (!is_told || state.must_search || is_due || has_new_room) {
        state.walker.walk(ground);
        state.searched_at_ns = now.boottime_ns;
        state.must_search = false;
    }
    state.report();
    const std::uint32_t left_out = state.walker.container_overflow_count();
    const auto add = [&writer](LifeFigure figure, std::size_t value) { writer.add(figure, value); };
    writer.begin(state.life_source);
    add(LifeFigure::running, state.table.living_count());
    add(LifeFigure::exited, state.exited_count);
    add(LifeFigure::left_out, left_out);
    if (left_out > 0) writer.add_missing("containers", Reason::limit_reached);
    writer.end(Status::ok);
    writer.count_container_overflow(left_out);
}

// False when only a search can tell what changed. Changes that are made meanwhile are heard of the
// next time.
bool ContainerSampler::State::take_changes(const Walker::Ground& ground,
                                           const HostContext& context) {
    if (!watch.is_reliable()) return false;
    const std::uint32_t overflow_before = table.overflow_count();
    CgroupChange change;
    std::size_t count = 0;
    bool is_told = true;
    while (watch.next(change)) {
        if (++count > limits::changes_per_look_max) is_told = false;
        if (!is_told) continue;
        switch (change.kind) {
            case CgroupChange::Kind::made:
                walker.walk_below(ground, change.hierarchy, change.path.view());
                break;
            case CgroupChange::Kind::removed:
                Walker::look_for_end(ground, change.hierarchy, change.path.view());
                break;
            case CgroupChange::Kind::emptied:
                read_ending(context, change.path.view());
                break;
            case CgroupChange::Kind::unknown:
                is_told = false;
                break;
        }
    }
    return is_told && watch.is_reliable() && table.overflow_count() == overflow_before;
}

// The last process of a container ended: what it used is still there until its cgroup is removed.
void ContainerSampler::State::read_ending(const HostContext& context, std::string_view path) {
    ContainerId id;
    if (!container_of_path(path, rules(), id)) return;
    const std::uint32_t index = table.find(id.view());
    if (index == no_container) return;
    Container& container = table[index];
    if (!read_in_full(context, container, interim_writer, true)) must_search = true;
}

// Once, and not again before all is well.
void ContainerSampler::State::report() {
    const std::uint32_t left_out =
        walker.skipped_count() + walker.container_overflow_count() + table.member_overflow_count();
    if (left_out > 0 && !has_reported) {
        log_line(LogLevel::warning,
                 "cgroups left out: %u not searched, %u containers (the first: %.80s) and %u parts "
                 "had no room; see limits.containers in the configuration",
                 walker.skipped_count(), walker.container_overflow_count(),
                 table.overflow_first().c_str(), table.member_overflow_count());
    }
    has_reported = left_out > 0;
}

ContainerReading ContainerSampler::State::reading_of(const HostContext& context,
                                                     const Container& container) {
    return {context, table, hierarchies.all(), container, container.pids, container.pids_status};
}

void ContainerSampler::sample(const HostContext& context, SnapshotWriter& writer,
                              const Snapshot* previous) {
    State& state = *state_;
    for (const std::uint32_t index : state.table.sorted())
        state.sample_living(context, state.table[index], index, writer, previous);
    state.sample_ended(writer, previous);
    state.table.forget_ended();
    state.restart_interim();
}

void ContainerSampler::State::sample_living(const HostContext& context, Container& container,
                                            std::uint32_t index, SnapshotWriter& writer,
                                            const Snapshot* previous) {
    if (continue_resting(context, container, writer, previous)) return;
    Activity& activity = container.activity;
    const bool is_probed = activity.ticks_to_probe == 0;
    ProbeValues probe;
    if (is_probed) probe = probe_container(reading_of(context, container));
    if (!read_in_full(context, container, writer, false)) {
        table.end(index, read_instants().realtime_ns);
        return;
    }
    activity.read_at_ns = writer.now().boottime_ns;
    activity.interim_at_ns = 0;
    if (!is_probed) {
        --activity.ticks_to_probe;
        activity.is_resting = false;
        return;
    }
    activity.is_resting = probe.shows_rest_since(activity.before_reading);
    const bool is_new = activity.before_reading.present == 0;
    activity.ticks_to_probe = activity.is_resting || is_new ? 0 : busy_ticks_between_probes;
    activity.before_reading = probe;
}

// False when it must be read in full.
bool ContainerSampler::State::continue_resting(const HostContext& context, Container& container,
                                               SnapshotWriter& writer, const Snapshot* previous) {
    const Activity& activity = container.activity;
    const std::uint64_t age_ns = writer.now().boottime_ns - activity.read_at_ns;
    if (!activity.is_resting || age_ns >= options.idle_age_s * second_ns) return false;
    const ContainerEntry* entry = entry_of(previous, container);
    if (entry == nullptr) return false;
    ContainerReading reading = reading_of(context, container);
    if (!probe_container(reading).shows_rest_since(activity.before_reading)) return false;
    if (!writer.continue_container(*previous, *entry, catalogue,
                                   SnapshotWriter::Aging::all_but_probes,
                                   reader.always_sources())) {
        return false;
    }
    reader.read_always(reading, writer);
    writer.end_container();
    return true;
}

// False when it is gone.
bool ContainerSampler::State::read_in_full(const HostContext& context, Container& container,
                                           SnapshotWriter& writer, bool is_replacing) {
    if (!ContainerReader::read_pids(context, table, hierarchies.all(), container, must_search))
        return false;
    if (!writer.begin_container(container.id.view(), container.inode, is_replacing)) return true;
    const std::uint64_t age_ns = writer.now().boottime_ns - container.activity.found_at_ns;
    if (age_ns < settling_ns) container.forget_absent_files();
    ContainerReading reading = reading_of(context, container);
    reader.read_all(reading, container, writer);
    writer.end_container();
    return true;
}

// The newest first, as many as there are slots for.
void ContainerSampler::State::sample_ended(SnapshotWriter& writer, const Snapshot* previous) {
    const std::uint64_t now_ns = writer.now().realtime_ns;
    const std::size_t first = writer.container_count();
    for (const Container& container : table.all()) {
        if (container.ended_at_ns == 0) continue;
        if (writer.container_count() - first < exited_count_max)
            write_ended(container, writer, previous);
    }
    const std::size_t known = previous == nullptr ? 0 : previous->containers.size();
    for (std::size_t i = previous == nullptr ? 0 : previous->living_count; i < known; ++i) {
        const ContainerEntry& entry = previous->containers[i];
        const bool is_old = now_ns >= entry.exited_at_ns + options.exited_age_s * second_ns;
        if (is_old || writer.container_count() - first >= exited_count_max) continue;
        if (!writer.continue_container(*previous, entry, catalogue, SnapshotWriter::Aging::all))
            continue;
        writer.mark_exited(entry.exited_at_ns);
        writer.end_container();
    }
    exited_count = static_cast<std::uint32_t>(writer.container_count() - first);
}

// Its last reading: one between the ticks, else that of the tick before. Without any it leaves a
// trace all the same.
void ContainerSampler::State::write_ended(const Container& container, SnapshotWriter& writer,
                                          const Snapshot* previous) {
    const Snapshot* source = &interim;
    const ContainerEntry* entry = entry_of(source, container);
    if (entry == nullptr) entry = entry_of(source = previous, container);
    const bool is_begun =
        entry == nullptr
            ? writer.begin_container(container.id.view(), container.inode)
            : writer.continue_container(*source, *entry, catalogue, SnapshotWriter::Aging::all);
    if (!is_begun) return;
    writer.mark_exited(container.ended_at_ns);
    writer.begin(life_source);
    writer.add(LifeFigure::exit_time, container.ended_at_ns / millisecond_ns,
               writer.container_subject());
    if (entry == nullptr) writer.add_missing("container", Reason::gone);
    writer.end(Status::ok);
    writer.end_container();
}

void ContainerSampler::State::restart_interim() {
    interim_writer.start(interim, 0, read_instants());
    interim_writer.end_node();
}

int ContainerSampler::look(const HostContext& context) {
    State& state = *state_;
    const Instants now = read_instants();
    const NamingRules rules = state.rules();
    const Walker::Ground ground = {
        state.hierarchies.all(), rules, context.dirs, state.watch, state.table, now};
    state.interim_writer.set_now(now);
    if (!state.take_changes(ground, context)) state.must_search = true;
    std::uint64_t wait_ns = 0;
    for (const std::uint32_t index : state.table.sorted()) {
        const std::uint64_t left_ns = state.read_interim(context, index, now.boottime_ns);
        if (left_ns != 0 && (wait_ns == 0 || left_ns < wait_ns)) wait_ns = left_ns;
    }
    return wait_ns == 0 ? -1 : static_cast<int>(wait_ns / millisecond_ns) + 1;
}

// For how long there is nothing to do for this container; 0 when it needs no more interim readings.
std::uint64_t ContainerSampler::State::read_interim(const HostContext& context, std::uint32_t index,
                                                    std::uint64_t now_ns) {
    Container& container = table[index];
    Activity& activity = container.activity;
    if (activity.read_at_ns != 0) return 0;
    if (activity.interim_at_ns == 0)
        activity.interim_at_ns = activity.found_at_ns + interim_first_ns;
    if (activity.interim_at_ns > now_ns) return activity.interim_at_ns - now_ns;
    if (!read_in_full(context, container, interim_writer, true)) must_search = true;
    const std::uint64_t age_ns = now_ns - activity.found_at_ns;
    activity.interim_at_ns = activity.found_at_ns + age_ns * interim_factor;
    return activity.interim_at_ns - now_ns;
}

}  // namespace nma
