#include "agent/apps/sender_container.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "platform/base/check.h"
#include "platform/linux/clock.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t ns_per_s = 1'000'000'000;

Tree tree;
HostRoot root;
std::uint32_t question_count;

// "0::/box/<id>\n" is the container <id>.
bool container_of(void*, std::string_view text, ContainerIdText& id) {
    ++question_count;
    (void)id.assign("scratch");
    constexpr std::string_view mark = "/box/";
    const std::size_t at = text.find(mark);
    if (at == text.npos) return false;
    const std::string_view rest = text.substr(at + mark.size());
    return id.assign(rest.substr(0, rest.find('\n')));
}

SenderContainers& senders() {
    static Arena arena;
    static SenderContainers result;
    if (arena.is_measuring()) {
        Arena measuring;
        result.init(measuring);
        NMA_CHECK(arena.map(measuring.used_bytes()));
        result.init(arena);
    }
    ContainerQuestions questions;
    questions.container_of = container_of;
    result.start(root, questions);
    return result;
}

int make(void**) {
    tree_make(tree);
    question_count = 0;
    return root.open(tree.path.c_str()) == Status::ok ? 0 : -1;
}

int unmake(void**) {
    senders().close();
    root.close();
    tree_remove(tree);
    return 0;
}

void assert_container(int process_id, std::uint64_t now_ns, const char* id) {
    assert_string_equal(std::string(senders().container_of(process_id, now_ns)).c_str(), id);
}

void a_process_is_in_the_container_of_its_cgroup(void**) {
    tree_write(tree, "proc/10/cgroup", "0::/box/web\n");
    tree_write(tree, "proc/11/cgroup", "0::/user.slice\n");
    assert_container(10, ns_per_s, "web");
    assert_container(11, ns_per_s, "");
    assert_container(12, ns_per_s, "");
    assert_container(0, ns_per_s, "");
    assert_container(-1, ns_per_s, "");
}

void an_answer_is_kept_for_a_moment(void**) {
    tree_write(tree, "proc/10/cgroup", "0::/box/web\n");
    assert_container(10, ns_per_s, "web");
    assert_container(10, ns_per_s + 1, "web");
    assert_int_equal(question_count, 1);
    tree_write(tree, "proc/10/cgroup", "0::/box/db\n");
    assert_container(10, ns_per_s + 1, "web");
    assert_container(10, ns_per_s + limits::sender_age_ms * 1'000'000, "db");
}

void processes_that_share_a_place_are_told_apart(void**) {
    constexpr int other = 10 + static_cast<int>(limits::sender_count_max);
    tree_write(tree, "proc/10/cgroup", "0::/box/web\n");
    tree_write(tree, ("proc/" + std::to_string(other) + "/cgroup").c_str(), "0::/box/db\n");
    for (int i = 0; i < 3; ++i) {
        assert_container(10, ns_per_s, "web");
        assert_container(other, ns_per_s, "db");
    }
}

void a_process_id_that_is_used_again_is_another_process(void**) {
    tree_write(tree, "proc/10/cgroup", "0::/box/web\n");
    assert_container(10, ns_per_s, "web");
    tree_delete(tree, "proc/10");
    assert_container(10, ns_per_s, "");
    assert_container(10, ns_per_s, "");
    tree_write(tree, "proc/10/cgroup", "0::/box/db\n");
    assert_container(10, ns_per_s, "db");
}

void a_process_that_ended_is_in_no_container(void**) {
    HostRoot own;
    assert_int_equal(own.open("/"), Status::ok);
    ContainerQuestions questions;
    questions.container_of = [](void*, std::string_view text, ContainerIdText& id) {
        return !text.empty() && id.assign("web");
    };
    SenderContainers& real = senders();
    real.start(own, questions);
    assert_true(real.can_tell());
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    const std::uint64_t now_ns = boottime_ns();
    assert_string_equal(std::string(real.container_of(child, now_ns)).c_str(), "web");
    assert_string_equal(std::string(real.container_of(child, now_ns)).c_str(), "web");
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    assert_string_equal(std::string(real.container_of(child, now_ns)).c_str(), "");
    const std::uint64_t reads = real.read_count();
    const std::uint64_t before = boottime_ns();
    for (int i = 0; i < 1000; ++i)
        (void)real.container_of(getpid(), now_ns);
    const std::uint64_t kept_ns = boottime_ns() - before;
    assert_int_equal(real.read_count(), reads + 1);
    for (int i = 0; i < 1000; ++i)
        (void)real.container_of(getpid(), now_ns + static_cast<std::uint64_t>(i) * 3 * ns_per_s);
    const std::uint64_t read_ns = boottime_ns() - before - kept_ns;
    print_message("a sender's container: kept %u ns, read %u ns\n",
                  static_cast<unsigned>(kept_ns / 1000), static_cast<unsigned>(read_ns / 1000));
    own.close();
}

void a_proc_with_other_numbers_is_not_asked(void**) {
    HostRoot own;
    assert_int_equal(own.open("/"), Status::ok);
    // A child in a PID namespace of its own, over the proc of ours.
    if (geteuid() != 0) skip();
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWPID) != 0) _exit(77);
        const pid_t inner = fork();
        if (inner == 0) {
            SenderContainers& inside = senders();
            inside.start(own, {});
            _exit(inside.can_tell() ? 1 : 0);
        }
        int status = 0;
        waitpid(inner, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    int status = 0;
    waitpid(child, &status, 0);
    own.close();
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

void a_long_text_is_cut_at_the_room_for_it(void**) {
    std::string text = "12:pids:/box/web\n";
    text.append(3 * limits::sender_cgroup_bytes, 'x');
    tree_write(tree, "proc/10/cgroup", text);
    assert_container(10, ns_per_s, "web");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_is_in_the_container_of_its_cgroup, make, unmake),
        cmocka_unit_test_setup_teardown(an_answer_is_kept_for_a_moment, make, unmake),
        cmocka_unit_test_setup_teardown(processes_that_share_a_place_are_told_apart, make, unmake),
        cmocka_unit_test_setup_teardown(a_process_id_that_is_used_again_is_another_process, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_process_that_ended_is_in_no_container, make, unmake),
        cmocka_unit_test_setup_teardown(a_proc_with_other_numbers_is_not_asked, make, unmake),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut_at_the_room_for_it, make, unmake),
    };
    return cmocka_run_group_tests_name("sender_container", tests, nullptr, nullptr);
}
