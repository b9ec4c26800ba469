// Encoding of answers from a reading of this machine, and of a container with the usual figures.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "agent/readers.h"
#include "api/answers.h"

namespace {

using namespace nma;

Arena arena;
HostRoot root;
Readers readers;
Snapshot snapshot;
NodeIdentity identity;
char body[std::size_t{4} << 20];

void prepare() {
    const Capacities capacities;
    Arena measuring;
    readers.init(measuring, capacities);
    snapshot.init(measuring, capacities);
    if (!arena.map(measuring.used_bytes()) || root.open("/") != Status::ok) std::abort();
    readers.init(arena, capacities);
    snapshot.init(arena, capacities);
    readers.start(root, {});
    readers.take(snapshot, 1);
}

void encode_node(benchmark::State& state, View view) {
    std::size_t bytes = 0;
    for (auto _ : state) {
        TextSink sink(body);
        if (write_node(snapshot, Readers::catalogue(), identity, view, sink) != Status::ok)
            std::abort();
        bytes = sink.size();
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                            static_cast<std::int64_t>(state.iterations()));
    state.counters["body_bytes"] = static_cast<double>(bytes);
}

// The first container of this machine, if it has any.
void encode_container(benchmark::State& state) {
    if (snapshot.containers.empty()) return state.SkipWithError("no container on this machine");
    const std::string_view id = snapshot.text(snapshot.containers[0].id);
    std::size_t bytes = 0;
    for (auto _ : state) {
        TextSink sink(body);
        if (write_container(snapshot, Readers::catalogue(), identity, id, View::full, sink) !=
            Status::ok) {
            std::abort();
        }
        bytes = sink.size();
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                            static_cast<std::int64_t>(state.iterations()));
    state.counters["body_bytes"] = static_cast<double>(bytes);
}

BENCHMARK_CAPTURE(encode_node, standard, View::standard);
BENCHMARK_CAPTURE(encode_node, full, View::full);
BENCHMARK(encode_container);

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    prepare();
    benchmark::RunSpecifiedBenchmarks();
    readers.stop();
    return 0;
}
