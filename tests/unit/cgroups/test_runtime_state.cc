#include "cgroups/runtime_state.h"

#include <cstring>

#include "tests/support/state_text.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define DOCKER "var/lib/docker/containers/" STATE_ID "/config.v2.json"
#define TASKS "run/containerd/io.containerd.runtime.v2.task"
#define STORAGE "var/lib/containers/storage/"

constexpr std::string_view docker_text =
    R"({"ID":")" STATE_ID R"(","Config":{"Image":"nginx"},"Name":"/of-docker"})";
constexpr std::string_view nerdctl_text =
    R"({"ociVersion":"1.1.0","annotations":{"nerdctl/name":"of-containerd"}})";
constexpr std::string_view podman_text = R"([{"id":")" STATE_ID R"(","names":["of-podman"]}])";
constexpr std::string_view crio_text =
    R"([{"id":")" STATE_ID
    R"(","metadata":"{\"pod-id\":\"7\",\"name\":\"k\",\"metadata-name\":\"of-crio\"}"}])";
constexpr std::string_view crio_config =
    R"({"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri-o.Labels":"{\"a\":\"b\"}"}})";

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
    RuntimeState state;
};
Bed bed;

void lay_out(Arena& arena) {
    bed.reader.init(arena);
    bed.dirs.init(arena);
    bed.state.init(arena);
}

int make(void**) {
    bed = {};
    Arena measuring;
    lay_out(measuring);
    if (!bed.arena.map(measuring.used_bytes())) return -1;
    lay_out(bed.arena);
    tree_make(bed.tree);
    return bed.root.open(bed.tree.path.c_str()) == Status::ok ? 0 : -1;
}

int remove(void**) {
    bed.root.close();
    bed.arena.unmap();
    tree_remove(bed.tree);
    return 0;
}

const char* find(std::string_view id = STATE_ID,
                 std::span<const StatePlace> places = all_state_places) {
    ContainerMeta meta;
    bed.state.begin_search();
    const Status status = bed.state.find({bed.root, bed.reader, bed.dirs}, id, places, meta);
    if (status != Status::ok) assert_null(meta.source);
    return status == Status::ok ? state_dump(meta) : status_name(status);
}

void each_place_is_found(void**) {
    assert_string_equal(find(), "absent");
    tree_write(bed.tree, STORAGE "vfs-containers/volatile-containers.json", podman_text);
    assert_string_equal(find(), "podman of-podman - - - - +0");
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", "[]");
    assert_string_equal(find(), "podman of-podman - - - - +0");
    tree_write(bed.tree, TASKS "/default/" STATE_ID "/config.json", nerdctl_text);
    assert_string_equal(find(), "containerd of-containerd - - - - +0");
    tree_write(bed.tree, DOCKER, docker_text);
    assert_string_equal(find(), "docker of-docker nginx - - - +0");
    tree_delete(bed.tree, "var/lib/docker");
    tree_delete(bed.tree, "run/containerd");
    tree_write(bed.tree,
               "run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" STATE_ID "/config.json",
               nerdctl_text);
    assert_string_equal(find(), "containerd of-containerd - - - - +0");
}

void the_caller_says_in_which_order(void**) {
    static constexpr StatePlace storage_first[] = {StatePlace::storage, StatePlace::docker};
    static constexpr StatePlace containerd_only[] = {StatePlace::containerd};
    tree_write(bed.tree, DOCKER, docker_text);
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", podman_text);
    assert_string_equal(find(STATE_ID, storage_first), "podman of-podman - - - - +0");
    assert_string_equal(find(STATE_ID, containerd_only), "absent");
    assert_string_equal(find(STATE_ID, {}), "absent");
}

