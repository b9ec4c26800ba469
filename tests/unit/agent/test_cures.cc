#include "agent/cures.h"

#include <cstring>

#include "cgroups/controller.h"
#include "platform/host/collectors.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

// Groups that controllers name when they run, not in their tables.
constexpr const char* container_groups[] = {"cpu",
                                            "cpu.limit",
                                            "memory",
                                            "memory.peak",
                                            "memory.swap",
                                            "memory.zswap",
                                            "io",
                                            "io.time",
                                            "pressure",
                                            "pressure.irq",
                                            "processes",
                                            "processes.count",
                                            "processes.threads",
                                            "pids",
                                            "descriptors",
                                            "start_time",
                                            "network",
                                            "network.snmp",
                                            "hugetlb",
                                            "disk",
                                            "disk.used",
                                            "disk.volumes",
                                            "name",
                                            "life",
                                            "container"};

void check_group(Scope scope, const char* group) {
    if (group == nullptr) return;
    const char* meaning = group_meaning(scope, group);
    if (meaning == nullptr) print_error("%s has no meaning in agent/cures.cc\n", group);
    assert_non_null(meaning);
}

void every_collector_and_each_of_its_groups_has_a_meaning(void**) {
    check_group(Scope::node, "containers");  // the search for them says so
    for (const Collector& collector : host_collectors()) {
        check_group(Scope::node, collector.name);
        for (const HostFile& file : collector.files)
            check_group(Scope::node, file.group);
    }
}

void every_controller_and_each_of_its_groups_has_a_meaning(void**) {
    for (const char* group : container_groups)
        check_group(Scope::container, group);
    for (const Controller& controller : container_controllers()) {
        check_group(Scope::container, controller.name);
        for (const ControllerFile& file : controller.files)
            check_group(Scope::container, file.group);
        for (const char* group : controller.v1_groups)
            check_group(Scope::container, group);
    }
}

void check_reasons(Scope scope, const char* group, const HostFacts& facts) {
    for (int i = 1; i < reason_count; ++i) {
        const Advice& advice = advice_for(scope, group, static_cast<Reason>(i), facts);
        assert_true(std::strlen(advice.why) > 10);
        // A fault without a cure could not be put right, so it is none.
        if (advice.is_fault) assert_non_null(advice.cure);
    }
}

void every_reason_of_every_group_is_explained_on_any_host(void**) {
    const HostFacts unknown;
    static HostFacts full;
    full.version = {6, 12};
    full.has_cgroup_v2 = true;
    full.self.is_known = true;
    full.self.capabilities = ~std::uint64_t{0};
    for (const HostFacts* facts : std::initializer_list<const HostFacts*>{&unknown, &full}) {
        for (const Collector& collector : host_collectors())
            check_reasons(Scope::node, collector.name, *facts);
        for (const char* group : container_groups)
            check_reasons(Scope::container, group, *facts);
        check_reasons(Scope::node, "never.heard.of", *facts);
        check_reasons(Scope::container, "never.heard.of", *facts);
    }
}

void host_checks_are_silent_where_nothing_is_known(void**) {
    const HostFacts unknown;
    for (const HostCheck& check : host_checks())
        assert_false(check.applies(unknown));
    for (const HostCheck& check : app_checks())
        assert_false(check.applies(unknown));
}

void each_state_of_what_applications_need_has_its_own_cure(void**) {
    int count = 0;
    for (int i = 0; i <= static_cast<int>(MesosProbe::no_state); ++i) {
        HostFacts facts;
        facts.apps.mesos = static_cast<MesosProbe>(i);
        for (const HostCheck& check : app_checks())
            count += check.applies(facts) ? 1 : 0;
    }
    for (int i = 0; i <= static_cast<int>(DirectoryProbe::denied); ++i) {
        HostFacts facts;
        facts.apps.directory = static_cast<DirectoryProbe>(i);
        for (const HostCheck& check : app_checks())
            count += check.applies(facts) ? 1 : 0;
    }
    // All but "not asked" and "ok" of each.
    assert_int_equal(count, static_cast<int>(MesosProbe::no_state) - 1 +
                                static_cast<int>(DirectoryProbe::denied) - 1);
    for (const HostCheck& check : app_checks())
        assert_non_null(check.advice.cure);
}

