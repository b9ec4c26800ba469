#include "cgroups/container_sampler_state.h"
#include "cgroups/life.h"
#include "cgroups/probe.h"

namespace nma {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

// A new container is read for the first time when its runtime has had time to fill its cgroups,
// and again, ever less often, until a tick has read it.
constexpr std::uint64_t interim_first_ns = 10 * millisecond_ns;
constexpr std::uint64_t interim_factor = 4;

// For so long after a cgroup was made its controllers may still be switched on.
constexpr std::uint64_t settling_ns = 10 * second_ns;

// While a container works, the next readings would show that anyway.
constexpr std::uint8_t busy_ticks_between_probes = 3;

// What `snapshot` says of this very container; null when it says nothing.
const ContainerEntry* entry_of(const Snapshot* snapshot, const Container& container) {
    if (snapshot == nullptr) return nullptr;
    const ContainerEntry* entry = snapshot->find_container(container.shown_id());
    const bool is_same = entry != nullptr && entry->inode == container.inode && !entry->is_exited();
    return is_same ? entry : nullptr;
}

bool is_of_mesos(const Container& container) {
    return container.runtime == Runtime::mesos || !container.other_id.empty();
}

}  // namespace

ContainerReading ContainerSampler::State::reading_of(const HostContext& context,
                                                     Container& container) {
    return {.host = context,
            .table = table,
            .hierarchies = hierarchies.all(),
            .container = container,
            .pids = container.pids,
            .pids_status = container.pids_status,
            .memory = container.memory,
            .levels = &levels};
}

// Once; what the kernel does not let us hear now, it will not later.
void ContainerSampler::State::listen_to_memory(Container& container) {
    ControllerMemory& memory = container.memory;
    const std::size_t index = hierarchy_of(hierarchies.all(), Subsystem::memory);
    if (memory.pressure_status != Status::timeout || index == hierarchies.all().size()) return;
    const CgroupPlace& place = container.places[index];
    if (hierarchies.all()[index].is_unified || place.directory_plus_one == 0) return;
    memory.pressure_status = levels.open(place.directory_plus_one - 1, memory.pressure_slot);
}

// Only Mesos' containers have sandboxes. One that rests is read again when its sandbox is found.
void ContainerSampler::State::look_for_sandboxes(const HostContext& context, std::uint64_t now_ns) {
    sandboxes.begin(context, now_ns);
    for (const std::uint32_t index : table.sorted()) {
        if (is_of_mesos(table[index])) sandboxes.want(table[index].shown_id());
    }
    sandboxes.refresh(context, now_ns);
    for (const std::uint32_t index : table.sorted()) {
        Container& container = table[index];
        const bool has_sandbox =
            is_of_mesos(container) && sandboxes.find(container.shown_id()) != nullptr;
        if (has_sandbox != container.has_sandbox) container.activity.is_resting = false;
        container.has_sandbox = has_sandbox;
    }
}

void ContainerSampler::State::sample_living(const HostContext& context, Container& container,
                                            std::uint32_t index, SnapshotWriter& writer,
                                            const Snapshot* previous) {
    Activity& activity = container.activity;
    const bool is_probed = activity.ticks_to_probe == 0;  // always of one that rests
    ProbeValues probe;
    if (is_probed) probe = probe_container(reading_of(context, container));
    if (continue_resting(context, container, probe, writer, previous)) return;
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
                                               const ProbeValues& probe, SnapshotWriter& writer,
                                               const Snapshot* previous) {
    const Activity& activity = container.activity;
    const std::uint64_t age_ns = writer.now().boottime_ns - activity.read_at_ns;
    if (!activity.is_resting || age_ns >= options.idle_age_s * second_ns) return false;
    const ContainerEntry* entry = entry_of(previous, container);
    if (entry == nullptr) return false;
    if (!probe.shows_rest_since(activity.before_reading)) return false;
    if (!writer.continue_container(*previous, *entry, catalogue,
                                   SnapshotWriter::Aging::all_but_probes,
                                   reader.always_sources())) {
        return false;
    }
    ContainerReading reading = reading_of(context, container);
    reading.is_resting = true;
    reader.read_always(reading, writer);
    writer.end_container();
    return true;
}

// False when it is gone.
bool ContainerSampler::State::read_in_full(const HostContext& context, Container& container,
                                           SnapshotWriter& writer, bool is_replacing) {
    if (!ContainerReader::read_pids(context, table, hierarchies.all(), container, must_search))
        return false;
    if (!writer.begin_container(container.shown_id(), container.inode, is_replacing)) return true;
    const std::uint64_t age_ns = writer.now().boottime_ns - container.activity.found_at_ns;
    if (age_ns < settling_ns) container.forget_absent_files();
    ContainerTexts texts = names.texts_of(container);
    const Sandbox* sandbox = nullptr;
    if (container.has_sandbox) sandbox = sandboxes.find(container.shown_id());
    if (sandbox != nullptr) {
        texts.framework_id = sandbox->framework_id();
        texts.executor_id = sandbox->executor_id();
    }
    writer.describe_container(texts);
    const Reason nameless = ContainerNames::missing_reason(container);
    if (nameless != Reason::none) writer.add_missing_of(life_source, "name", nameless);
    if (container.note.overflow_count > 0)
        writer.add_missing_of(life_source, "name.labels", Reason::limit_reached);
    listen_to_memory(container);
    ContainerReading reading = reading_of(context, container);
    if (is_of_mesos(container) && !is_replacing) reading.sandboxes = &sandboxes;
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
        if (writer.has_container(previous->text(entry.id))) continue;
        if (!writer.continue_container(*previous, entry, catalogue,
                                       SnapshotWriter::Aging::all_but_probes)) {
            ++lost_reading_count;
            continue;
        }
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
            ? writer.begin_container(container.shown_id(), container.inode)
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

// The last process of a container ended: what it used is still there until its cgroup is removed.
void ContainerSampler::State::read_ending(const HostContext& context, std::string_view path) {
    ContainerId id;
    if (!container_of_path(path, rules(), id)) return;
    const std::uint32_t index = table.find(id.view());
    if (index == no_container) return;
    Container& container = table[index];
    std::string_view text;
    const Status status = table.read(context.reader, hierarchies.all()[container.home].directory,
                                     container.places[container.home], "cgroup.events", text,
                                     ContainerTable::Extent::line);
    if (status == Status::ok && text.starts_with("populated 1")) return;
    if (!read_in_full(context, container, interim_writer, true)) must_search = true;
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
