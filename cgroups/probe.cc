// v1: cpuacct.usage in ns, memory.usage_in_bytes, pids.current: a number each
// v2: cpu.stat, whose first line is "usage_usec 123", memory.current, pids.current
#include "cgroups/probe.h"

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

bool scan_number(std::string_view text, std::uint64_t& value) {
    CgroupValue found;
    if (scan_value(text, found) != Status::ok || found.is_unlimited) return false;
    value = found.value;
    return true;
}

bool scan_usage(std::string_view text, std::uint64_t& value) {
    LineCursor lines(text);
    std::string_view line;
    return lines.next(line) && take_word(line) == "usage_usec" && take_u64(line, value);
}

struct ProbeFile {
    Subsystem subsystem;
    const char* name_v1;
    const char* name_v2;
    bool (*scan_v2)(std::string_view text, std::uint64_t& value);
};

// In the order of ProbeValues.
constexpr ProbeFile files[ProbeValues::count] = {
    {Subsystem::cpuacct, "cpuacct.usage", "cpu.stat", scan_usage},
    {Subsystem::memory, "memory.usage_in_bytes", "memory.current", scan_number},
    {Subsystem::pids, "pids.current", "pids.current", scan_number},
};

bool read_one(const ContainerReading& reading, const ProbeFile& file, std::uint64_t& value) {
    const std::size_t index = hierarchy_of(reading.hierarchies, file.subsystem);
    if (index == reading.hierarchies.size()) return false;
    const Hierarchy& hierarchy = reading.hierarchies[index];
    std::string_view text;
    const Status status = reading.table.read(
        reading.host.reader, hierarchy.directory, reading.container.places[index],
        hierarchy.is_unified ? file.name_v2 : file.name_v1, text, ContainerTable::Extent::line);
    if (status != Status::ok) return false;
    return hierarchy.is_unified ? file.scan_v2(text, value) : scan_number(text, value);
}

}  // namespace

ProbeValues probe_container(const ContainerReading& reading) {
    ProbeValues probe;
    for (std::size_t i = 0; i < ProbeValues::count; ++i) {
        if (read_one(reading, files[i], probe.value[i]))
            probe.present = static_cast<std::uint8_t>(probe.present | (1U << i));
    }
    return probe;
}

}  // namespace nma
