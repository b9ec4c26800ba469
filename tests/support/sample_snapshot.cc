#include "tests/support/sample_snapshot.h"

#include <cstdio>

#include "platform/base/check.h"

namespace nma::test {

namespace {

enum NodeIndex { cpu_total, temperature, network_in };
enum ContainerIndex { memory, io };

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t taken_at_s = 1'523'317'576;  // 2018-04-09T23:46:16Z

constexpr MetricSpec node_specs[] = {
    {.name = "cpu.total",
     .help = "a",
     .unit = Unit::percent,
     .view = View::standard,
     .decimals = 2},
    {.name = "temperature.zone",
     .help = "b",
     .unit = Unit::celsius,
     .decimals = 3,
     .is_signed = true,
     .about = SubjectKind::thermal_zone},
    {.name = "network.in",
     .help = "c",
     .unit = Unit::bytes,
     .view = View::standard,
     .about = SubjectKind::interface},
};

constexpr MetricSpec container_specs[] = {
    {.name = "mem.total_bytes",
     .help = "d",
     .unit = Unit::bytes,
     .view = View::standard,
     .about = SubjectKind::container},
    {.name = "blkio.io_serviced_total",
     .help = "e",
     .view = View::standard,
     .about = SubjectKind::container_device},
};

constexpr MetricSource sources[] = {{"node", node_specs}, {"containers", container_specs}};

void fill_node(SnapshotWriter& writer, std::uint64_t value) {
    writer.begin(0);
    writer.add(cpu_total, value);
    const std::uint32_t zone =
        writer.add_subject(SubjectKind::thermal_zone, node_subject, "thermal_zone0", "cpu");
    writer.add(temperature, static_cast<std::uint64_t>(std::int64_t{-500}), zone);
    const std::uint32_t interface =
        writer.add_subject(SubjectKind::interface, node_subject, "e\"\xff\n");
    writer.add(network_in, UINT64_MAX, interface);
    writer.end(Status::ok);
    writer.add_missing("pressure", Reason::not_available);
    writer.end_node();
}

void fill_container(SnapshotWriter& writer, std::size_t index) {
    char id[32];
    snprintf(id, sizeof id, "c%zu", index);
    if (!writer.begin_container(id, index)) return;
    writer.begin(1);
    writer.add(memory, UINT64_MAX, writer.container_subject());
    const std::uint32_t device =
        writer.add_subject(SubjectKind::container_device, writer.container_subject(), "8.0", "io");
    writer.add(io, 7, device);
    writer.end(Status::ok);
    writer.add_missing("network", Reason::shared_netns);
    writer.add_missing("network", Reason::gone);
    writer.add_missing("cpu", Reason::no_permission);
    writer.end_container();
}

}  // namespace

Catalogue sample_catalogue() {
    return sources;
}

void sample_make(SampleSnapshot& sample, std::size_t containers) {
    sample = SampleSnapshot{};
    Capacities capacities;
    capacities.containers = containers;
    NMA_CHECK(sample.arena.map(std::size_t{64} << 20));
    sample.snapshot.init(sample.arena, capacities);
}

void sample_fill(SampleSnapshot& sample, std::uint64_t value, std::size_t containers) {
    sample.writer.start(sample.snapshot, 1, {taken_at_s * second_ns, second_ns});
    fill_node(sample.writer, value);
    for (std::size_t i = 0; i < containers; ++i)
        fill_container(sample.writer, i);
}

}  // namespace nma::test