const char* cure(const char* group, Reason reason, const HostFacts& facts) {
    const Advice& advice = advice_for(Scope::container, group, reason, facts);
    return advice.cure == nullptr ? "" : advice.cure;
}

HostFacts version2_without_memory() {
    HostFacts facts;
    facts.has_mount_table = true;
    facts.has_cgroup_v2 = true;
    facts.in_use = bit_of(ControllerKind::cpu) | bit_of(ControllerKind::io);
    return facts;
}

void memory_off_on_a_raspberry_pi_names_the_option_and_its_file(void**) {
    HostFacts facts = version2_without_memory();
    assert_true(facts.model.assign("Raspberry Pi 4 Model B Rev 1.4"));
    facts.boot.is_memory_disabled = true;  // its firmware adds that by itself
    const char* text = cure("memory", Reason::controller_disabled, facts);
    assert_non_null(std::strstr(text, "\ncgroup_enable=memory cgroup_memory=1\n"));
    assert_non_null(std::strstr(text, "/boot/firmware/cmdline.txt"));
}

void memory_off_on_a_raspberry_pi_in_spite_of_the_option_names_the_kernel(void**) {
    HostFacts facts = version2_without_memory();
    assert_true(facts.model.assign("Raspberry Pi 5 Model B Rev 1.0"));
    facts.boot.is_memory_asked_for = true;
    assert_non_null(
        std::strstr(cure("memory", Reason::controller_disabled, facts), "full-upgrade"));
}

void memory_off_elsewhere_names_what_switched_it_off(void**) {
    HostFacts facts = version2_without_memory();
    facts.boot.is_memory_disabled = true;
    assert_non_null(std::strstr(cure("memory.swap", Reason::controller_disabled, facts),
                                "Take cgroup_disable=memory out"));
    facts.boot.is_memory_disabled = false;
    facts.disabled = bit_of(ControllerKind::memory);
    assert_non_null(std::strstr(cure("memory", Reason::controller_disabled, facts),
                                "Add cgroup_enable=memory"));
    facts.disabled = 0;
    assert_false(
        advice_for(Scope::container, "memory", Reason::controller_disabled, facts).is_fault);
}

void a_controller_that_users_do_not_get_names_the_delegation(void**) {
    HostFacts facts = version2_without_memory();
    facts.undelegated = bit_of(ControllerKind::io);
    const char* text = cure("io", Reason::controller_disabled, facts);
    assert_non_null(std::strstr(text, "/etc/systemd/system/user@.service.d/delegate.conf"));
    assert_null(std::strstr(cure("cpu", Reason::controller_disabled, facts), "delegate.conf"));
}

void a_hierarchy_of_version_1_that_is_mounted_is_not_to_be_mounted(void**) {
    HostFacts facts;
    facts.has_cgroup_v1 = true;
    assert_non_null(std::strstr(cure("io", Reason::controller_disabled, facts), "mount -t cgroup"));
    facts.in_use = facts.in_version1 = bit_of(ControllerKind::io);
    assert_non_null(std::strstr(cure("io", Reason::controller_disabled, facts), "cgroups/blkio"));
}

void swap_without_accounting_names_the_option_up_to_linux_6_0(void**) {
    HostFacts facts = version2_without_memory();
    facts.in_use |= bit_of(ControllerKind::memory);
    facts.version = {5, 4};
    assert_non_null(
        std::strstr(cure("memory.swap", Reason::controller_disabled, facts), "swapaccount=1"));
    facts.version = {6, 1};
    assert_string_equal(cure("memory.swap", Reason::controller_disabled, facts), "");
}

void file_systems_that_cannot_be_seen_name_what_is_to_be_mounted(void**) {
    HostFacts facts;
    facts.has_mount_table = true;
    for (const RootKind root : {RootKind::bare, RootKind::whole}) {
        facts.root = root;
        const Advice& advice = advice_for(Scope::node, "mounts", Reason::not_available, facts);
        // Of a whole one it cannot be told from a mount that is covered.
        assert_int_equal(advice.is_fault, root == RootKind::bare);
        assert_non_null(std::strstr(advice.cure, "-v /:/host:ro,rslave"));
    }
    for (const RootKind root : {RootKind::own, RootKind::copy}) {
        facts.root = root;
        assert_false(advice_for(Scope::node, "mounts", Reason::not_available, facts).is_fault);
    }
    facts.root = RootKind::bare;
    assert_non_null(std::strstr(cure("name", Reason::not_available, facts), "-v /:/host"));
    const Advice& denied = advice_for(Scope::node, "mounts", Reason::no_permission, facts);
    assert_non_null(std::strstr(denied.why, "directories"));
}

