#include "cgroups/container_reader.h"

#include <cstring>

#include "platform/base/check.h"

namespace nma {

namespace {

CgroupVersion version_of(const Hierarchy& hierarchy) {
    return hierarchy.is_unified ? CgroupVersion::v2 : CgroupVersion::v1;
}

// The hierarchy that has the file for this host's containers; hierarchies.size() when none has.
std::size_t place_of(const ControllerFile& file, std::span<const Hierarchy> hierarchies) {
    const std::size_t index = hierarchy_of(hierarchies, file.subsystem);
    const bool fits = index < hierarchies.size() && version_of(hierarchies[index]) == file.version;
    return fits ? index : hierarchies.size();
}

// Of the controller's files that this host may have, the first of each subsystem is there
// whenever its controller is in use.
class Absences {
  public:
    Absences(const Controller& controller, SnapshotWriter& writer)
        : controller_(controller), writer_(writer) {}

    void note(const ControllerFile& file, Status status) {
        const bool is_first = (seen_ >> bit_of(file) & 1U) == 0;
        seen_ |= 1U << bit_of(file);
        if (status == Status::ok || status == Status::gone) return;
        if (status != Status::absent) return say(file.group, reason_of(status));
        if (is_first) {
            disabled_ |= 1U << bit_of(file);
            return say(nullptr, Reason::controller_disabled);
        }
        const bool is_told = (disabled_ >> bit_of(file) & 1U) != 0;
        if (!is_told && file.absent_means != Reason::none) say(file.group, file.absent_means);
    }

    void finish(bool has_any_file) {
        if (!has_any_file) say(nullptr, Reason::controller_disabled);
    }

  private:
    static unsigned bit_of(const ControllerFile& file) {
        return static_cast<unsigned>(file.subsystem);
    }

    void say(const char* group, Reason reason) {
        writer_.add_missing(group == nullptr ? controller_.name : group, reason);
    }

    const Controller& controller_;
    SnapshotWriter& writer_;
    unsigned seen_ = 0;
    unsigned disabled_ = 0;
};

void note_version_1_groups(const Controller& controller, std::span<const Hierarchy> hierarchies,
                           SnapshotWriter& writer) {
    if (controller.v1_groups.empty()) return;
    const std::size_t index = hierarchy_of(hierarchies, controller.files[0].subsystem);
    if (index == hierarchies.size() || !hierarchies[index].is_unified) return;
    for (const char* group : controller.v1_groups)
        writer.add_missing(group, Reason::not_in_cgroup_v2);
}

// Then that one tells what is missing.
bool has_fallback(const Controller& controller, std::size_t index) {
    return index + 1 < controller.files.size() && controller.files[index + 1].is_fallback;
}

bool is_bit_set(const std::uint64_t* words, std::size_t index) {
    return (words[index / 64] >> (index % 64) & 1U) != 0;
}

void set_bit(std::uint64_t* words, std::size_t index) {
    words[index / 64] |= std::uint64_t{1} << (index % 64);
}

}  // namespace

// cgroup.procs of a threaded cgroup is `unsupported`: its processes show in the cgroup above.
bool ContainerReader::read_pids(const HostContext& host, const ContainerTable& table,
                                std::span<const Hierarchy> hierarchies, Container& container,
                                bool& has_changed) {
    container.pids = PidList{};
    container.pids_status = container.has_lost_members ? Status::full : Status::ok;
    const MemberCgroup* member = table.first_member(container);
    bool is_any_there = member == nullptr;
    for (; member != nullptr; member = table.next_member(*member)) {
        std::string_view text;
        Status status = table.read(host.reader, hierarchies[container.home].directory,
                                   member->place, "cgroup.procs", text);
        if (status == Status::ok) status = scan_pids(text, container.pids);
        if (status == Status::absent || status == Status::gone) {
            has_changed = true;
            continue;
        }
        is_any_there = true;
        if (status != Status::ok && status != Status::unsupported) container.pids_status = status;
    }
    return is_any_there;
}

void ContainerReader::read_all(ContainerReading& reading, Container& container,
                               SnapshotWriter& writer) {
    std::size_t file_index = 0;
    std::uint16_t source = first_source_;
    std::uint64_t before_ns = boottime_ns();
    for (const Controller& controller : container_controllers()) {
        if (controller.run != nullptr) {
            writer.begin(source);
            writer.end(controller.run(reading, writer));
        } else {
            run_files(controller, source, file_index, reading, container, writer);
        }
        const std::uint64_t after_ns = boottime_ns();
        writer.add_duration(source, after_ns - before_ns);
        before_ns = after_ns;
        file_index += controller.files.size();
        ++source;
    }
}

void ContainerReader::read_always(ContainerReading& reading, SnapshotWriter& writer) {
    std::uint16_t source = first_source_;
    for (const Controller& controller : container_controllers()) {
        if (controller.is_always_read) {
            const std::uint64_t before_ns = boottime_ns();
            writer.begin(source);
            writer.end(controller.run(reading, writer));
            writer.add_duration(source, boottime_ns() - before_ns);
        }
        ++source;
    }
}

std::uint64_t ContainerReader::always_sources() const {
    std::uint64_t sources = 0;
    std::uint16_t source = first_source_;
    for (const Controller& controller : container_controllers()) {
        if (controller.is_always_read) sources |= std::uint64_t{1} << source;
        ++source;
    }
    return sources;
}

void ContainerReader::run_files(const Controller& controller, std::uint16_t source,
                                std::size_t file_index, ContainerReading& reading,
                                Container& container, SnapshotWriter& writer) {
    NMA_CHECK(controller.state_bytes <= sizeof controller_state_);
    NMA_CHECK(file_index + controller.files.size() <= controller_file_count_max);
    std::memset(controller_state_, 0, controller.state_bytes);
    Absences absences(controller, writer);
    bool has_any_file = false;
    const std::size_t first_index = file_index;
    for (const ControllerFile& file : controller.files) {
        const std::size_t index = file_index++;
        if (place_of(file, reading.hierarchies) == reading.hierarchies.size()) continue;
        has_any_file = true;
        if (file.is_fallback && !is_bit_set(container.absent_files, index - 1)) continue;
        writer.begin(source);
        Status status = Status::absent;
        if (!is_bit_set(container.absent_files, index)) status = read_file(file, reading, writer);
        if (status == Status::absent) set_bit(container.absent_files, index);
        if (status != Status::absent || !has_fallback(controller, index - first_index))
            absences.note(file, status);
        writer.end(is_quiet(status) ? Status::ok : status);
    }
    writer.begin(source);
    absences.finish(has_any_file);
    note_version_1_groups(controller, reading.hierarchies, writer);
    const bool has_finish = controller.finish != nullptr;
    writer.end(has_finish ? controller.finish(controller_state_, writer) : Status::ok);
}

// A file that is there but cannot be read tells a controller as much as an empty one: that what it
// says is not known. The group is taken back.
Status ContainerReader::read_file(const ControllerFile& file, const ContainerReading& reading,
                                  SnapshotWriter& writer) {
    const std::size_t index = place_of(file, reading.hierarchies);
    std::string_view text;
    const Status status =
        reading.table.read(reading.host.reader, reading.hierarchies[index].directory,
                           reading.container.places[index], file.name, text);
    if (status == Status::absent || status == Status::gone) return status;
    const Status scanned = file.scan(controller_state_, text, writer);
    return status == Status::ok ? scanned : status;
}

}  // namespace nma
