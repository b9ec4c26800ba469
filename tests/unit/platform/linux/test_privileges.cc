#include "platform/linux/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/child.h"
#include "tests/support/forbidden_calls.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using test::in_child;

test::Tree tree;

bool is_root() {
    return geteuid() == 0;
}

CapabilitySet capabilities(bool is_effective) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    syscall(SYS_capget, &header, data);
    const auto set = [is_effective](const __user_cap_data_struct& half) {
        return is_effective ? half.effective : half.permitted;
    };
    return set(data[0]) | CapabilitySet{set(data[1])} << 32U;
}

bool has_inheritable() {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    syscall(SYS_capget, &header, data);
    return data[0].inheritable != 0 || data[1].inheritable != 0;
}

// Each bit of what a child returns tells one thing that is wrong.
int become(std::string_view name, CapabilitySet kept) {
    SystemUser user;
    CapabilitySet left = 0;
    FixedText<256> error;
    if (!find_user(name, user, error) || !drop_privileges(user, kept, left, error)) return 64;
    int wrong = 0;
    if (left != kept || capabilities(true) != kept || capabilities(false) != kept) wrong |= 1;
    if (has_inheritable()) wrong |= 2;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) wrong |= 4;
    if (prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 0) wrong |= 8;
    return wrong;
}

void names_of_capabilities_are_known(void**) {
    assert_int_equal(capability_of("CAP_DAC_READ_SEARCH"), 1U << CAP_DAC_READ_SEARCH);
    assert_int_equal(capability_of("CAP_SYS_PTRACE"), 1U << CAP_SYS_PTRACE);
    assert_int_equal(capability_of("CAP_SETUID"), 0);  // leads back to root
    assert_int_equal(capability_of("cap_sys_ptrace"), 0);
    assert_int_equal(capability_of(""), 0);
    const CapabilitySet two = capability_of("CAP_SYS_PTRACE") | capability_of("CAP_DAC_OVERRIDE");
    assert_string_equal(describe_capabilities(two).c_str(), "CAP_DAC_OVERRIDE CAP_SYS_PTRACE");
    assert_string_equal(describe_capabilities(0).c_str(), "none");
}

void an_unknown_user_is_told_with_the_cure(void**) {
    SystemUser user;
    FixedText<256> error;
    assert_false(find_user("nma-nobody-has-this-name", user, error));
    assert_non_null(std::strstr(error.c_str(), "useradd --system nma-nobody-has-this-name"));
    assert_true(find_user("", user, error));
    assert_true(user.name.empty());
    assert_true(find_user("nobody", user, error));
    assert_int_equal(user.uid, 65534);
    static char name[100];
    std::memset(name, 'x', sizeof name);
    assert_false(find_user({name, sizeof name}, user, error));
}

void another_user_has_its_groups_and_the_kept_capabilities_alone(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        const gid_t extra[] = {4, 24};
        setgroups(2, extra);
        int wrong = become("nobody", capability_of("CAP_DAC_READ_SEARCH"));
        gid_t groups[8] = {};
        const int count = getgroups(8, groups);
        for (int i = 0; i < count; ++i)
            wrong |= groups[i] == 4 || groups[i] == 24 ? 16 : 0;
        if (getuid() != 65534 || geteuid() != 65534 || getegid() == 0) wrong |= 32;
        return wrong;
    };
    assert_int_equal(in_child(child), 0);
}

void nothing_leads_back_to_root(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        const int wrong = become("nobody", 0);
        return wrong | (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 ? 16 : 0);
    };
    assert_int_equal(in_child(child), 0);
}

// CAP_DAC_READ_SEARCH reads what only root may, CAP_DAC_OVERRIDE is not there to write it.
void kept_capabilities_do_what_they_say_and_no_more(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    test::tree_make(tree);
    test::tree_write(tree, "secret", "x");
    test::tree_chmod(tree, "secret", 0600);
    const auto child = [] {
        const int wrong = become("nobody", capability_of("CAP_DAC_READ_SEARCH"));
        const int root = open(tree.path.c_str(), O_PATH | O_DIRECTORY);
        const bool can_read = openat(root, "secret", O_RDONLY) >= 0;
        const bool can_write = openat(root, "secret", O_WRONLY) >= 0;
        return wrong | (can_read ? 0 : 16) | (can_write ? 32 : 0);
    };
    assert_int_equal(in_child(child), 0);
    test::tree_remove(tree);
}

void root_that_stays_keeps_no_more_than_the_list(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        const int wrong = become("", capability_of("CAP_SYS_PTRACE"));
        return wrong | (geteuid() != 0 ? 16 : 0);
    };
    assert_int_equal(in_child(child), 0);
}

// The agent reads some of its own files below /proc all its life.
void our_own_files_of_proc_stay_readable(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        int wrong = become("nobody", 0);
        struct stat info = {};
        char target[64];
        if (open("/proc/self/fd", O_RDONLY | O_DIRECTORY) < 0) wrong |= 16;
        if (readlink("/proc/self/ns/net", target, sizeof target) < 0) wrong |= 16;
        if (open("/proc/self/mountinfo", O_RDONLY) < 0) wrong |= 16;
        if (stat("/proc/self/fd/0", &info) != 0) wrong |= 32;
        return wrong;
    };
    assert_int_equal(in_child(child), 0);
}

void who_is_not_root_cannot_become_another_and_is_told(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        if (become("nobody", 0) != 0) return 64;
        SystemUser user;
        CapabilitySet left = 0;
        FixedText<256> error;
        if (!find_user("nobody", user, error) || !drop_privileges(user, 0, left, error)) return 1;
        if (!find_user("root", user, error) || drop_privileges(user, 0, left, error)) return 2;
        return std::strstr(error.c_str(), "start the agent as root") == nullptr ? 4 : 0;
    };
    assert_int_equal(in_child(child), 0);
}

// A service manager gives us what we keep, and forbids to change it.
void who_has_what_is_kept_needs_no_call_that_is_forbidden(void**) {
    if (!is_root()) SKIP_BECAUSE("takes root");
    const auto child = [] {
        constexpr CapabilitySet kept = CapabilitySet{1} << CAP_DAC_READ_SEARCH;
        if (become("nobody", kept) != 0) return 64;
        if (!test::forbid_calls({SYS_capset})) return test::no_filter_status;
        SystemUser user;
        CapabilitySet left = 0;
        FixedText<256> error;
        if (!drop_privileges(user, kept, left, error) || left != kept) return 1;
        if (drop_privileges(user, 0, left, error)) return 2;  // it would keep what it should not
        return std::strstr(error.c_str(), "cannot give capabilities back") == nullptr ? 4 : 0;
    };
    const int status = in_child(child);
    if (status == test::no_filter_status) SKIP_BECAUSE("no filter of system calls here");
    assert_int_equal(status, 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(names_of_capabilities_are_known),
        cmocka_unit_test(an_unknown_user_is_told_with_the_cure),
        cmocka_unit_test(another_user_has_its_groups_and_the_kept_capabilities_alone),
        cmocka_unit_test(nothing_leads_back_to_root),
        cmocka_unit_test(kept_capabilities_do_what_they_say_and_no_more),
        cmocka_unit_test(root_that_stays_keeps_no_more_than_the_list),
        cmocka_unit_test(our_own_files_of_proc_stay_readable),
        cmocka_unit_test(who_has_what_is_kept_needs_no_call_that_is_forbidden),
        cmocka_unit_test(who_is_not_root_cannot_become_another_and_is_told),
    };
    return cmocka_run_group_tests_name("privileges", tests, nullptr, nullptr);
}