void pressure_names_psi_unless_the_kernel_is_too_old(void**) {
    HostFacts facts;
    facts.version = {4, 18};
    assert_false(advice_for(Scope::node, "pressure", Reason::not_available, facts).is_fault);
    facts.version = {5, 14};
    const Advice& off = advice_for(Scope::node, "pressure", Reason::not_available, facts);
    assert_true(off.is_fault);
    assert_non_null(std::strstr(off.cure, "Add psi=1"));
    facts.boot.is_psi_off = true;
    const Advice& psi_0 = advice_for(Scope::node, "pressure", Reason::not_available, facts);
    assert_non_null(std::strstr(psi_0.cure, "Take psi=0 out"));
}

void a_denial_names_the_capability_that_is_missing(void**) {
    HostFacts facts;
    facts.self.is_known = true;
    assert_non_null(
        std::strstr(cure("files", Reason::no_permission, facts), "=CAP_DAC_READ_SEARCH"));
    assert_non_null(
        std::strstr(cure("name", Reason::no_permission, facts), "=CAP_DAC_READ_SEARCH"));
    assert_non_null(std::strstr(cure("network", Reason::no_permission, facts), "=CAP_SYS_PTRACE"));
    facts.self.capabilities = ~std::uint64_t{0};
    for (const char* group : {"files", "name", "network", "memory"})
        assert_null(std::strstr(cure(group, Reason::no_permission, facts), "=CAP_"));
}

void what_is_so_by_design_is_no_fault(void**) {
    const HostFacts facts;
    for (const Reason reason :
         {Reason::shared_netns, Reason::not_in_cgroup_v2, Reason::gone, Reason::kernel_too_old}) {
        assert_false(advice_for(Scope::container, "network", reason, facts).is_fault);
    }
    const Advice& name = advice_for(Scope::container, "name", Reason::not_available, facts);
    assert_false(name.is_fault);
    assert_null(std::strstr(name.why, "kernel"));
    for (const char* group : {"hwmon", "thermal", "conntrack"})
        assert_false(advice_for(Scope::node, group, Reason::not_available, facts).is_fault);
}

void a_group_holds_what_is_below_it_and_nothing_beside_it(void**) {
    assert_true(is_in_group("memory", "memory"));
    assert_true(is_in_group("memory.peak", "memory"));
    assert_false(is_in_group("memory", "memory.peak"));
    assert_false(is_in_group("memoryless", "memory"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_collector_and_each_of_its_groups_has_a_meaning),
        cmocka_unit_test(every_controller_and_each_of_its_groups_has_a_meaning),
        cmocka_unit_test(every_reason_of_every_group_is_explained_on_any_host),
        cmocka_unit_test(host_checks_are_silent_where_nothing_is_known),
        cmocka_unit_test(each_state_of_what_applications_need_has_its_own_cure),
        cmocka_unit_test(memory_off_on_a_raspberry_pi_names_the_option_and_its_file),
        cmocka_unit_test(memory_off_on_a_raspberry_pi_in_spite_of_the_option_names_the_kernel),
        cmocka_unit_test(memory_off_elsewhere_names_what_switched_it_off),
        cmocka_unit_test(a_controller_that_users_do_not_get_names_the_delegation),
        cmocka_unit_test(a_hierarchy_of_version_1_that_is_mounted_is_not_to_be_mounted),
        cmocka_unit_test(swap_without_accounting_names_the_option_up_to_linux_6_0),
        cmocka_unit_test(file_systems_that_cannot_be_seen_name_what_is_to_be_mounted),
        cmocka_unit_test(pressure_names_psi_unless_the_kernel_is_too_old),
        cmocka_unit_test(a_denial_names_the_capability_that_is_missing),
        cmocka_unit_test(what_is_so_by_design_is_no_fault),
        cmocka_unit_test(a_group_holds_what_is_below_it_and_nothing_beside_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