void each_runtime_has_its_places(void**) {
    tree_write(bed.tree, DOCKER, docker_text);
    tree_write(bed.tree, TASKS "/k8s.io/" STATE_ID "/config.json", nerdctl_text);
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", podman_text);
    const auto of = [](Runtime runtime) {
        return std::string_view(find(STATE_ID, state_places(runtime)));
    };
    assert_true(of(Runtime::docker).starts_with("docker "));
    assert_true(of(Runtime::containerd).starts_with("containerd "));
    assert_true(of(Runtime::podman).starts_with("podman "));
    assert_true(of(Runtime::crio).starts_with("podman "));
    assert_true(of(Runtime::cri).starts_with("containerd "));
    assert_true(of(Runtime::oci).starts_with("docker "));
    for (const Runtime runtime : {Runtime::mesos, Runtime::lxc, Runtime::nspawn, Runtime::systemd})
        assert_true(of(runtime) == "absent");
}

void labels_of_crio_are_added_where_they_can_be_read(void**) {
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", crio_text);
    assert_string_equal(find(), "crio of-crio - - - - +0");
    tree_write(bed.tree, STORAGE "overlay-containers/" STATE_ID "/userdata/config.json",
               crio_config);
    assert_string_equal(find(), "crio of-crio - - - a=b; +0");
    tree_write(bed.tree, STORAGE "overlay-containers/" STATE_ID "/userdata/config.json", "{");
    assert_string_equal(find(), "crio of-crio - - - - +0");
}

void a_list_is_read_once_for_a_search(void**) {
    const HostContext context = {bed.root, bed.reader, bed.dirs};
    ContainerMeta meta;
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", podman_text);
    bed.state.begin_search();
    assert_int_equal(bed.state.find(context, STATE_OTHER_ID, all_state_places, meta),
                     Status::absent);
    tree_delete(bed.tree, "var");
    assert_int_equal(bed.state.find(context, STATE_ID, all_state_places, meta), Status::ok);
    bed.state.begin_search();
    assert_int_equal(bed.state.find(context, STATE_ID, all_state_places, meta), Status::absent);
    assert_string_equal(meta.name.c_str(), "of-podman");
}

void ids_that_are_no_plain_names_are_absent(void**) {
    tree_write(bed.tree, "var/lib/docker/containers/config.v2.json", docker_text);
    tree_write(bed.tree, "var/lib/docker/config.v2.json", docker_text);
    static char long_name[400];
    memset(long_name, 'a', sizeof long_name);
    const std::string_view ids[] = {"",
                                    ".",
                                    "..",
                                    "../containers",
                                    "a/b",
                                    "/",
                                    ".hidden",
                                    "a b",
                                    std::string_view("a\0b", 3),
                                    {long_name, sizeof long_name}};
    for (const std::string_view id : ids)
        assert_string_equal(find(id), "absent");
}

void what_only_root_may_read_is_denied(void**) {
    tree_write(bed.tree, DOCKER, docker_text);
    tree_chmod(bed.tree, "var/lib/docker/containers", 0700);
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", "[]");
    if (!become_nobody()) {
        print_message("SKIP what_only_root_may_read_is_denied: not root\n");
        skip();
    }
    const char* found = find();
    become_root_again();
    assert_string_equal(found, "denied");
    tree_chmod(bed.tree, "var/lib/docker", 0700);
    tree_delete(bed.tree, "var/lib/docker");
    tree_write(bed.tree, TASKS "/default/" STATE_ID "/config.json", nerdctl_text);
    tree_chmod(bed.tree, TASKS, 0711);
    assert_true(become_nobody());
    found = find();
    become_root_again();
    assert_string_equal(found, "denied");
}

