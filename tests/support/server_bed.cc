#include "tests/support/server_bed.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

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
    FixedText<256> addresses[limits::listener_count_max];
    AuthOptions auth;  // for server_load_auth
    AuthError* error = nullptr;
    bool is_loaded = false;
    pthread_t thread = {};
    int order = -1;  // eventfd: do what `next` and `work` say
    int done = -1;
    const Snapshot* next = nullptr;   // publish this
    void (*work)(Server&) = nullptr;  // do this; end when both are null
};

Bed bed;

void on_order(void*, std::uint32_t) {
    std::uint64_t count = 0;
    if (read(bed.order, &count, sizeof count) != sizeof count) return;
    if (bed.next != nullptr) {
        bed.server.publish(bed.next);
    } else if (bed.work != nullptr) {
        bed.work(bed.server);
    } else {
        bed.loop.stop();
    }
    if (write(bed.done, &count, sizeof count) != sizeof count) abort();
}

void* run_loop(void*) {
    bed.loop.run();
    return nullptr;
}

void send_order(const Snapshot* next, void (*work)(Server&)) {
    std::uint64_t one = 1;
    bed.next = next;
    bed.work = work;
    assert_int_equal(write(bed.order, &one, sizeof one), sizeof one);
    assert_int_equal(read(bed.done, &one, sizeof one), sizeof one);
}

}  // namespace

ListenerOptions listener_on(const char* address) {
    ListenerOptions listener;
    ListenError error;
    listener.auth = AuthMode::none;
    assert_true(parse_listen_address(address, listener.address, error));
    return listener;
}

void server_start(const char* listen, const ServerOptions& options) {
    server_start(listener_on(listen), options);
}

void server_start(const ListenerOptions& listener, const ServerOptions& options) {
    server_start({&listener, 1}, AuthOptions{}, options);
}

void server_start(std::span<const ListenerOptions> listeners, const AuthOptions& auth,
                  const ServerOptions& options) {
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
    AuthError fault;
    if (!bed.server.load_auth(auth, fault)) print_error("%s\n", fault.c_str());
    assert_true(fault.empty());
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        ListenError error;
        if (!bed.server.listen(listeners[i], error)) print_error("%s\n", error.c_str());
        assert_true(error.empty());
        bed.addresses[i] = bed.server.address(i);
    }
    assert_true(bed.server.attach(bed.loop));
    assert_int_equal(pthread_create(&bed.thread, nullptr, run_loop, nullptr), 0);
}

void server_stop() {
    send_order(nullptr, nullptr);
    pthread_join(bed.thread, nullptr);
    bed.server.stop();
    bed.loop.close();
    close(bed.order);
    close(bed.done);
    bed.arena.unmap();
}

void server_publish(const Snapshot& snapshot) {
    send_order(&snapshot, nullptr);
}

void server_do(void (*work)(Server&)) {
    send_order(nullptr, work);
}

void server_settle() {
    for (int i = 0; i < 5; ++i)
        server_do([](Server&) {});
}

std::string_view server_address(std::size_t index) {
    return bed.addresses[index].view();
}

void server_connect(int connection) {
    const std::string url(server_address());
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons(static_cast<std::uint16_t>(atoi(url.substr(url.rfind(':') + 1).c_str())));
    assert_int_equal(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval patience = {10, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

bool server_load_auth(const AuthOptions& auth, AuthError& error) {
    bed.auth = auth;
    bed.error = &error;
    server_do([](Server& server) { bed.is_loaded = server.load_auth(bed.auth, *bed.error); });
    return bed.is_loaded;
}

Server& server_itself() {
    return bed.server;
}

}  // namespace nma::test
