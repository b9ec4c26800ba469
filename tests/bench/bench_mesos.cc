// The Mesos agent's answer, of as many tasks as the argument says, at about 5 KB each: all of it,
// and the longest of the slices in which the event loop takes it, in processor time.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "agent/apps/mesos_state.h"
#include "platform/base/text_sink.h"

namespace {

using namespace nma;

char text_memory[limits::mesos_state_bytes_max];

double thread_time_us() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

void append_numbered(TextSink& sink, std::size_t number, std::string_view text) {
    for (const char c : text) {
        if (c == '%') {
            sink.append_u64(number);
        } else {
            sink.append(c);
        }
    }
}

std::string_view make_answer(std::size_t task_count) {
    TextSink sink(text_memory);
    const auto fill = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            sink.append(R"({"name":"MARATHON_APP_SOMETHING","value":"of some length"},)");
    };
    sink.append(R"({"get_state":{"get_tasks":{"launched_tasks":[)");
    for (std::size_t i = 0; i < task_count; ++i) {
        if (i > 0) sink.append(',');
        append_numbered(sink, i,
                        R"({"name":"web","task_id":{"value":"t%"},"executor_id":{)"
                        R"("value":"e%"},"framework_id":{"value":"f"},"resources":[)");
        fill(30);
        append_numbered(sink, i * 7919 % task_count,
                        R"({}],"statuses":[{"container_status":{"container_id":{"value":"c-%",)"
                        R"("parent":{"value":"p-%"}},"network_infos":[{"ip_addresses":[{)"
                        R"("ip_address":"10.0.2.24"}]}]}}],"labels":{"labels":[{)"
                        R"("key":"DCOS_METRICS_team","value":"blue"}]},"discovery":{"ports":{)"
                        R"("ports":[{"number":8%,"labels":{"labels":[{"key":)"
                        R"("DCOS_METRICS_FORMAT","value":"prometheus"}]}}]}}})");
    }
    sink.append(R"(]},"get_executors":{"executors":[)");
    for (std::size_t i = 0; i < task_count; ++i) {
        if (i > 0) sink.append(',');
        append_numbered(sink, i,
                        R"({"executor_info":{"executor_id":{"value":"e%"},)"
                        R"("framework_id":{"value":"f"},"name":"executor %","v":[)");
        fill(40);
        sink.append("{}]}}");
    }
    sink.append(R"(]},"get_frameworks":{"frameworks":[{"framework_info":{"id":{"value":"f"},)"
                R"("name":"marathon","role":"web","principal":"p"}}]}}})");
    if (sink.status() != Status::ok) std::abort();
    return sink.view();
}

void take_state(benchmark::State& bench) {
    const auto task_count = static_cast<std::size_t>(bench.range(0));
    const std::string_view text = make_answer(task_count);
    Arena measuring;
    Arena arena;
    MesosState mesos;
    MesosStateOptions options;
    set_default_label_rules(options.labels);
    mesos.init(measuring, task_count);
    if (!arena.map(measuring.used_bytes())) std::abort();
    mesos.init(arena, task_count);
    mesos.set_options(options);
    double longest_us = 0;
    for (auto _ : bench) {
        mesos.begin(text);
        MesosState::Progress progress = MesosState::Progress::more;
        while (progress == MesosState::Progress::more) {
            const double start_us = thread_time_us();
            progress = mesos.step(limits::mesos_step_bytes);
            longest_us = std::max(longest_us, thread_time_us() - start_us);
        }
        if (progress != MesosState::Progress::done) std::abort();
    }
    if (mesos.table().size() != 2 * task_count) std::abort();
    bench.SetBytesProcessed(static_cast<std::int64_t>(text.size()) *
                            static_cast<std::int64_t>(bench.iterations()));
    bench.counters["answer_bytes"] = static_cast<double>(text.size());
    bench.counters["longest_slice_us"] = longest_us;
    bench.counters["memory_bytes"] = static_cast<double>(measuring.used_bytes());
    arena.unmap();
}

}  // namespace

BENCHMARK(take_state)->Arg(10)->Arg(1000)->Arg(3000)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
