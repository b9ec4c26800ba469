// Registrations and packets come at any time: none of them takes from the heap.
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "agent/apps/inlets.h"
#include "agent/apps/registration_http.h"
#include "tests/alloc/counting_malloc.h"
#include "tests/support/apps_bed.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr int round_count = 500;

Arena arena;
Inlets inlets;
EventLoop loop;
HostRoot root;
Tree tree;

void start(Registry& registry) {
    Arena measuring;
    inlets.init(measuring, 8);
    assert_true(arena.map(measuring.used_bytes()));
    inlets.init(arena, 8);
    tree_make(tree);
    assert_int_equal(root.open("/"), Status::ok);
    assert_int_equal(loop.open(), Status::ok);
    assert_int_equal(inlets.start(store_make(8), root, bed_questions(), {}), Status::ok);
    assert_int_equal(inlets.watch(loop), Status::ok);
    const EventLoop::Hook once = {[](void*) { return 0; },
                                  [](void* itself) { static_cast<EventLoop*>(itself)->stop(); },
                                  &loop};
    assert_int_equal(loop.add_hook(once), Status::ok);
    RegistryOptions options = registry_options();
    options.directory = tree.path.c_str();
    registry.start(options, inlets.sink());
    assert_int_equal(registry.load().status, Status::ok);
}

int ask(Registry& registry, const char* method, const char* path, const char* body) {
    char answer[1024];
    TextSink sink(answer);
    return answer_registration(method, path, body, registry, sink).status;
}

void send_to(int sender, std::uint16_t port) {
    constexpr std::string_view text = "m:1|c\nm:2|c|c:web\nnonsense\n";
    sockaddr_storage target;
    const socklen_t bytes = fill_socket_address(loopback(), port, target);
    assert_int_equal(
        sendto(sender, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&target), bytes),
        text.size());
}

void registering_and_receiving_never_take_from_the_heap(void**) {
    Registry& registry = registry_make(8);
    start(registry);
    FixedText<256> error;
    const int shared = inlets.listen_udp(loopback(), 0, error);
    const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(shared >= 0 && sender >= 0);
    start_counting();
    for (int i = 0; i < round_count; ++i) {
        assert_int_equal(ask(registry, "POST", "/container", R"({"container_id":"a"})"), 201);
        assert_int_equal(ask(registry, "POST", "/container", R"({"container_id":)"), 400);
        assert_int_equal(ask(registry, "GET", "/containers", ""), 200);
        send_to(sender, registry.find("a")->port);
        send_to(sender, bound_port(shared));
        loop.run();
        inlets.tick(1);
        assert_int_equal(ask(registry, "DELETE", "/container/a", ""), 202);
    }
    const AllocationCounts counts = stop_counting();
    const unsigned long long allocation_count = counts.ours + counts.library;
    printf("# %d packets; allocations: %llu\n", static_cast<int>(inlets.counts().packets),
           allocation_count);
    assert_int_equal(inlets.counts().packets, 2 * round_count);
    assert_int_equal(allocation_count, 0);
    registry.close();
    inlets.stop();
    close(sender);
    tree_remove(tree);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(registering_and_receiving_never_take_from_the_heap)};
    return cmocka_run_group_tests_name("no_heap_inlets", tests, nullptr, nullptr);
}
