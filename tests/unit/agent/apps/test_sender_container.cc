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
    std::string_view found;
    assert_int_equal(senders().find(process_id, now_ns, found), SenderPlace::container);
    assert_string_equal(std::string(found).c_str(), id);
}

void assert_place(int process_id, std::uint64_t now_ns, SenderPlace place) {
    std::string_view found = "something";
    assert_int_equal(senders().find(process_id, now_ns, found), place);
    assert_true(found.empty());
}

// A stat file as the kernel writes it, with a name that is to mislead, and these flags.
void write_stat(const char* path, const char* flags) {
    tree_write(tree, path, std::string("10 (a) R 1 (b) S 1 10 10 0 -1 ") + flags + " 120 0 0 0\n");
}

void a_process_is_in_the_container_of_its_cgroup(void**) {
    tree_write(tree, "proc/10/cgroup", "0::/box/web\n");
    assert_container(10, ns_per_s, "web");
}

void a_process_that_was_seen_in_no_container_is_outside(void**) {
    tree_write(tree, "proc/11/cgroup", "0::/user.slice\n");
    write_stat("proc/11/stat", "4194560");
    assert_place(11, ns_per_s, SenderPlace::outside);
    assert_place(11, ns_per_s, SenderPlace::outside);
    assert_int_equal(question_count, 1);
}

void a_process_that_cannot_be_looked_at_is_unknown(void**) {
    assert_place(12, ns_per_s, SenderPlace::unknown);
    assert_place(0, ns_per_s, SenderPlace::unknown);
    assert_place(-1, ns_per_s, SenderPlace::unknown);
    // Neither file, an empty one, one that cannot be read, and no flags.
    tree_mkdir(tree, "proc/13");
    assert_place(13, ns_per_s, SenderPlace::unknown);
    tree_write(tree, "proc/14/cgroup", "");
    write_stat("proc/14/stat", "4194560");
    assert_place(14, ns_per_s, SenderPlace::unknown);
    tree_mkdir(tree, "proc/15/cgroup");
    write_stat("proc/15/stat", "4194560");
    assert_place(15, ns_per_s, SenderPlace::unknown);
    tree_write(tree, "proc/16/cgroup", "0::/user.slice\n");
    assert_place(16, ns_per_s, SenderPlace::unknown);
    for (const char* text : {"", "10 (a)", "10 (a) ", "10 (a) S 1 10 10 0 -1", "no parenthesis"}) {
        tree_write(tree, "proc/17/cgroup", "0::/user.slice\n");
        tree_write(tree, "proc/17/stat", text);
        assert_place(17, ns_per_s, SenderPlace::unknown);
        tree_delete(tree, "proc/17");
    }
}

// In hierarchies of version 1 it is shown in "/".
void a_process_that_is_ending_is_unknown_unless_its_container_is_told(void**) {
    tree_write(tree, "proc/10/cgroup", "4:memory:/\n");
    write_stat("proc/10/stat", "4194564");
    assert_place(10, ns_per_s, SenderPlace::unknown);
    tree_write(tree, "proc/11/cgroup", "0::/box/web\n");
    write_stat("proc/11/stat", "4194564");
    assert_container(11, ns_per_s, "web");
}

void a_real_zombie_is_unknown(void**) {
    HostRoot own;
    assert_int_equal(own.open("/"), Status::ok);
    SenderContainers& real = senders();
    real.start(own, {});
    std::string_view id;
    assert_int_equal(real.find(getpid(), ns_per_s, id), SenderPlace::outside);
    const pid_t child = fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(real.find(child, ns_per_s, id), SenderPlace::unknown);
    waitpid(child, nullptr, 0);
    assert_int_equal(real.find(child, ns_per_s, id), SenderPlace::unknown);
    real.close();
    own.close();
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
    assert_place(10, ns_per_s, SenderPlace::unknown);
    assert_place(10, ns_per_s, SenderPlace::unknown);
    tree_write(tree, "proc/10/cgroup", "0::/box/db\n");
    assert_container(10, ns_per_s, "db");
}

void a_process_that_ended_is_unknown(void**) {
    HostRoot own;
    assert_int_equal(own.open("/"), Status::ok);
    ContainerQuestions questions;
    questions.container_of = [](void*, std::string_view text, ContainerIdText& id) {
        ++question_count;
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
    std::string_view id;
    assert_int_equal(real.find(child, now_ns, id), SenderPlace::container);
    assert_true(id == "web");
    assert_int_equal(real.find(child, now_ns, id), SenderPlace::container);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    assert_int_equal(real.find(child, now_ns, id), SenderPlace::unknown);
    assert_true(id.empty());
    question_count = 0;
    const std::uint64_t before = boottime_ns();
    for (int i = 0; i < 1000; ++i)
        (void)real.find(getpid(), now_ns, id);
    const std::uint64_t kept_ns = boottime_ns() - before;
    assert_int_equal(question_count, 1);
    for (int i = 0; i < 1000; ++i)
        (void)real.find(getpid(), now_ns + static_cast<std::uint64_t>(i) * 3 * ns_per_s, id);
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
            std::string_view id;
            const bool is_told = inside.find(1, ns_per_s, id) != SenderPlace::unknown;
            _exit(inside.can_tell() || is_told ? 1 : 0);
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
    // What was cut off might have named one.
    text = "12:pids:/user.slice\n11:memory:/" + text.substr(17) + "/box/web\n";
    tree_write(tree, "proc/11/cgroup", text);
    write_stat("proc/11/stat", "4194560");
    assert_place(11, ns_per_s, SenderPlace::unknown);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_is_in_the_container_of_its_cgroup, make, unmake),
        cmocka_unit_test_setup_teardown(a_process_that_was_seen_in_no_container_is_outside, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_process_that_cannot_be_looked_at_is_unknown, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(
            a_process_that_is_ending_is_unknown_unless_its_container_is_told, make, unmake),
        cmocka_unit_test_setup_teardown(a_real_zombie_is_unknown, make, unmake),
        cmocka_unit_test_setup_teardown(an_answer_is_kept_for_a_moment, make, unmake),
        cmocka_unit_test_setup_teardown(processes_that_share_a_place_are_told_apart, make, unmake),
        cmocka_unit_test_setup_teardown(a_process_id_that_is_used_again_is_another_process, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_process_that_ended_is_unknown, make, unmake),
        cmocka_unit_test_setup_teardown(a_proc_with_other_numbers_is_not_asked, make, unmake),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut_at_the_room_for_it, make, unmake),
    };
    return cmocka_run_group_tests_name("sender_container", tests, nullptr, nullptr);
}