void a_place_that_fails_does_not_hide_the_next(void**) {
    tree_write(bed.tree, DOCKER, "{");
    assert_string_equal(find(), "malformed");
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", "[{\"id\":");
    tree_write(bed.tree, STORAGE "overlay-containers/volatile-containers.json", podman_text);
    assert_string_equal(find(), "podman of-podman - - - - +0");
}

void lists_that_are_cut_short_have_no_say(void**) {
    for (std::size_t size = 0; size < podman_text.size(); ++size) {
        tree_write(bed.tree, STORAGE "overlay-containers/containers.json",
                   podman_text.substr(0, size));
        assert_string_equal(find(), size == 0 ? "absent" : "malformed");
    }
}

void links_and_devices_in_place_of_a_file_are_malformed(void**) {
    tree_write(bed.tree, "elsewhere.json", docker_text);
    tree_symlink(bed.tree, "../../../../../elsewhere.json", DOCKER);
    assert_string_equal(find(), "malformed");
}

void files_larger_than_the_buffer_are_truncated(void**) {
    static char text[limits::read_buffer_bytes + 1];
    memset(text, ' ', sizeof text);
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", {text, sizeof text});
    assert_string_equal(find(), "truncated");
}

void lists_without_room_are_full(void**) {
    static char text[limits::read_buffer_bytes - 1];
    memset(text, ' ', sizeof text);
    text[0] = '[';
    text[sizeof text - 1] = ']';
    const std::string_view list = {text, sizeof text};
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json", list);
    tree_write(bed.tree, STORAGE "overlay-containers/volatile-containers.json", list);
    assert_string_equal(find(), "absent");
    tree_write(bed.tree, STORAGE "vfs-containers/containers.json", list);
    assert_string_equal(find(), "full");
}

void containers_without_room_are_full(void**) {
    static char text[limits::read_buffer_bytes];
    const std::size_t count = limits::runtime_state_listed_count_max;
    for (std::size_t i = 0; i < count; ++i)
        std::string_view(i == 0 ? "[{} " : ",{} ").copy(text + 4 * i, 4);
    const std::string_view last = R"(,{"id":")" STATE_ID R"("}])";
    last.copy(text + 4 * count, last.size());
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json",
               {text, 4 * count + last.size()});
    assert_string_equal(find(), "full");
    std::string_view("[    ").copy(text, 5);
    tree_write(bed.tree, STORAGE "overlay-containers/containers.json",
               {text, 4 * count + last.size()});
    assert_string_equal(find(), "podman - - - - - +0");
}

void namespaces_without_room_are_full(void**) {
    char path[64];
    for (std::size_t i = 0; i <= limits::containerd_namespace_count_max; ++i) {
        snprintf(path, sizeof path, TASKS "/space-%zu", i);
        tree_mkdir(bed.tree, path);
    }
    assert_string_equal(find(), "full");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_place_is_found, make, remove),
        cmocka_unit_test_setup_teardown(the_caller_says_in_which_order, make, remove),
        cmocka_unit_test_setup_teardown(each_runtime_has_its_places, make, remove),
        cmocka_unit_test_setup_teardown(labels_of_crio_are_added_where_they_can_be_read, make,
                                        remove),
        cmocka_unit_test_setup_teardown(a_list_is_read_once_for_a_search, make, remove),
        cmocka_unit_test_setup_teardown(ids_that_are_no_plain_names_are_absent, make, remove),
        cmocka_unit_test_setup_teardown(what_only_root_may_read_is_denied, make, remove),
        cmocka_unit_test_setup_teardown(a_place_that_fails_does_not_hide_the_next, make, remove),
        cmocka_unit_test_setup_teardown(lists_that_are_cut_short_have_no_say, make, remove),
        cmocka_unit_test_setup_teardown(links_and_devices_in_place_of_a_file_are_malformed, make,
                                        remove),
        cmocka_unit_test_setup_teardown(files_larger_than_the_buffer_are_truncated, make, remove),
        cmocka_unit_test_setup_teardown(lists_without_room_are_full, make, remove),
        cmocka_unit_test_setup_teardown(containers_without_room_are_full, make, remove),
        cmocka_unit_test_setup_teardown(namespaces_without_room_are_full, make, remove),
    };
    return cmocka_run_group_tests_name("runtime_state", tests, nullptr, nullptr);
}
