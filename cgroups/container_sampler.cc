#include "cgroups/container_sampler.h"

#include "cgroups/container_sampler_state.h"
#include "cgroups/life.h"
#include "platform/linux/file_limit.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

// A search at least this often, in case the kernel's word about a change was lost.
constexpr std::uint64_t search_interval_ns = 60 * second_ns;

// Of the descriptors, what listening to memory pressure may have: it takes three for a container,
// whose cgroups take some seven on such a host.
constexpr std::size_t share_of_levels = 4;

// Files are what a descriptor is needed for, so as many as we may have.
std::size_t files_for_containers(std::size_t reserved_count) {
    const std::size_t count = raise_file_limit();
    const std::size_t others = limits::file_reserve_count + reserved_count;
    return count > others ? count - others : 0;
}

std::size_t index_of_life() {
    const std::span<const Controller> controllers = container_controllers();
    std::size_t index = 0;
    while (std::string_view(controllers[index].name) != "life")
        ++index;
    return index;
}

}  // namespace

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
    ContainerNames names;
    Sandboxes sandboxes;
    PressureLevels levels;
    Snapshot interim;
    state_ = arena.make<State>("containers");
    walker.init(arena);
    table.init(arena, capacities);
    watch.init(arena, capacities);
    names.init(arena, capacities);
    sandboxes.init(arena, capacities);
    levels.init(arena, capacities.containers);
    interim.init(arena, {.containers = capacities.exited * limits::interim_readings_per_exited,
                         .exited = 0,
                         .has_node = false});
    if (state_ == nullptr) return;
    state_->walker = walker;
    state_->table = table;
    state_->watch = watch;
    state_->names = names;
    state_->sandboxes = sandboxes;
    state_->levels = levels;
    state_->interim = interim;
    state_->catalogue = catalogue;
    state_->exited_count_max = capacities.exited;
    state_->first_source = first_source;
    state_->life_source = static_cast<std::uint16_t>(first_source + index_of_life());
    state_->reader.init(first_source);
}

void ContainerSampler::start(const HostContext& context, const DiscoveryOptions& options) {
    state_->options = options;
    const std::size_t file_count = files_for_containers(options.reserved_file_count);
    state_->levels.set_file_budget(file_count / share_of_levels);
    state_->table.set_file_budget(file_count - file_count / share_of_levels);
    state_->watch.start();
    state_->sandboxes.start(options.sandbox);
    state_->hierarchies.open(context);
    state_->must_search = true;
    state_->restart_interim();
}

void ContainerSampler::stop() {
    if (state_ == nullptr) return;
    state_->table.clear();
    state_->hierarchies.close();
    state_->watch.stop();
    state_->sandboxes.stop();
    state_->levels.close_all();
}

void ContainerSampler::ask_to_stop() {
    state_->is_stopping.store(true, std::memory_order_relaxed);
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
        state.removed_count = 0;
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
    if (state.lost_reading_count > 0) {
        writer.count_overflow(state.lost_reading_count);
        writer.add_missing("life", Reason::limit_reached);
    }
    state.lost_reading_count = 0;
    writer.end(Status::ok);
    writer.count_container_overflow(left_out);
}

// False when only a search can tell what changed. Changes that are made meanwhile, or were not
// taken, are heard of the next time: they do no harm when the search has found them already.
bool ContainerSampler::State::take_changes(const Walker::Ground& ground,
                                           const HostContext& context) {
    if (!watch.is_reliable()) return false;
    const std::uint32_t overflow_before = table.overflow_count();
    CgroupChange change;
    std::size_t count = 0;
    while (watch.next(change)) {
        if (++count > limits::changes_per_look_max) return false;
        switch (change.kind) {
            case CgroupChange::Kind::made:
                take_made(ground, change);
                break;
            case CgroupChange::Kind::removed:
                if (++removed_count > limits::removals_per_search_max) must_search = true;
                Walker::look_for_end(ground, change.hierarchy, change.path.view());
                break;
            case CgroupChange::Kind::emptied:
                read_ending(context, change.path.view());
                break;
            case CgroupChange::Kind::unknown:
                return false;
        }
    }
    return watch.is_reliable() && table.overflow_count() == overflow_before;
}

// Cgroups in a container may be made in the other hierarchies a little later: then the next search
// finds them.
void ContainerSampler::State::take_made(const Walker::Ground& ground, const CgroupChange& change) {
    if (!walker.walk_below(ground, change.hierarchy, change.path.view())) return;
    for (std::size_t i = 0; i < ground.hierarchies.size(); ++i) {
        if (i == change.hierarchy) continue;
        walker.walk_below(ground, static_cast<std::uint8_t>(i), change.path.view());
        must_search = true;
    }
}

// Once, and not again before all is well.
void ContainerSampler::State::report() {
    const std::uint32_t container_count = walker.container_overflow_count();
    const std::uint32_t part_count = table.member_overflow_count() + sandboxes.overflow_count();
    const std::uint32_t left_out = walker.skipped_count() + container_count + part_count;
    if (container_count > 0 && !has_reported) {
        log_line(LogLevel::warning, "%u containers left out, such as %s: raise limits.containers",
                 container_count, table.overflow_names());
    }
    if (left_out > container_count && !has_reported) {
        log_line(LogLevel::warning, "%u cgroups not searched, %u parts of containers had no room",
                 walker.skipped_count(), part_count);
    }
    has_reported = left_out > 0;
}

void ContainerSampler::sample(const HostContext& context, SnapshotWriter& writer,
                              const Snapshot* previous) {
    State& state = *state_;
    if (state.must_stop()) return;
    state.names.resolve(context, state.table, true);
    state.look_for_sandboxes(context, writer.now().boottime_ns);
    for (const std::uint32_t index : state.table.sorted()) {
        if (state.must_stop()) return;
        state.sample_living(context, state.table[index], index, writer, previous);
    }
    state.sample_ended(writer, previous);
    for (const Container& container : state.table.all()) {
        const PressureLevels::Slot slot = container.memory.pressure_slot;
        if (container.ended_at_ns != 0 && slot != PressureLevels::no_slot) state.levels.close(slot);
    }
    state.table.forget_ended();
    state.lost_reading_count += state.interim.container_overflow_count;
    state.restart_interim();
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
    state.names.resolve(context, state.table, false);
    std::uint64_t wait_ns = 0;
    for (const std::uint32_t index : state.table.sorted()) {
        if (state.must_stop()) return -1;
        const std::uint64_t left_ns = state.read_interim(context, index, now.boottime_ns);
        if (left_ns != 0 && (wait_ns == 0 || left_ns < wait_ns)) wait_ns = left_ns;
    }
    return wait_ns == 0 ? -1 : static_cast<int>(wait_ns / millisecond_ns) + 1;
}

}  // namespace nma
