// "Nothing is allocated after start", proved over 100 readings and 1,000 requests of every kind. A
// tick of the real sampler, at full speed, and the real server; only the clock is the test's.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "agent/readers.h"
#include "api/server.h"
#include "tests/alloc/counting_malloc.h"
#include "tests/support/app_sources.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr int tick_count = 100;
constexpr int rounds_per_tick = 10;  // of every kind of request

constexpr const char* requests[] = {
    "GET /v0/ping",
    "GET /v0/node",
    "GET /v0/node?view=full",
    "HEAD /v0/node",
    "GET /v0/",
    "GET /v0/containers",
    "GET /v0/containers/%61bc/",
    "GET /v0/containers/abc/app",
    "GET /v0/containers/abc/app/x.y",
    "GET /v0/containers/web/app",
    "GET /v0/containers/web/app/b?view=full",
    "GET /v0/containers/web/app?view=full",
    "GET /system/v1/metrics/v0/node",
    "GET /system/v1/agent/some-S1/metrics/v0/node",
    "POST /v0/node",
    "GET /nowhere",
    "GET /v0/containers/%zz",
    "GET /v0/node?view=other",
};

constexpr AppDatapoint datapoints[] = {{"a\xff", {"k\xff\0v\0k\xfe\0w\0", 10}, 0.1, 1},
                                       {"b", {}, 1.7976931348623157e308, 1},
                                       {"b", {}, 18446744073709551616.0, 1},
                                       {"b", {}, 5e-324, 1}};
constexpr StandInCount counts[] = {{"samples", 7}};
constexpr StandInApp apps_table[] = {{"web", datapoints, counts, "b"}};
StandInApps apps;
const StandInTasks tasks;

struct Bed {
    Arena arena;
    HostRoot root;
    Readers readers;
    Snapshot snapshots[2];
    Server server;
    EventLoop loop;
    NodeIdentity identity;
    ListenError error;
    std::uint64_t ticks = 0;
    int tick_request = -1;
    int tick_done = -1;
    sockaddr_in address = {};
    std::uint64_t answer_count = 0;
    bool is_finished = false;
    AllocationCounts counts;
    std::size_t heap_growth_bytes = 0;
};

void take_tick(Bed& bed) {
    Snapshot& spare = bed.snapshots[bed.ticks % 2];
    ++apps.generation;
    bed.readers.take(spare, ++bed.ticks);
    bed.server.publish(&spare);
}

void on_tick_request(void* context, std::uint32_t) {
    Bed& bed = *static_cast<Bed*>(context);
    std::uint64_t count = 0;
    if (read(bed.tick_request, &count, sizeof count) != sizeof count) std::abort();
    if (bed.is_finished) {
        bed.loop.stop();
    } else {
        take_tick(bed);
    }
    if (write(bed.tick_done, &count, sizeof count) != sizeof count) std::abort();
}

bool ask(const Bed& bed, const char* request) {
    char text[512];
    char answer[65536];
    const int length =
        snprintf(text, sizeof text,
                 "%s HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n", request);
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    std::size_t size = 0;
    if (connect(connection, reinterpret_cast<const sockaddr*>(&bed.address), sizeof bed.address) ==
            0 &&
        write(connection, text, static_cast<std::size_t>(length)) == length) {
        for (ssize_t count = 1; count > 0;) {
            count = read(connection, answer, sizeof answer);
            if (count > 0) size += static_cast<std::size_t>(count);
        }
    }
    close(connection);
    return size > 0;
}

void ask_for_tick(const Bed& bed) {
    std::uint64_t one = 1;
    if (write(bed.tick_request, &one, sizeof one) != sizeof one) std::abort();
    if (read(bed.tick_done, &one, sizeof one) != sizeof one) std::abort();
}

void ask_all(Bed& bed, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        for (const char* request : requests)
            bed.answer_count += ask(bed, request) ? 1U : 0U;
    }
}

void* run_client(void* context) {
    Bed& bed = *static_cast<Bed*>(context);
    exempt_this_thread();
    ask_for_tick(bed);
    ask_all(bed, rounds_per_tick);  // the library's own pools reach their size
    const std::size_t heap_bytes = mallinfo2().uordblks;
    bed.answer_count = 0;
    start_counting();
    for (int tick = 0; tick < tick_count; ++tick) {
        ask_for_tick(bed);
        ask_all(bed, rounds_per_tick);
    }
    bed.counts = stop_counting();
    const std::size_t heap_bytes_now = mallinfo2().uordblks;
    bed.heap_growth_bytes = heap_bytes_now > heap_bytes ? heap_bytes_now - heap_bytes : 0;
    bed.is_finished = true;
    ask_for_tick(bed);
    return nullptr;
}

void lay_out(Bed& bed, Arena& arena) {
    const Capacities capacities;
    bed.readers.init(arena, capacities);
    for (Snapshot& snapshot : bed.snapshots)
        snapshot.init(arena, capacities);
    bed.server.init(arena, capacities, Readers::catalogue(), bed.identity, {});
}

void start(Bed& bed) {
    Arena measuring;
    lay_out(bed, measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    lay_out(bed, bed.arena);
    assert_true(bed.root.open("/") == Status::ok);
    bed.readers.start(bed.root, {});
    bed.tick_request = eventfd(0, EFD_CLOEXEC);
    bed.tick_done = eventfd(0, EFD_CLOEXEC);
    assert_true(bed.loop.open() == Status::ok);
    assert_true(bed.loop.watch(bed.tick_request, EPOLLIN, {on_tick_request, &bed}) == Status::ok);
    ListenerOptions listener;
    listener.auth = AuthMode::none;
    assert_true(parse_listen_address("127.0.0.1:0", listener.address, bed.error));
    apps.apps = apps_table;
    bed.server.set_sources(apps.source(), tasks.source());
    take_tick(bed);
    assert_true(bed.server.listen(listener, bed.error));
    assert_true(bed.server.attach(bed.loop));
    const FixedText<256> url = bed.server.address(0);
    bed.address.sin_family = AF_INET;
    bed.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bed.address.sin_port = htons(static_cast<std::uint16_t>(atoi(strrchr(url.c_str(), ':') + 1)));
}

void nothing_of_ours_allocates_after_start(void**) {
    static Bed bed;
    assert_true(find_library());
    start(bed);
    pthread_t client = {};
    assert_int_equal(pthread_create(&client, nullptr, run_client, &bed), 0);
    bed.loop.run();
    pthread_join(client, nullptr);
    bed.server.stop();
    bed.readers.stop();
    printf(
        "# %llu readings, %llu answers; allocations: %llu ours, %llu libmicrohttpd's; heap +%zu "
        "bytes\n",
        static_cast<unsigned long long>(bed.ticks),
        static_cast<unsigned long long>(bed.answer_count),
        static_cast<unsigned long long>(bed.counts.ours),
        static_cast<unsigned long long>(bed.counts.library), bed.heap_growth_bytes);
    Dl_info caller = {};
    if (dladdr(bed.counts.first_ours, &caller) != 0) {
        printf("# first by %s in %s\n", caller.dli_sname, caller.dli_fname);
    }
    assert_int_equal(bed.answer_count, tick_count * rounds_per_tick * std::size(requests));
    assert_int_equal(bed.counts.ours, 0);
    assert_true(bed.counts.library > 0);  // or else the counting does not work
    assert_true(bed.heap_growth_bytes < 64 * 1024);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(nothing_of_ours_allocates_after_start)};
    return cmocka_run_group_tests_name("no_heap", tests, nullptr, nullptr);
}
