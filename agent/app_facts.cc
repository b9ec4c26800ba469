#include "agent/app_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/applications.h"
#include "agent/apps/datagram_socket.h"
#include "agent/config.h"
#include "agent/mesos_probe.h"
#include "api/auth/guarded_file.h"

namespace nma {

namespace {

constexpr IpAddress loopback = {false, {127, 0, 0, 1}};

// What the kernel makes of it for a socket of ours; 0 when it gives none.
std::uint64_t granted_bytes(ReceiveBufferBytes wanted) {
    const int probe = open_udp_socket(loopback, 0, wanted);
    if (probe < 0) return 0;
    int bytes = 0;
    socklen_t size = sizeof bytes;
    const bool is_known = getsockopt(probe, SOL_SOCKET, SO_RCVBUF, &bytes, &size) == 0;
    close(probe);
    return is_known && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

void look_at_buffer(const Config& config, AppFacts& facts) {
    // The kernel halves and doubles: an odd number loses its last byte.
    const ReceiveBufferBytes wanted = config.apps.statsd.receive_buffer_bytes & ~1U;
    const std::uint64_t granted = wanted == 0 ? 0 : granted_bytes(wanted);
    if (granted == 0) return;
    const bool is_first = facts.buffer_bytes_wanted == 0;
    facts.buffer_bytes_wanted = wanted;
    if (is_first || granted < facts.buffer_bytes_granted) facts.buffer_bytes_granted = granted;
}

void look_at_statsd(const StatsdConfig& statsd, AppFacts& facts) {
    for (const ListenAddress& address : statsd.listen) {
        if (address.kind == ListenAddress::Kind::unix_socket) facts.has_unix_statsd = true;
        if (is_local(address) || address.kind == ListenAddress::Kind::systemd) continue;
        IpAddress ip;
        ip.is_ipv6 = address.kind == ListenAddress::Kind::ipv6;
        memcpy(ip.bytes, address.bytes, ip.is_ipv6 ? 16 : 4);
        const std::size_t before = facts.reachable_statsd.size();
        const bool fits = (before == 0 || facts.reachable_statsd.append(", ")) &&
                          facts.reachable_statsd.append(ip_text(ip).view());
        if (!fits) return facts.reachable_statsd.resize_down(before);
    }
}

bool may_write_in(const char* path) {
    return faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

// Whether the agent could make `path` with all that is missing above it.
bool can_make(std::string_view path) {
    FixedText<256> above;
    if (!above.assign(path)) return false;
    struct stat info = {};
    while (lstat(above.c_str(), &info) != 0) {
        if (errno != ENOENT) return false;
        const std::size_t slash = above.view().rfind('/');
        if (slash == std::string_view::npos) return may_write_in(".");
        above.resize_down(slash == 0 ? 1 : slash);
    }
    return may_write_in(above.c_str());
}

// Nothing is made, and nothing in it is touched: an agent may be at work there.
DirectoryProbe probe_directory(const char* path) {
    struct stat info = {};
    if (stat(path, &info) != 0)
        return errno == ENOENT ? DirectoryProbe::missing : DirectoryProbe::denied;
    if (!S_ISDIR(info.st_mode)) return DirectoryProbe::no_directory;
    if (info.st_uid != 0 && info.st_uid != geteuid()) return DirectoryProbe::foreign;
    if ((info.st_mode & S_IWOTH) != 0) return DirectoryProbe::open_to_all;
    return may_write_in(path) ? DirectoryProbe::ok : DirectoryProbe::denied;
}

void look_at_host(const IpAddress& host, AppFacts& facts) {
    facts.host = ip_text(host);
    const int probe = open_udp_socket(host, 0, 0);
    facts.is_host_foreign = probe < 0 && errno == EADDRNOTAVAIL;
    if (probe >= 0) close(probe);
}

void look_at_registrations(const Config& config, AppFacts& facts) {
    const RegistrationConfig& registration = config.apps.registration;
    const bool is_open_question = facts.directory == DirectoryProbe::not_asked;
    if (is_open_question && !facts.directory_path.empty())
        facts.directory = probe_directory(facts.directory_path.c_str());
    look_at_host(registration.statsd_host, facts);
    facts.registration_count_max = registration.count_max;
    facts.file_count_needed = limits::file_reserve_count + Applications::file_count(config);
    const char* manager = getenv("NOTIFY_SOCKET");
    facts.has_manager = manager != nullptr && *manager != '\0';
    facts.is_unkept = registration.is_kept_by_manager && !facts.has_manager;
}

void look_at_file(const FixedText<256>& path, Secrecy secrecy, FixedText<4096>& problems) {
    AuthError error;
    if (path.empty() || try_guarded_file(path.c_str(), secrecy, error) == Status::ok) return;
    const std::size_t before = problems.size();
    const bool fits = (before == 0 || problems.append("\n")) && problems.append(error.view());
    if (!fits) problems.resize_down(before);
}

void look_at_certificates(const Config& config, FixedText<4096>& problems) {
    for (const ConfiguredListener& listener : config.listen) {
        const TlsFiles& tls = listener.options.tls;
        look_at_file(tls.certificate, Secrecy::printed, problems);
        look_at_file(tls.key, Secrecy::secret, problems);
        look_at_file(tls.client_ca, Secrecy::printed, problems);
    }
}

void look_at_keys(const AuthOptions& auth, FixedText<4096>& problems) {
    look_at_file(auth.tokens.secret, Secrecy::secret, problems);
    look_at_file(auth.tokens.public_key, Secrecy::printed, problems);
    look_at_file(auth.tokens.jwks, Secrecy::printed, problems);
    look_at_file(auth.tokens.tokens, Secrecy::secret, problems);
    look_at_file(auth.authorization.acl, Secrecy::printed, problems);
}

}  // namespace

void read_app_facts_of_start(const Config& config, AppFacts& facts) {
    look_at_certificates(config, facts.unreadable_files);
    const AppsConfig& apps = config.apps;
    if (!apps.statsd.listen.empty()) look_at_buffer(config, facts);
    look_at_statsd(apps.statsd, facts);
    const auto& directory = apps.registration.directory;
    if (!has_listener(config, ListenerService::registration) || directory.empty()) return;
    std::string_view path = directory.view();
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    if (!facts.directory_path.assign(path)) return;
    // What the agent will make is good; what is there is looked at with the rights that it keeps.
    if (probe_directory(facts.directory_path.c_str()) == DirectoryProbe::missing)
        facts.directory = can_make(path) ? DirectoryProbe::ok : DirectoryProbe::missing;
}

void read_app_facts(const Config& config, AppFacts& facts) {
    facts.uid = geteuid();
    look_at_keys(config.auth, facts.unreadable_files);
    if (facts.unreadable_files.empty()) look_at_certificates(config, facts.unreadable_changes);
    if (has_listener(config, ListenerService::registration)) {
        look_at_buffer(config, facts);
        look_at_registrations(config, facts);
    }
    ask_mesos(config.apps.mesos, facts);
}

}  // namespace nma
