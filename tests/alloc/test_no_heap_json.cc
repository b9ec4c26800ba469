// cJSON allocates for every value of a file; here, that none of it comes from the heap.
#include <stdlib.h>

#include <cstdio>

#include "cgroups/runtime_state.h"
#include "tests/alloc/counting_malloc.h"
#include "tests/support/state_text.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define STORAGE "var/lib/containers/storage/overlay-containers/"

constexpr int search_count = 100;

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    RuntimeState state;
};

void lay_out(Bed& bed, Arena& arena) {
    bed.reader.init(arena);
    bed.dirs.init(arena);
    bed.state.init(arena);
}

void start(Bed& bed) {
    Arena measuring;
    lay_out(bed, measuring);
    assert_true(bed.arena.map(measuring.used_bytes()));
    lay_out(bed, bed.arena);
    tree_make(bed.tree);
    tree_write(bed.tree, "var/lib/docker/containers/a/config.v2.json",
               R"({"ID":"a","Name":"/a","Args":[1.5e3,-2,true],"Config":{"Labels":{"k":"v"}}})");
    tree_write(bed.tree, "var/lib/docker/containers/torn/config.v2.json", R"({"ID":"torn",)");
    tree_write(bed.tree, "run/containerd/io.containerd.runtime.v2.task/default/b/config.json",
               R"({"ociVersion":"1","annotations":{"nerdctl/name":"b\u00fc"}})");
    tree_write(bed.tree, STORAGE "containers.json",
               R"([{"id":"c","metadata":"{\"pod-id\":\"7\",\"name\":\"c\"}"}])");
    tree_write(
        bed.tree, STORAGE "c/userdata/config.json",
        R"({"ociVersion":"1","annotations":{"io.kubernetes.cri-o.Labels":"{\"k\":\"v\"}"}})");
    assert_int_equal(bed.root.open(bed.tree.path.c_str()), Status::ok);
}

void finding_names_never_takes_from_the_heap(void**) {
    static Bed bed;
    start(bed);
    int found_count = 0;
    start_counting();
    for (int i = 0; i < search_count; ++i) {
        bed.state.begin_search();
        for (const std::string_view id : {"a", "torn", "b", "c", "nobody"}) {
            ContainerMeta meta;
            const Status status =
                bed.state.find({bed.root, bed.reader, bed.dirs}, id, all_state_places, meta);
            if (status == Status::ok) ++found_count;
        }
    }
    const AllocationCounts counts = stop_counting();
    bed.root.close();
    tree_remove(bed.tree);
    const unsigned long long allocation_count = counts.ours + counts.library;
    printf("# %d containers found; allocations: %llu\n", found_count, allocation_count);
    assert_int_equal(found_count, 3 * search_count);
    assert_int_equal(allocation_count, 0);
    start_counting();
    void* volatile memory = malloc(1);  // an optimizer leaves out what nobody keeps
    free(memory);
    assert_int_equal(stop_counting().ours, 1);  // or else the counting does not work
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(finding_names_never_takes_from_the_heap)};
    return cmocka_run_group_tests_name("no_heap_json", tests, nullptr, nullptr);
}
