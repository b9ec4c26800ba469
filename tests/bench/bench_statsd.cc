// What a line of StatsD costs from its packet into the store, in packets of 25 lines. Series are
// there already, as they are but for the first time.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "agent/apps/app_store.h"
#include "agent/apps/statsd_packet.h"

namespace {

using namespace nma;

constexpr int lines_per_packet = 25;
constexpr std::uint64_t second_ns = 1'000'000'000;

Arena arena;
AppStore store;
AppContainer container;
std::uint64_t now_ns = 100 * second_ns;
std::uint64_t malformed_count = 0;

void on_sample(void*, const StatsdSample& sample, std::string_view) {
    store.apply(container, sample, now_ns);
}

void on_nothing(void*, const StatsdSample& sample, std::string_view) {
    benchmark::DoNotOptimize(sample.value);
}

void on_malformed(void*, std::string_view) {
    ++malformed_count;
}

void on_skipped(void*, StatsdSkipped) {}

void prepare() {
    Arena measuring;
    store.init(measuring, {});
    if (!arena.map(measuring.used_bytes())) std::abort();
    store.init(arena, {});
    container = store.open("benchmark");
}

// A line is `name`, a number of the series, `mark`, a number, and `rest`.
struct Form {
    const char* name;
    const char* mark;
    const char* rest;
};

std::vector<std::string> packets_of(const Form& form, int series) {
    std::vector<std::string> packets;
    for (int i = 0; i < series; ++i) {
        if (i % lines_per_packet == 0) packets.emplace_back();
        packets.back() +=
            form.name + std::to_string(i) + form.mark + std::to_string(i % 1000) + form.rest + '\n';
    }
    return packets;
}

void run(benchmark::State& state, const Form& form, decltype(StatsdEvents::on_sample) take) {
    store.close(container);
    container = store.open("benchmark");
    const std::vector<std::string> packets = packets_of(form, 1000);
    const StatsdEvents events = {nullptr, take, on_malformed, on_skipped};
    std::size_t next = 0;
    malformed_count = 0;
    for (const std::string& packet : packets)
        parse_statsd_packet(packet, events);
    for (auto _ : state) {
        store.begin_packet();
        parse_statsd_packet(packets[next], events);
        store.end_packet();
        next = next + 1 == packets.size() ? 0 : next + 1;
    }
    if (malformed_count > 0) state.SkipWithError("malformed");
    const double lines = static_cast<double>(state.iterations()) * lines_per_packet;
    state.counters["line"] =
        benchmark::Counter(lines, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["lines"] = benchmark::Counter(lines, benchmark::Counter::kIsRate);
}

// A packet of 8 KiB that is to take long: tags up to the limit, and then values of these types.
void run_heavy(benchmark::State& state, const char* value) {
    store.close(container);
    container = store.open("benchmark");
    std::string packet = "heavy,key=" + std::string(1000, 'x') + ":1|c";
    while (packet.size() < limits::packet_bytes_max - 8)
        packet += value;
    const StatsdEvents events = {nullptr, on_sample, on_malformed, on_skipped};
    malformed_count = 0;
    for (auto _ : state) {
        store.begin_packet();
        parse_statsd_packet(packet, events);
        store.end_packet();
    }
    if (malformed_count > 0) state.SkipWithError("malformed");
}

// A look for what is over, with as many timers as have percentiles: at the end of each window, or
// in between.
void expire(benchmark::State& state, bool is_end_of_window) {
    const StatsdEvents events = {nullptr, on_sample, on_malformed, on_skipped};
    store.close(container);
    std::vector<std::string> packets;
    packets.reserve(2000);
    for (int i = 0; i < 2000; ++i)
        packets.push_back("t" + std::to_string(i) + ":" + std::to_string(1 + i % 7) + "." +
                          std::to_string(i) + ":900:0.01|ms");
    for (auto _ : state) {
        state.PauseTiming();
        for (std::size_t i = 0; i < packets.size(); ++i) {
            container = store.open(std::to_string(i / 250));
            parse_statsd_packet(packets[i], events);
        }
        now_ns += is_end_of_window ? 10 * second_ns : 0;
        state.ResumeTiming();
        store.expire(now_ns);
    }
    state.counters["sketches"] = static_cast<double>(store.use().sketches);
    for (std::size_t i = 0; i < 8; ++i)
        store.close(store.open(std::to_string(i)));
    container = store.open("benchmark");
}

constexpr Form plain = {"requests.by.route.r", ":", "|c"};
constexpr Form counter = {"requests.by.route.r", ":", "|c|#service:checkout,region:eu-west-1"};
constexpr Form sampled = {"requests.by.route.r", ":", "|c|@0.1|#service:checkout,region:eu-west-1"};
constexpr Form influx = {"requests.by.route.r", ",service=checkout,region=eu-west-1:", "|c"};
constexpr Form gauge = {"queue.depth.of.q", ":", ".25|g|#service:checkout,region:eu-west-1"};
constexpr Form timer = {"latency.of.route.r", ":", ".125|ms|#service:checkout,region:eu-west-1"};
constexpr Form set = {"visitors.of.page.p", ":user-", "|s|#service:checkout,region:eu-west-1"};

BENCHMARK_CAPTURE(run, parse_only_counter_two_tags, counter, on_nothing);
BENCHMARK_CAPTURE(run, counter_no_tags, plain, on_sample);
BENCHMARK_CAPTURE(run, counter_two_tags, counter, on_sample);
BENCHMARK_CAPTURE(run, counter_two_tags_sampled, sampled, on_sample);
BENCHMARK_CAPTURE(run, counter_influx_tags, influx, on_sample);
BENCHMARK_CAPTURE(run, gauge_two_tags, gauge, on_sample);
BENCHMARK_CAPTURE(run, timer_two_tags, timer, on_sample);
BENCHMARK_CAPTURE(run, set_two_tags, set, on_sample);

BENCHMARK_CAPTURE(run_heavy, counters, ":1|c")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(run_heavy, counters_and_gauges, ":1|c:1|g")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(run_heavy, timers, ":1|h")->Unit(benchmark::kMicrosecond);

BENCHMARK_CAPTURE(expire, in_a_window, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(expire, at_the_end_of_a_window, true)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    prepare();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
