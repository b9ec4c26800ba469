#include "agent/host_facts.h"

#include <linux/capability.h>
#include <stdio.h>

#include "tests/support/cmocka.h"
#include "tests/support/tree.h"

namespace {

using namespace nma;
using namespace nma::test;

void releases_of_all_kinds_give_their_first_two_numbers(void**) {
    const struct {
        std::string_view text;
        std::uint32_t major;
        std::uint32_t minor;
    } cases[] = {
        {"6.1.0-18-amd64\n", 6, 1},
        {"3.10.0-1160.el7.x86_64\n", 3, 10},
        {"6.12.34+rpt-rpi-2712\n", 6, 12},
        {"5.4\n", 5, 4},
        {"\n", 0, 0},
        {"x.y\n", 0, 0},
        {"6\n", 0, 0},
        {"99999999.1\n", 0, 0},
    };
    for (const auto& row : cases) {
        HostFacts facts;
        scan_release(row.text, facts);
        assert_int_equal(facts.version.major, row.major);
        assert_int_equal(facts.version.minor, row.minor);
    }
}

void a_version_that_is_not_known_is_before_nothing(void**) {
    const KernelVersion unknown;
    assert_false(unknown.is_before(99, 0));
    assert_true((KernelVersion{4, 18}).is_before(4, 20));
    assert_false((KernelVersion{5, 0}).is_before(4, 20));
}

void boot_options_take_effect_in_their_order(void**) {
    assert_true(scan_command_line("quiet cgroup_disable=memory\n").is_memory_disabled);
    assert_true(scan_command_line("cgroup_disable=io,memory").is_memory_disabled);
    assert_false(scan_command_line("cgroup_disable=pressure").is_memory_disabled);
    // As the firmware of a Raspberry Pi puts it: its own options first, then cmdline.txt.
    const BootOptions on = scan_command_line("cgroup_disable=memory a=b cgroup_enable=memory\n");
    assert_false(on.is_memory_disabled);
    assert_true(on.is_memory_asked_for);
    const BootOptions off = scan_command_line("cgroup_enable=memory cgroup_disable=memory\n");
    assert_true(off.is_memory_disabled);
    assert_true(scan_command_line("psi=0").is_psi_off);
    assert_false(scan_command_line("psi=0 psi=1").is_psi_off);
    assert_true(scan_command_line("swapaccount=0").is_swap_accounting_off);
}

constexpr std::string_view status_text =
    "Name:\tnma\nUid:\t65534\t65534\t65534\t65534\nGid:\t65533\t65534\t65534\t65534\n"
    "Groups:\t4 1001 \nNSpid:\t812\t1\nCapEff:\t0000000000080000\n";

void status_tells_user_groups_and_capabilities(void**) {
    const Credentials self = scan_status(status_text);
    assert_true(self.is_known);
    assert_int_equal(self.uid, 65534);
    assert_true(self.has_group(65534) && self.has_group(4) && self.has_group(1001));
    assert_false(self.has_group(65533));
    assert_true(self.has_capability(CAP_SYS_PTRACE));
    assert_false(self.has_capability(CAP_DAC_READ_SEARCH));
    assert_int_equal(self.pid_namespace_depth, 2);
}

void status_that_is_torn_before_its_capabilities_is_not_known(void**) {
    for (std::size_t size = 0; size < status_text.size(); ++size)
        assert_false(scan_status(status_text.substr(0, size)).is_known);
}

void hidepid_hides_from_those_who_are_in_no_group_of_it(void**) {
    HostFacts facts;
    scan_mounts("22 27 0:21 / /proc rw,relatime - proc proc rw,gid=1001,hidepid=2\n", facts);
    assert_string_equal(facts.proc.hidepid.c_str(), "2");
    assert_int_equal(facts.proc.gid, 1001);
    assert_false(facts.is_proc_hidden());  // who we are is not known
    facts.self.is_known = true;
    assert_true(facts.is_proc_hidden());
    facts.self.groups[0] = 1001;
    facts.self.group_count = 1;
    assert_false(facts.is_proc_hidden());
    assert_true(facts.proc.hidepid.assign("ptraceable"));  // heeds no group
    assert_true(facts.is_proc_hidden());
    facts.self.capabilities = std::uint64_t{1} << CAP_SYS_PTRACE;
    assert_false(facts.is_proc_hidden());
}

void the_last_mount_of_proc_counts(void**) {
    HostFacts facts;
    scan_mounts(
        "22 27 0:21 / /proc rw - proc proc rw,hidepid=invisible,subset=pid\n"
        "23 27 0:22 / /proc rw - proc proc rw,hidepid=off\n",
        facts);
    assert_true(facts.proc.hidepid.empty());
    assert_false(facts.proc.is_pids_only);
}

void cgroup_lists_tell_off_from_on_and_from_unheard_of(void**) {
    ControllerSet enabled = 0;
    ControllerSet disabled = 0;
    scan_cgroup_list(
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t70\t1\nblkio\t0\t70\t1\n"
        "memory\t0\t70\t0\npids\t0\t7",
        enabled, disabled);
    assert_int_equal(enabled, bit_of(ControllerKind::cpu) | bit_of(ControllerKind::io));
    assert_int_equal(disabled, bit_of(ControllerKind::memory));
}

void roots_of_version_1_are_told_from_the_own_namespace(void**) {
    const struct {
        const char* root;
        bool is_own_namespace;
        bool is_part;
    } cases[] = {{"/", false, false},
                 {"/docker/1", false, true},
                 {"/", true, true},
                 {"/../..", true, false}};
    for (const auto& row : cases) {
        HostFacts facts;
        facts.is_own_cgroup_namespace = row.is_own_namespace;
        char line[256];
        snprintf(line, sizeof line,
                 "35 31 0:32 %s /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", row.root);
        scan_mounts(line, facts);
        assert_int_equal(facts.is_part_of_cgroups, row.is_part);
        assert_true(facts.uses(ControllerKind::memory));
    }
}

struct Bed {
    Tree tree;
    Arena arena;
    HostRoot root;
    FileReader reader;
    DirReader dirs;
};
Bed bed;

HostFacts read_tree() {
    assert_true(bed.arena.map(limits::read_buffer_bytes + limits::directory_buffer_bytes + 4096));
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    assert_true(bed.root.open(bed.tree.path.c_str()) == Status::ok);
    const HostFacts facts = read_host_facts({bed.root, bed.reader, bed.dirs});
    bed.root.close();
    bed.arena.unmap();
    return facts;
}

int make_tree(void**) {
    tree_make(bed.tree);
    tree_write(bed.tree, "proc/self/mountinfo",
               "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
    tree_write(bed.tree, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    return 0;
}

int remove_tree(void**) {
    tree_remove(bed.tree);
    return 0;
}

void a_tree_of_nothing_says_nothing(void**) {
    tree_delete(bed.tree, "proc/self");
    const HostFacts facts = read_tree();
    assert_false(facts.has_mount_table || facts.has_cgroups() || facts.is_own_cgroup_namespace ||
                 facts.is_own_pid_namespace || facts.version.is_known() || facts.self.is_known);
    assert_true(facts.watch == WatchProbe::not_tried);
}

void the_root_of_version_2_tells_what_is_in_use(void**) {
    tree_symlink(bed.tree, "cgroup:[4026531835]", "proc/self/ns/cgroup");
    tree_write(bed.tree, "proc/device-tree/model", std::string_view("Raspberry Pi 5\0", 15));
    const HostFacts facts = read_tree();
    assert_true(facts.has_cgroup_v2 && !facts.has_cgroup_v1);
    assert_true(facts.uses(ControllerKind::memory) && facts.uses(ControllerKind::pids));
    assert_false(facts.uses(ControllerKind::hugetlb));
    assert_false(facts.is_part_of_cgroups || facts.is_own_cgroup_namespace);
    assert_true(facts.is_raspberry_pi());
}

void a_cgroup_that_is_no_root_is_a_part(void**) {
    tree_symlink(bed.tree, "cgroup:[4026532000]", "proc/self/ns/cgroup");
    tree_write(bed.tree, "sys/fs/cgroup/cgroup.events", "populated 1\nfrozen 0\n");
    const HostFacts facts = read_tree();
    assert_true(facts.is_part_of_cgroups && facts.is_own_cgroup_namespace);
}

void processes_of_the_own_pid_namespace_only_are_told_by_one_number(void**) {
    tree_symlink(bed.tree, "pid:[4026532001]", "proc/self/ns/pid");
    tree_write(bed.tree, "proc/self/status", "NSpid:\t1\nCapEff:\t0\n");
    assert_true(read_tree().is_own_pid_namespace);
    // /proc of a namespace above shows both numbers.
    tree_write(bed.tree, "proc/self/status", "NSpid:\t812\t1\nCapEff:\t0\n");
    assert_false(read_tree().is_own_pid_namespace);
    tree_delete(bed.tree, "proc/self/ns/pid");
    tree_symlink(bed.tree, "pid:[4026531836]", "proc/self/ns/pid");
    tree_write(bed.tree, "proc/self/status", "NSpid:\t812\nCapEff:\t0\n");
    assert_false(read_tree().is_own_pid_namespace);
}

void a_user_without_a_controller_is_named(void**) {
    tree_write(bed.tree,
               "sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers",
               "memory pids\n");
    tree_mkdir(bed.tree, "sys/fs/cgroup/user.slice/user-1001.slice");
    const HostFacts facts = read_tree();
    assert_int_equal(facts.undelegated, bit_of(ControllerKind::cpu) | bit_of(ControllerKind::io));
    assert_string_equal(facts.undelegated_user.c_str(), "user@1000.service");
}

void what_version_1_has_needs_no_delegation(void**) {
    tree_write(bed.tree, "proc/self/mountinfo",
               "35 31 0:32 / /sys/fs/cgroup/io rw - cgroup cgroup rw,blkio\n"
               "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    tree_write(bed.tree, "sys/fs/cgroup/cgroup.controllers", "memory pids\n");
    tree_write(bed.tree,
               "sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers",
               "memory pids\n");
    const HostFacts facts = read_tree();
    assert_int_equal(facts.in_version1, bit_of(ControllerKind::io));
    assert_true(facts.uses(ControllerKind::io));
    assert_int_equal(facts.undelegated, 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(releases_of_all_kinds_give_their_first_two_numbers),
        cmocka_unit_test(a_version_that_is_not_known_is_before_nothing),
        cmocka_unit_test(boot_options_take_effect_in_their_order),
        cmocka_unit_test(status_tells_user_groups_and_capabilities),
        cmocka_unit_test(status_that_is_torn_before_its_capabilities_is_not_known),
        cmocka_unit_test(hidepid_hides_from_those_who_are_in_no_group_of_it),
        cmocka_unit_test(the_last_mount_of_proc_counts),
        cmocka_unit_test(cgroup_lists_tell_off_from_on_and_from_unheard_of),
        cmocka_unit_test(roots_of_version_1_are_told_from_the_own_namespace),
        cmocka_unit_test_setup_teardown(a_tree_of_nothing_says_nothing, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(the_root_of_version_2_tells_what_is_in_use, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(a_cgroup_that_is_no_root_is_a_part, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(
            processes_of_the_own_pid_namespace_only_are_told_by_one_number, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(a_user_without_a_controller_is_named, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(what_version_1_has_needs_no_delegation, make_tree,
                                        remove_tree),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
