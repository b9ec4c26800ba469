#include "cgroups/container_sampler.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "cgroups/change_watch.h"
#include "cgroups/container_table.h"
#include "cgroups/controller.h"
#include "cgroups/hierarchy.h"
#include "cgroups/walker.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// A search at least this often, in case the kernel's word about a change was lost.
constexpr std::uint64_t search_interval_ns = 60'000'000'000;

constexpr std::size_t file_index_count_max = 64;  // bits of Container::absent_files

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

// Not having a file, or losing it with its cgroup, is no failure.
bool is_quiet(Status status) {
    return status == Status::absent || status == Status::gone || status == Status::unsupported;
}

}  // namespace

struct ContainerSampler::State {
    std::uint16_t first_source = 0;
    Hierarchies hierarchies;
    ContainerTable table;
    Walker walker;
    ChangeWatch watch;
    DiscoveryOptions options;
    std::uint64_t searched_at_ns = 0;
    bool must_search = true;
    bool has_reported = false;
    alignas(64) std::byte controller_state[controller_state_bytes_max] = {};

    void search(const HostContext& context, std::uint64_t now_ns);
    void report();
    bool read_pids(ContainerReading& reading);
    void read_container(ContainerReading& reading, Container& container, SnapshotWriter& writer);
    void run_controller(const Controller& controller, std::uint16_t source, std::size_t file_index,
                        ContainerReading& reading, Container& container, SnapshotWriter& writer);
    Status read_file(const ControllerFile& file, const ContainerReading& reading,
                     SnapshotWriter& writer);
};

std::span<const MetricSource> ContainerSampler::sources() {
    static MetricSource sources[limits::collector_count_max];
    const std::span<const Controller> controllers = container_controllers();
    for (std::size_t i = 0; i < controllers.size(); ++i)
        sources[i] = {controllers[i].name, controllers[i].specs};
    return {sources, controllers.size()};
}

void ContainerSampler::init(Arena& arena, const Capacities& capacities,
                            std::uint16_t first_source) {
    Walker walker;
    ContainerTable table;
    state_ = arena.make<State>("containers");
    walker.init(arena);
    table.init(arena, capacities);
    if (state_ == nullptr) return;
    state_->walker = walker;
    state_->table = table;
    state_->first_source = first_source;
}

void ContainerSampler::start(const HostContext& context, const DiscoveryOptions& options) {
    state_->options = options;
    state_->table.set_file_budget(raise_file_limit());
    state_->watch.start();
    state_->hierarchies.open(context);
    state_->must_search = true;
}

void ContainerSampler::stop() {
    if (state_ == nullptr) return;
    state_->table.clear();
    state_->hierarchies.close();
    state_->watch.stop();
}

void ContainerSampler::sample(const HostContext& context, SnapshotWriter& writer) {
    State& state = *state_;
    const std::uint64_t now_ns = boottime_ns();
    const bool is_due = now_ns - state.searched_at_ns >= search_interval_ns;
    if (state.watch.take_changes() || state.must_search || is_due) state.search(context, now_ns);
    for (const std::uint32_t index : state.table.sorted()) {
        Container& container = state.table[index];
        ContainerReading reading = {context,   state.table, state.hierarchies.all(),
                                    container, {},          Status::ok};
        if (!state.read_pids(reading)) continue;
        if (!writer.begin_container(container.id.view(), container.inode)) continue;
        state.read_container(reading, container, writer);
        writer.end_container();
    }
    writer.count_container_overflow(state.walker.container_overflow_count());
    state.report();
}

// Changes that are made while we search are heard of the next time.
void ContainerSampler::State::search(const HostContext& context, std::uint64_t now_ns) {
    table.clear();
    const NamingRules rules = {options.mesos_root.view(), options.services};
    walker.walk(hierarchies.all(), rules, context.dirs, watch, table);
    searched_at_ns = now_ns;
    must_search = false;
}

