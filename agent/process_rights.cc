#include "agent/process_rights.h"

#include "cgroups/mounts.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

bool has_failed(bool is_good, const FixedText<256>& error) {
    if (!is_good) log_line(LogLevel::error, "%s", error.c_str());
    return !is_good;
}

}  // namespace

// At its end the agent takes its sockets away.
void ProcessRights::add_directory_of(const ListenAddress& address) {
    const std::string_view path = address.path.view();
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return;
    WritableDirectory& directory = *directories_.add();
    directory.allows_removal = true;
    if (!directory.path.assign(slash == 0 ? "/" : path.substr(0, slash))) directories_.drop_last();
}

void ProcessRights::add_socket_directories(const Config& config) {
    for (const ConfiguredListener& listener : config.listen)
        add_directory_of(listener.options.address);
    for (const ListenAddress& address : config.apps.statsd.listen)
        add_directory_of(address);
}

void ProcessRights::add_registrations(const Config& config) {
    const auto& path = config.apps.registration.directory;
    if (!has_listener(config, ListenerService::registration) || path.empty()) return;
    WritableDirectory& directory = *directories_.add();
    directory.allows_making = true;
    if (!directory.path.assign(path.view())) directories_.drop_last();
}

// Of version 1: the agent writes cgroup.event_control to listen.
void ProcessRights::add_memory_hierarchy(const Config& config, const HostRoot& root,
                                         FileReader& reader) {
    static CgroupMounts mounts;
    std::string_view text;
    if (reader.read(root.proc(), root.mountinfo_path(), text) != Status::ok) return;
    scan_cgroup_mounts(text, mounts);
    for (std::size_t i = 0; i < mounts.count; ++i) {
        const CgroupMount& mount = mounts.items[i];
        const bool has_memory =
            (mount.subsystems >> static_cast<unsigned>(Subsystem::memory) & 1U) != 0;
        if (mount.is_unified || !has_memory || directories_.is_full()) continue;
        WritableDirectory& directory = *directories_.add();
        directory.allows_writing = true;
        const bool fits = directory.path.assign(config.host_root.view()) &&
                          directory.path.append("/") && directory.path.append(mount.path.view());
        if (!fits) directories_.drop_last();
    }
}

bool ProcessRights::give_away(const Config& config, const HostRoot& root, FileReader& reader) {
    add_socket_directories(config);
    add_registrations(config);
    add_memory_hierarchy(config, root, reader);
    options_.user = config.process.user.view();
    options_.capabilities = config.process.capabilities;
    options_.writable_directories = {directories_.begin(), directories_.size()};
    options_.proc = root.proc();
    options_.mountinfo_path = root.mountinfo_path();
    options_.has_seccomp = config.process.has_seccomp;
    options_.has_landlock = config.process.has_landlock;
    FixedText<256> error;
    return !has_failed(confine_before_threads(options_, report_, error), error);
}

bool ProcessRights::filter_calls() {
    FixedText<256> error;
    if (has_failed(confine_at_last(options_, report_, error), error)) return false;
    log_line(LogLevel::info, "confined: %s", report_.c_str());
    return true;
}

}  // namespace nma
