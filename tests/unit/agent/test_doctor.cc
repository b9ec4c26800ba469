#include "agent/doctor.h"

#include <cstdio>
#include <cstring>

#include "tests/support/cmocka.h"
#include "tests/support/sample_snapshot.h"

namespace {

using namespace nma;
using namespace nma::test;

SampleSnapshot sample;
char output[65536];

struct Missing {
    const char* group;
    Reason reason;
};

void start() {
    sample_make(sample, 4);
    sample.writer.start(sample.snapshot, 1, {});
}

void add_container(const char* id, std::initializer_list<Missing> groups) {
    if (!sample.writer.begin_container(id, 1)) return;
    for (const Missing& missing : groups)
        sample.writer.add_missing(missing.group, missing.reason);
    sample.writer.end_container();
}

Diagnosis diagnose(const HostFacts& facts) {
    TextSink sink({output, sizeof output - 1});
    const Diagnosis diagnosis = write_diagnosis(facts, sample.snapshot, sink);
    assert_true(sink.status() == Status::ok);
    output[sink.size()] = '\0';
    return diagnosis;
}

HostFacts healthy_host() {
    HostFacts facts;
    scan_release("6.1.0-18-amd64\n", facts);
    facts.has_mount_table = true;
    facts.has_cgroup_v2 = true;
    facts.in_use = static_cast<ControllerSet>((1U << controller_kind_count) - 1);
    facts.self.is_known = true;
    return facts;
}

int teardown(void**) {
    sample.arena.unmap();
    return 0;
}

bool says(const char* text) {
    return std::strstr(output, text) != nullptr;
}

int count(const char* text) {
    int found = 0;
    for (const char* at = output; (at = std::strstr(at, text)) != nullptr; ++at)
        ++found;
    return found;
}

void a_healthy_host_lacks_nothing(void**) {
    start();
    sample.writer.end_node();
    add_container("c0", {});
    const Diagnosis diagnosis = diagnose(healthy_host());
    assert_int_equal(diagnosis.fault_count, 0);
    assert_int_equal(diagnosis.note_count, 0);
    assert_true(says("Linux 6.1.0-18-amd64, cgroup version 2, containers: 1, as user 0\n"));
    assert_true(says("Nothing is missing that could be had"));
}

void what_needs_no_cure_is_a_note(void**) {
    start();
    sample.writer.add_missing("hwmon", Reason::not_available);
    sample.writer.end_node();
    add_container("c0", {{"network", Reason::shared_netns}});
    const Diagnosis diagnosis = diagnose(healthy_host());
    assert_int_equal(diagnosis.fault_count, 0);
    assert_int_equal(diagnosis.note_count, 2);
    assert_true(says("note     hwmon (temperature sensors"));
    assert_false(says("cure:"));
}

void containers_with_one_reason_are_one_finding_and_three_are_named(void**) {
    start();
    sample.writer.end_node();
    for (const char* id : {"c0", "c1", "c2", "c3"})
        add_container(id, {{"io", Reason::controller_disabled}});
    const Diagnosis diagnosis = diagnose(healthy_host());
    assert_int_equal(diagnosis.fault_count, 1);
    assert_int_equal(count("MISSING  io"), 1);
    assert_true(says("for 4 of 4 containers: c0, c1, c2, …\n"));
    assert_true(says("reason: controller_disabled"));
    assert_true(says("echo +io > cgroup.subtree_control"));
    assert_true(says("To be cured: 1."));
}

void one_group_with_two_reasons_is_two_findings(void**) {
    start();
    sample.writer.end_node();
    add_container("c0", {{"network", Reason::no_permission}});
    add_container("c1", {{"network", Reason::shared_netns}});
    const Diagnosis diagnosis = diagnose(healthy_host());
    assert_int_equal(diagnosis.fault_count, 1);
    assert_int_equal(diagnosis.note_count, 1);
    assert_true(std::strstr(output, "MISSING  network") < std::strstr(output, "note     network"));
}

void groups_of_the_same_name_are_told_apart(void**) {
    start();
    sample.writer.add_missing("pressure", Reason::not_available);
    sample.writer.end_node();
    add_container("c0", {{"pressure", Reason::not_available}});
    assert_int_equal(diagnose(healthy_host()).fault_count, 2);
    assert_int_equal(count(" of the node\n"), 1);
    assert_int_equal(count("for 1 of 1 containers: c0"), 1);
}

void memory_that_is_off_is_said_without_any_container(void**) {
    start();
    sample.writer.end_node();
    HostFacts facts = healthy_host();
    facts.in_use &= static_cast<ControllerSet>(~bit_of(ControllerKind::memory));
    assert_true(facts.model.assign("Raspberry Pi 4 Model B Rev 1.4"));
    assert_int_equal(diagnose(facts).fault_count, 1);
    assert_true(says("MISSING  memory (memory)"));
    assert_true(says("for all containers; there are none now"));
    assert_true(says("cgroup_enable=memory cgroup_memory=1\n"));
    assert_true(says("The kernel of this Raspberry Pi 4 Model B Rev 1.4 has memory control"));
}

void memory_that_is_off_is_said_once(void**) {
    start();
    sample.writer.end_node();
    add_container("c0", {{"memory", Reason::controller_disabled}});
    HostFacts facts = healthy_host();
    facts.in_use &= static_cast<ControllerSet>(~bit_of(ControllerKind::memory));
    facts.boot.is_memory_disabled = true;
    assert_int_equal(diagnose(facts).fault_count, 1);
    assert_true(says("Take cgroup_disable=memory out"));
}

void a_cgroup_namespace_of_its_own_is_said_first_and_once(void**) {
    start();
    sample.writer.end_node();
    HostFacts facts = healthy_host();
    facts.is_part_of_cgroups = true;
    facts.is_own_cgroup_namespace = true;
    facts.in_use = 0;  // the part shows little; that says nothing of the host
    assert_int_equal(diagnose(facts).fault_count, 1);
    assert_true(says("TROUBLE  the agent has a cgroup namespace of its own"));
    assert_true(says("--cgroupns=host"));
}

void the_part_of_the_cgroups_that_a_pod_has_is_a_note(void**) {
    start();
    sample.writer.end_node();
    add_container("c0", {});
    HostFacts facts = healthy_host();
    facts.is_part_of_cgroups = true;
    facts.is_own_pid_namespace = true;
    facts.has_containers = true;
    assert_int_equal(diagnose(facts).fault_count, 0);
    assert_true(says("note     only a part of the cgroups is mounted, as for a pod's sidecar"));
    assert_true(says("note     counts of processes are the pod's"));
    facts.is_first_process = true;  // the pod's processes are not shared
    assert_int_equal(diagnose(facts).fault_count, 1);
    assert_true(says("--pid=container:APPLICATION"));
}

void hidepid_names_the_group_to_join(void**) {
    start();
    sample.writer.end_node();
    HostFacts facts = healthy_host();
    facts.self.uid = 998;
    assert_true(facts.proc.hidepid.assign("invisible"));
    facts.proc.gid = 1001;
    assert_int_equal(diagnose(facts).fault_count, 1);
    assert_true(says("hidepid=invisible,gid=1001, and user 998"));
    assert_true(says("SupplementaryGroups=1001"));
}

void containers_that_ended_lack_nothing(void**) {
    start();
    sample.writer.end_node();
    add_container("c0", {});
    assert_true(sample.writer.begin_container("c1", 1));
    sample.writer.add_missing("io", Reason::controller_disabled);
    sample.writer.mark_exited(1);
    sample.writer.end_container();
    assert_int_equal(diagnose(healthy_host()).fault_count, 0);
    assert_true(says("containers: 1,"));
}

void containers_beyond_the_limit_name_the_key(void**) {
    start();
    sample.writer.add_missing("containers", Reason::limit_reached);
    sample.writer.end_node();
    assert_int_equal(diagnose(healthy_host()).fault_count, 1);
    assert_true(says("MISSING  containers (containers that have no room) of the node"));
    assert_true(says("limits.containers"));
}

void hostile_names_cannot_speak_to_the_terminal(void**) {
    start();
    sample.writer.end_node();
    add_container("c\x1b[2J\n0", {{"io", Reason::gone}});
    HostFacts facts = healthy_host();
    assert_true(facts.model.assign("Pi\r\n"));
    (void)diagnose(facts);
    assert_true(says("c?[2J?0"));
    assert_null(std::strchr(output, '\x1b'));
    assert_null(std::strchr(output, '\r'));
}

void output_without_room_is_cut_and_says_so(void**) {
    start();
    sample.writer.add_missing("hwmon", Reason::not_available);
    sample.writer.end_node();
    for (std::size_t room = 0; room < 400; room += 7) {
        TextSink sink({output, room});
        (void)write_diagnosis(healthy_host(), sample.snapshot, sink);
        assert_true(sink.status() == Status::full);
    }
}

void lines_fit_a_terminal(void**) {
    start();
    for (int i = 1; i < reason_count; ++i) {
        const Reason reason = static_cast<Reason>(i);
        // Static, for groups live as long as the snapshot.
        static char names[reason_count][16];
        snprintf(names[i], sizeof names[i], "g%d", i);
        sample.writer.add_missing(names[i], reason);
    }
    sample.writer.end_node();
    (void)diagnose(healthy_host());
    std::size_t width = 0;
    for (const char* at = output; *at != '\0'; ++at) {
        width = *at == '\n' ? 0 : width + 1;
        assert_true(width <= 110);
    }
}

void mounts_without_figures_are_named_when_they_may_be_remote(void**) {
    start();
    sample.writer.begin(0);
    (void)sample.writer.add_subject(SubjectKind::filesystem, node_subject, "/good");
    sample.writer.end(Status::ok);
    sample.writer.end_node();
    FixedText<512> found;
    find_silent_mounts(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:40 / /good rw - nfs4 s:/a rw\n"
        "3 1 0:41 / /dead\\040one rw - nfs4 s:/b rw\n4 1 0:42 / /f rw - fuse.sshfs x rw\n",
        sample.snapshot, found);
    assert_string_equal(found.c_str(), "/dead one (nfs4), /f (fuse.sshfs)");
}

// Of a host where nothing that concerns applications is as it should be.
HostFacts unfit_for_applications() {
    HostFacts facts = healthy_host();
    AppFacts& apps = facts.apps;
    facts.is_in_pid_namespace = true;
    facts.file_count_max = 1024;
    apps.uid = 998;
    apps.buffer_bytes_wanted = 8388608;
    apps.buffer_bytes_granted = 425984;
    apps.has_unix_statsd = true;
    apps.registration_count_max = 1024;
    apps.file_count_needed = 1616;
    apps.directory = DirectoryProbe::denied;
    apps.is_host_foreign = true;
    apps.has_manager = true;
    apps.is_unkept = true;
    apps.mesos = MesosProbe::refused;
    apps.mesos_http_status = 401;
    assert_true(apps.reachable_statsd.assign("0.0.0.0"));
    assert_true(apps.directory_path.assign("/run/agent/containers"));
    assert_true(apps.host.assign("198.51.100.1"));
    assert_true(apps.mesos_url.assign("http://192.0.2.1:5051"));
    assert_true(apps.unreadable_files.assign("/etc/a: no\n/etc/b: \x1b[2J"));
    return facts;
}

void each_trouble_of_applications_is_said_once_with_its_cure(void**) {
    start();
    sample.writer.end_node();
    const Diagnosis diagnosis = diagnose(unfit_for_applications());
    assert_int_equal(diagnosis.fault_count, 6);
    assert_int_equal(diagnosis.note_count, 3);
    assert_int_equal(count("TROUBLE"), 6);
    assert_true(says("/etc/a: no\n            /etc/b: ?[2J\n"));
    assert_true(says("sysctl -w net.core.rmem_max=4194304\n"));
    assert_true(says("--pid=host"));
    assert_true(says("User 998 may not read or write in registration.directory"));
    assert_true(says("chown 998 /run/agent/containers\n"));
    assert_true(says("registration.statsd_host is 198.51.100.1"));
    assert_true(says("LimitNOFILE=1616"));
    assert_true(says("http://192.0.2.1:5051 refused the question, with HTTP status 401."));
    assert_true(says("statsd.listen has 0.0.0.0."));
    assert_true(says("It should be 1024\n"));
}

// A shell's limit is not the service's, and a pod's senders share its PID namespace.
void what_may_be_otherwise_for_the_service_is_a_note(void**) {
    start();
    sample.writer.end_node();
    HostFacts facts = healthy_host();
    facts.is_in_pid_namespace = true;
    facts.file_count_max = 1024;
    facts.apps.has_unix_statsd = true;
    facts.apps.registration_count_max = 1024;
    facts.apps.file_count_needed = 1616;
    const Diagnosis diagnosis = diagnose(facts);
    assert_int_equal(diagnosis.fault_count, 0);
    assert_int_equal(diagnosis.note_count, 2);
    assert_true(says("as doctor was started here, too few files"));
    assert_true(says("from outside of the agent's PID namespace"));
}

// The running agent meets the same limits with other numbers.
void applications_that_have_what_they_need_are_not_named(void**) {
    start();
    sample.writer.end_node();
    HostFacts facts = healthy_host();
    facts.file_count_max = 1616;
    facts.apps.buffer_bytes_wanted = facts.apps.buffer_bytes_granted = 425984;
    facts.apps.has_unix_statsd = true;
    facts.apps.registration_count_max = 1024;
    facts.apps.file_count_needed = 1616;
    facts.apps.directory = DirectoryProbe::ok;
    facts.apps.mesos = MesosProbe::ok;
    const Diagnosis diagnosis = diagnose(facts);
    assert_int_equal(diagnosis.fault_count, 0);
    assert_int_equal(diagnosis.note_count, 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_healthy_host_lacks_nothing, teardown),
        cmocka_unit_test_teardown(what_needs_no_cure_is_a_note, teardown),
        cmocka_unit_test_teardown(containers_with_one_reason_are_one_finding_and_three_are_named,
                                  teardown),
        cmocka_unit_test_teardown(one_group_with_two_reasons_is_two_findings, teardown),
        cmocka_unit_test_teardown(groups_of_the_same_name_are_told_apart, teardown),
        cmocka_unit_test_teardown(memory_that_is_off_is_said_without_any_container, teardown),
        cmocka_unit_test_teardown(memory_that_is_off_is_said_once, teardown),
        cmocka_unit_test_teardown(a_cgroup_namespace_of_its_own_is_said_first_and_once, teardown),
        cmocka_unit_test_teardown(the_part_of_the_cgroups_that_a_pod_has_is_a_note, teardown),
        cmocka_unit_test_teardown(hidepid_names_the_group_to_join, teardown),
        cmocka_unit_test_teardown(containers_that_ended_lack_nothing, teardown),
        cmocka_unit_test_teardown(containers_beyond_the_limit_name_the_key, teardown),
        cmocka_unit_test_teardown(hostile_names_cannot_speak_to_the_terminal, teardown),
        cmocka_unit_test_teardown(output_without_room_is_cut_and_says_so, teardown),
        cmocka_unit_test_teardown(lines_fit_a_terminal, teardown),
        cmocka_unit_test_teardown(mounts_without_figures_are_named_when_they_may_be_remote,
                                  teardown),
        cmocka_unit_test_teardown(each_trouble_of_applications_is_said_once_with_its_cure,
                                  teardown),
        cmocka_unit_test_teardown(what_may_be_otherwise_for_the_service_is_a_note, teardown),
        cmocka_unit_test_teardown(applications_that_have_what_they_need_are_not_named, teardown),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