// Once, and not again before all is well.
void ContainerSampler::State::report() {
    const std::uint32_t left_out =
        walker.skipped_count() + walker.container_overflow_count() + table.member_overflow_count();
    if (left_out > 0 && !has_reported) {
        log_line(LogLevel::warning,
                 "cgroups left out: %u not searched, %u containers and %u parts had no room",
                 walker.skipped_count(), walker.container_overflow_count(),
                 table.member_overflow_count());
    }
    has_reported = left_out > 0;
}

// False when the container is gone. cgroup.procs of a threaded cgroup is `unsupported`: its
// processes show in the cgroup above.
bool ContainerSampler::State::read_pids(ContainerReading& reading) {
    const Container& container = reading.container;
    const MemberCgroup* member = table.first_member(container);
    bool is_any_there = member == nullptr;
    for (; member != nullptr; member = table.next_member(*member)) {
        std::string_view text;
        Status status =
            table.read(reading.host.reader, reading.hierarchies[container.home].directory,
                       member->place, "cgroup.procs", text);
        if (status == Status::ok) status = scan_pids(text, reading.pids);
        if (status == Status::absent || status == Status::gone) {
            must_search = true;
            continue;
        }
        is_any_there = true;
        if (status != Status::ok && status != Status::unsupported) reading.pids_status = status;
    }
    return is_any_there;
}

void ContainerSampler::State::read_container(ContainerReading& reading, Container& container,
                                             SnapshotWriter& writer) {
    std::size_t file_index = 0;
    std::uint16_t source = first_source;
    std::uint64_t before_ns = boottime_ns();
    for (const Controller& controller : container_controllers()) {
        run_controller(controller, source, file_index, reading, container, writer);
        const std::uint64_t after_ns = boottime_ns();
        writer.add_duration(source, after_ns - before_ns);
        before_ns = after_ns;
        file_index += controller.files.size();
        ++source;
    }
}

void ContainerSampler::State::run_controller(const Controller& controller, std::uint16_t source,
                                             std::size_t file_index, ContainerReading& reading,
                                             Container& container, SnapshotWriter& writer) {
    if (controller.run != nullptr) {
        writer.begin(source);
        writer.end(controller.run(reading, writer));
        return;
    }
    NMA_CHECK(controller.state_bytes <= sizeof controller_state);
    std::memset(controller_state, 0, controller.state_bytes);
    for (const ControllerFile& file : controller.files) {
        NMA_CHECK(file_index < file_index_count_max);
        const std::uint64_t bit = std::uint64_t{1} << file_index++;
        const bool is_superseded = file.is_fallback && (container.absent_files & (bit >> 1)) == 0;
        if (is_superseded || (container.absent_files & bit) != 0) continue;
        writer.begin(source);
        const Status status = read_file(file, reading, writer);
        if (status == Status::absent) container.absent_files |= bit;
        writer.end(is_quiet(status) ? Status::ok : status);
    }
    if (controller.finish == nullptr) return;
    writer.begin(source);
    writer.end(controller.finish(controller_state, writer));
}

// At most one hierarchy has the subsystem.
Status ContainerSampler::State::read_file(const ControllerFile& file,
                                          const ContainerReading& reading, SnapshotWriter& writer) {
    const auto bit = 1U << static_cast<unsigned>(file.subsystem);
    for (std::size_t i = 0; i < reading.hierarchies.size(); ++i) {
        const Hierarchy& hierarchy = reading.hierarchies[i];
        const bool is_v2 = file.version == CgroupVersion::v2;
        if ((hierarchy.subsystems & bit) == 0 || hierarchy.is_unified != is_v2) continue;
        std::string_view text;
        const Status status = table.read(reading.host.reader, hierarchy.directory,
                                         reading.container.places[i], file.name, text);
        // A file that is there but cannot be read tells a controller as much as an empty one: that
        // what it says is not known. The group is taken back.
        if (status == Status::absent || status == Status::gone) return status;
        const Status scanned = file.scan(controller_state, text, writer);
        return status == Status::ok ? scanned : status;
    }
    return Status::absent;
}

}  // namespace nma
