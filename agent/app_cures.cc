#include "agent/cures.h"
#include "platform/limits.h"

namespace nma {

namespace {

bool is_directory(const HostFacts& facts, DirectoryProbe probe) {
    return facts.apps.directory == probe;
}

bool is_mesos(const HostFacts& facts, MesosProbe probe) {
    return facts.apps.mesos == probe;
}

// By the limit of who runs doctor, which may be another one than the service's.
bool lacks_files(const HostFacts& facts) {
    return facts.file_count_max != 0 && facts.apps.registration_count_max != 0 &&
           facts.file_count_max < facts.apps.file_count_needed;
}

constexpr const char* lost_registrations =
    "registrations cannot be kept, so they end with the agent: what tasks send after its restart "
    "is lost";

constexpr const char* no_tasks =
    "the Mesos agent does not tell which tasks run, so their names, labels and endpoints are "
    "missing";

constexpr HostCheck checks[] = {
    {Topic::key_files,
     [](const HostFacts& facts) { return !facts.apps.unreadable_files.empty(); },
     "files of keys, tokens or certificates cannot be used, so the agent does not start",
     {true, "With the rights of user {agent_uid}:\n{unreadable_files}",
      "Each line says what is wrong with its file. A secret that the agent's user should read:\n"
      "chown root:GROUP FILE; chmod 640 FILE\n"
      "where GROUP is the group of that user; their directories need x for it, too"}},
    {Topic::key_files,
     [](const HostFacts& facts) { return !facts.apps.unreadable_changes.empty(); },
     "certificates that are replaced are not taken up before the agent is started anew",
     {true,
      "They are read with the rights of the start, and cannot be read with those that the agent "
      "keeps:\n{unreadable_changes}",
      "Make them readable for the user that the agent becomes:\n"
      "chown root:GROUP FILE; chmod 640 FILE"}},
    {Topic::statsd_buffer,
     [](const HostFacts& facts) {
         return facts.apps.buffer_bytes_granted < facts.apps.buffer_bytes_wanted;
     },
     "sockets for StatsD have smaller buffers than configured, so more is lost when much comes at "
     "once",
     {true,
      "statsd.receive_buffer_bytes is {buffer_wanted}. Without CAP_NET_ADMIN the kernel grants "
      "twice "
      "net.core.rmem_max at most: {buffer_granted}.",
      "sysctl -w net.core.rmem_max={rmem_max}\n"
      "and the same line in /etc/sysctl.d/90-statsd.conf; then start the agent anew"}},
    {Topic::registration_directory,
     [](const HostFacts& facts) { return is_directory(facts, DirectoryProbe::missing); },
     lost_registrations,
     {true,
      "registration.directory, {directory}, is not there, and user {agent_uid} may not make it.",
      "In the agent's systemd unit: RuntimeDirectory=, with a directory below /run/ of that name\n"
      "Elsewhere: install -d -m 700 -o USER {directory}"}},
    {Topic::registration_directory,
     [](const HostFacts& facts) { return is_directory(facts, DirectoryProbe::no_directory); },
     lost_registrations,
     {true, "registration.directory, {directory}, is no directory.",
      "Name another one, or move away what is there"}},
    {Topic::registration_directory,
     [](const HostFacts& facts) { return is_directory(facts, DirectoryProbe::foreign); },
     lost_registrations,
     {true,
      "registration.directory, {directory}, is neither root's nor user {agent_uid}'s: its owner "
      "could "
      "forge what is in it.",
      "chown {agent_uid} {directory}\n"
      "with the number of the agent's user, if it is not the one that runs doctor"}},
    {Topic::registration_directory,
     [](const HostFacts& facts) { return is_directory(facts, DirectoryProbe::open_to_all); },
     lost_registrations,
     {true,
      "Everybody may write to registration.directory, {directory}, and could forge what is in it.",
      "chmod o-w {directory}"}},
    {Topic::registration_directory,
     [](const HostFacts& facts) { return is_directory(facts, DirectoryProbe::denied); },
     lost_registrations,
     {true, "User {agent_uid} may not read or write in registration.directory, {directory}.",
      "chown {agent_uid} {directory}\n"
      "with the number of the agent's user, if it is not the one that runs doctor. A directory of "
      "a file system that is mounted read-only needs ReadWritePaths= in the agent's systemd unit"}},
    {Topic::registration_host,
     [](const HostFacts& facts) { return facts.apps.is_host_foreign; },
     "containers cannot be registered: none gets a port for StatsD, and Mesos fails tasks for that",
     {true,
      "registration.statsd_host is {statsd_host}, which is no address of this machine (or of the "
      "network namespace that doctor runs in).",
      "Give an address that containers reach; see those of this machine: ip -brief address\n"
      "On DC/OS 198.51.100.1 is that of the interface spartan, which dcos-net makes: wait until it "
      "runs"}},
    {Topic::registration_files,
     [](const HostFacts& facts) { return facts.apps.has_manager && lacks_files(facts); },
     "too few files may be open for as many registrations as configured; the last ones are refused",
     {true,
      "limits.registrations is {registrations}, and each takes a socket; all in all {files_needed} "
      "may be needed. The hard limit of open files is {files}.",
      "In the agent's systemd unit: LimitNOFILE={files_needed}, better 65536\n"
      "In a container: --ulimit nofile=65536:65536"}},
    {Topic::mesos,
     [](const HostFacts& facts) { return is_mesos(facts, MesosProbe::no_authorization); },
     no_tasks,
     {true,
      "mesos.authorization_file, {authorization_file}, cannot be used by user {agent_uid}: "
      "{authorization_status}.",
      "Make it a file that the agent's user may read, of one line with the header's value, as in\n"
      "token=TOKEN"}},
    {Topic::mesos,
     [](const HostFacts& facts) { return is_mesos(facts, MesosProbe::unreachable); },
     no_tasks,
     {true, "mesos.url is {mesos_url}, where nobody takes a connection.",
      "See where the Mesos agent listens, mostly at the node's own address and not on loopback:\n"
      "ss -ltn 'sport = :5051'"}},
    {Topic::mesos,
     [](const HostFacts& facts) { return is_mesos(facts, MesosProbe::no_answer); },
     no_tasks,
     {true, "mesos.url is {mesos_url}, where no answer came within 10 seconds.",
      "Ask it yourself; a firewall may be in between, or the Mesos agent too busy:\n"
      "curl -m 10 {mesos_url}/health"}},
    {Topic::mesos,
     [](const HostFacts& facts) { return is_mesos(facts, MesosProbe::refused); },
     no_tasks,
     {true, "{mesos_url} refused the question, with HTTP status {mesos_status}.",
      "Give mesos.authorization_file: a file of one line with the header's value, as in\n"
      "token=TOKEN\n"
      "of an account that may see tasks, executors and frameworks"}},
    {Topic::mesos,
     [](const HostFacts& facts) { return is_mesos(facts, MesosProbe::no_state); },
     no_tasks,
     {true,
      "{mesos_url} did not answer with the state of a Mesos agent of at most 16 MiB (HTTP status "
      "{mesos_status}).",
      "See whether that is the Mesos agent, whose port mostly is 5051, and not the master or "
      "another program:\n"
      "curl -m 10 {mesos_url}/version"}},
    {Topic::statsd_reach,
     [](const HostFacts& facts) { return !facts.apps.reachable_statsd.empty(); },
     "other machines reach the UDP port for StatsD, and who can send can claim to be any container",
     {false, "statsd.listen has {reachable_statsd}. On UDP nobody is asked who it is.",
      "If only this machine sends: 127.0.0.1 or a unix socket, where the kernel tells who sends\n"
      "Else let a firewall pass only who should send"}},
    {Topic::statsd_senders,
     [](const HostFacts& facts) { return facts.apps.has_unix_statsd && facts.is_in_pid_namespace; },
     "who sends to the unix socket for StatsD from outside of the agent's PID namespace cannot be "
     "told, so it is dropped",
     {false,
      "/proc/self/ns/pid is not the host's, and the kernel names processes of other PID namespaces "
      "only to who is above them. Where all senders share the agent's PID namespace, as in one "
      "pod, and /proc is that one's, nothing is lost.",
      "Where others send, too, start the agent's container with --pid=host (Kubernetes: hostPID: "
      "true)"}},
    {Topic::registration_files,
     [](const HostFacts& facts) { return !facts.apps.has_manager && lacks_files(facts); },
     "as doctor was started here, too few files may be open for as many registrations as "
     "configured",
     {false,
      "limits.registrations is {registrations}, and each takes a socket; all in all {files_needed} "
      "may be needed. The hard limit of open files is {files} here: a service has the limit of its "
      "unit.",
      "See what the service has: systemctl show -p LimitNOFILE node-metrics-agent\n"
      "If that is less, in its unit: LimitNOFILE={files_needed}, better 65536\n"
      "In a container: --ulimit nofile=65536:65536"}},
    {Topic::kept_sockets,
     [](const HostFacts& facts) { return facts.apps.is_unkept; },
     "nobody keeps the sockets of registrations while the agent is restarted",
     {false,
      "registration.fd_store is true, but there is no NOTIFY_SOCKET. That is always so when doctor "
      "is run by hand: then it says nothing about the service.",
      "See that the service's unit has Type=notify and a store large enough:\n"
      "systemctl show -p Type -p FileDescriptorStoreMax node-metrics-agent\n"
      "It should be {registrations}"}},
};

static_assert(limits::mesos_timeout_ms == 10'000);
static_assert(limits::mesos_state_bytes_max == std::size_t{16} << 20);

}  // namespace

std::span<const HostCheck> app_checks() {
    return checks;
}

}  // namespace nma
