// The way in: a registration among a thousand, batches of packets from the kernel to the store, and
// the question whose a sender on a unix socket is.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "agent/apps/inlets.h"
#include "agent/apps/registration_http.h"

namespace {

using namespace nma;

constexpr std::size_t registration_count_max = 2048;

Arena arena;
HostRoot root;
EventLoop loop;
AppStore store;
Registry registry;
Inlets inlets;
int sender = -1;
char directory[] = "/dev/shm/nma-bench-XXXXXX";

void check(bool is_good) {
    if (!is_good) std::abort();
}

void lay_out(Arena& to) {
    AppCapacities capacities;
    store.init(to, capacities);
    registry.init(to, registration_count_max);
    inlets.init(to, registration_count_max);
}

ContainerQuestions questions() {
    ContainerQuestions result;
    result.container_of = [](void*, std::string_view, ContainerIdText& id) {
        return id.assign("web");
    };
    return result;
}

// Files below /dev/shm, as those of the product are below /run.
void prepare() {
    Arena measuring;
    lay_out(measuring);
    check(arena.map(measuring.used_bytes()));
    lay_out(arena);
    check(root.open("/") == Status::ok && loop.open() == Status::ok);
    const EventLoop::Hook once = {[](void*) { return 0; },
                                  [](void* itself) { static_cast<EventLoop*>(itself)->stop(); },
                                  &loop};
    check(loop.add_hook(once) == Status::ok);
    InletOptions options;
    options.receive_buffer_bytes = 4 << 20;
    check(inlets.start(store, root, questions(), options) == Status::ok);
    check(inlets.watch(loop) == Status::ok);
    RegistryOptions registry_options;
    check(parse_ip_address("127.0.0.1", registry_options.host));
    check(mkdtemp(directory) != nullptr);
    registry_options.directory = directory;
    registry_options.receive_buffer_bytes = 4 << 20;
    registry.start(registry_options, inlets.sink());
    check(registry.load().status == Status::ok);
    sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int post(unsigned number) {
    char body[64];
    char answer[512];
    TextSink sink(answer);
    const int bytes = snprintf(body, sizeof body, R"({"container_id":"container-%u"})", number);
    return answer_registration("POST", "/container", {body, static_cast<std::size_t>(bytes)},
                               registry, sink)
        .status;
}

void remove(unsigned number) {
    char id[32];
    const int bytes = snprintf(id, sizeof id, "container-%u", number);
    check(registry.remove({id, static_cast<std::size_t>(bytes)}));
}

// One is added and removed; the others stay.
void register_container(benchmark::State& state) {
    const auto count = static_cast<unsigned>(state.range(0));
    for (unsigned i = 0; i < count; ++i)
        check(post(i) == 201);
    for (auto _ : state) {
        check(post(count) == 201);
        remove(count);
    }
    for (unsigned i = 0; i < count; ++i)
        remove(i);
}

// Packets of 1,432 bytes at most. Sending is not timed.
void receive_packets(benchmark::State& state) {
    check(post(1) == 201);
    const std::uint16_t port = registry.find("container-1")->port;
    char packet[1432];
    TextSink text(packet);
    std::int64_t line_count = 0;
    while (text.status() == Status::ok && line_count < state.range(0)) {
        text.append("service.requests.");
        text.append_u64(static_cast<std::uint64_t>(line_count) % 10);
        text.append(":1|c|#zone:a,method:get\n");
        ++line_count;
    }
    sockaddr_storage target;
    IpAddress loopback;
    check(parse_ip_address("127.0.0.1", loopback));
    const socklen_t bytes = fill_socket_address(loopback, port, target);
    const std::uint64_t before = inlets.counts().packets;
    std::uint64_t sent_count = 0;
    for (auto _ : state) {
        state.PauseTiming();
        for (int i = 0; i < 256; ++i, ++sent_count) {
            check(sendto(sender, packet, text.size(), 0, reinterpret_cast<sockaddr*>(&target),
                         bytes) > 0);
        }
        state.ResumeTiming();
        while (inlets.counts().packets - before < sent_count)
            loop.run();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(sent_count) * line_count);
    state.counters["dropped"] = static_cast<double>(inlets.counts().dropped_packets);
    remove(1);
}

void find_sender(benchmark::State& state) {
    static Arena own;
    static SenderContainers senders;
    if (own.is_measuring()) {
        Arena measuring;
        senders.init(measuring);
        check(own.map(measuring.used_bytes()));
        senders.init(own);
    }
    senders.start(root, questions());
    const std::uint64_t step_ns = static_cast<std::uint64_t>(state.range(0)) * 1'000'000;
    std::uint64_t now_ns = 1;
    for (auto _ : state) {
        now_ns += step_ns;
        std::string_view id;
        benchmark::DoNotOptimize(senders.find(getpid(), now_ns, id));
    }
    senders.close();
}

}  // namespace

int main(int argument_count, char** arguments) {
    prepare();
    benchmark::RegisterBenchmark("register", register_container)->Arg(0)->Arg(1000);
    benchmark::RegisterBenchmark("receive_lines_per_packet", receive_packets)->Arg(1)->Arg(30);
    benchmark::RegisterBenchmark("find_sender_after_ms", find_sender)->Arg(0)->Arg(3000);
    benchmark::Initialize(&argument_count, arguments);
    benchmark::RunSpecifiedBenchmarks();
    registry.close();
    inlets.stop();
    rmdir(directory);
    return 0;
}
