#include "tests/support/server_bed.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/cmocka.h"
#include "tests/support/sample_snapshot.h"

namespace nma::test {

namespace {

// A server whose loop runs in a thread of its own. What must happen on that thread is sent there.
struct Bed {
    Arena arena;
    NodeIdentity identity;
    EventLoop loop;
    Server server;
    FixedText<256> address;
    pthread_t thread = {};
    int order = -1;  // eventfd: do what `next` says
    int done = -1;
    const Snapshot* next = nullptr;  // publish this, or end when null
};

Bed bed;

void on_order(void*, std::uint32_t) {
    std::uint64_t count = 0;
    if (read(bed.order, &count, sizeof count) != sizeof count) return;
    if (bed.next == nullptr) {
        bed.loop.stop();
    } else {
        bed.server.publish(bed.next);
    }
    if (write(bed.done, &count, sizeof count) != sizeof count) abort();
}

void* run_loop(void*) {
    bed.loop.run();
    return nullptr;
}

void send_order(const Snapshot* next) {
    std::uint64_t one = 1;
    bed.next = next;
    assert_int_equal(write(bed.order, &one, sizeof one), sizeof one);
    assert_int_equal(read(bed.done, &one, sizeof one), sizeof one);
}

}  // namespace

void server_start(const char* listen, const ServerOptions& options) {
    bed = Bed{};
    (void)bed.identity.mesos_id.assign("a1-S0");
    assert_true(bed.arena.map(std::size_t{64} << 20));
    Capacities capacities;
    capacities.containers = 4096;
    bed.server.init(bed.arena, capacities, sample_catalogue(), bed.identity, options);
    assert_true(bed.loop.open() == Status::ok);
    bed.order = eventfd(0, EFD_CLOEXEC);
    bed.done = eventfd(0, EFD_CLOEXEC);
    assert_true(bed.loop.watch(bed.order, EPOLLIN, {on_order, nullptr}) == Status::ok);
    ListenAddress address;
    FixedText<256> error;
    assert_true(parse_listen_address(listen, address, error));
    if (!bed.server.listen(address, error)) print_error("%s\n", error.c_str());
    assert_true(error.empty());
    bed.address = bed.server.address(0);
    assert_true(bed.server.attach(bed.loop));
    assert_int_equal(pthread_create(&bed.thread, nullptr, run_loop, nullptr), 0);
}

void server_stop() {
    send_order(nullptr);
    pthread_join(bed.thread, nullptr);
    bed.server.stop();
    bed.loop.close();
    close(bed.order);
    close(bed.done);
    bed.arena.unmap();
}

void server_publish(const Snapshot& snapshot) {
    send_order(&snapshot);
}

std::string_view server_address() {
    return bed.address.view();
}

Server& server_itself() {
    return bed.server;
}

}  // namespace nma::test
