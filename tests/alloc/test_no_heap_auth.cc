// Permissions are decided, an ACL is read anew and an external authorizer is asked without the
// heap.
#include <stdlib.h>

#include <cstdio>

#include "api/auth/authorization.h"
#include "platform/linux/clock.h"
#include "tests/alloc/counting_malloc.h"
#include "tests/support/authorizer_stand_in.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr int round_count = 100;

struct Bed {
    Tree tree;
    Arena arena;
    EventLoop loop;
    StandIn stand_in;
    Authorization authorization;
    AuthorizationOptions options;
    AuthError error;
};

void stop(void* loop, std::uint32_t) {
    static_cast<EventLoop*>(loop)->stop();
}

void start(Bed& bed) {
    Arena measuring;
    bed.authorization.init(measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    bed.authorization.init(bed.arena);
    tree_make(bed.tree);
    tree_write(bed.tree, "acl.json",
               R"({"al": ["dcos:superuser"], "side": ["node-metrics-agent:container:web"]})");
    assert_true(bed.options.acl.assign(bed.tree.path.view()) &&
                bed.options.acl.append("/acl.json"));
    assert_true(bed.options.socket.assign(bed.tree.path.view()) &&
                bed.options.socket.append("/authorizer.sock"));
    assert_true(bed.loop.open() == Status::ok);
    stand_in_make(bed.stand_in, bed.tree, bed.loop);
    assert_true(bed.authorization.attach(bed.loop, {stop, &bed.loop}));
}

Verdict decide(Bed& bed, std::string_view uid) {
    const Identity identity = {.uid = uid};
    const AccessQuestion question = {identity, Permission::agent, "container", "web"};
    Verdict verdict = bed.authorization.decide(question);
    if (verdict == Verdict::pending) {
        bed.loop.run();
        verdict = bed.authorization.decide(question);
    }
    return verdict;
}

void deciding_never_takes_from_the_heap(void**) {
    static Bed bed;
    start(bed);
    int allowed_count = 0;
    start_counting();
    for (int i = 0; i < round_count; ++i) {
        bed.stand_in.answer = i % 2 == 0 ? "allow\n" : "no idea\n";
        if (bed.authorization.load(bed.options, bed.error) != Status::ok) break;
        for (const std::string_view uid : {"al", "side", "external"})
            allowed_count += decide(bed, uid) == Verdict::allow ? 1 : 0;
    }
    const AllocationCounts counts = stop_counting();
    (void)bed.authorization.load(AuthorizationOptions{}, bed.error);
    stand_in_remove(bed.stand_in);
    bed.loop.close();
    tree_remove(bed.tree);
    const unsigned long long allocation_count = counts.ours + counts.library;
    printf("# %d times allowed; allocations: %llu\n", allowed_count, allocation_count);
    assert_int_equal(allowed_count, 2 * round_count + round_count / 2);
    assert_int_equal(allocation_count, 0);
    start_counting();
    void* volatile memory = malloc(1);  // an optimizer leaves out what nobody keeps
    free(memory);
    assert_int_equal(stop_counting().ours, 1);  // or else the counting does not work
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(deciding_never_takes_from_the_heap)};
    return cmocka_run_group_tests_name("no_heap_auth", tests, nullptr, nullptr);
}
