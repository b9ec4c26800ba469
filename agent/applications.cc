#include "agent/applications.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/apps/fd_store.h"
#include "agent/apps/registration_http.h"
#include "platform/linux/clock.h"
#include "platform/linux/event_descriptor.h"
#include "platform/linux/file_limit.h"
#include "platform/linux/listen_fds.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// Sockets are asked what they dropped every so many ticks.
constexpr std::uint32_t ticks_per_look = 5;

bool refuse(const char* what, const char* why) {
    log_line(LogLevel::error, "statsd.listen: %s: %s", what, why);
    return false;
}

}  // namespace

bool Applications::can_send(const Config& config) {
    const AppsConfig& apps = config.apps;
    return has_listener(config, ListenerService::registration) || !apps.statsd.listen.empty() ||
           apps.has_targets();
}

void Applications::init(Arena& arena, const Config& config) {
    const AppsConfig& apps = config.apps;
    has_registry_ = has_listener(config, ListenerService::registration);
    has_inlets_ = has_registry_ || !apps.statsd.listen.empty();
    mesos_.reset();
    targets_.reset();
    if (!apps.mesos.url.empty()) mesos_.emplace();
    if (apps.has_targets()) targets_.emplace();
    has_store_ = can_send(config);
    if (has_store_) {
        store_.init(arena, apps.capacities);
        unneeded_since_ns_ =
            arena.take<std::uint64_t>("applications: containers", apps.capacities.containers);
    }
    const std::size_t registration_count = has_registry_ ? apps.registration.count_max : 0;
    if (has_inlets_) inlets_.init(arena, registration_count);
    if (has_store_ || mesos_) directory_.init(arena, config.capacities.containers);
    if (has_registry_) {
        registry_.init(arena, registration_count);
        loaded_ = arena.take<bool>("registrations", registration_count);
    }
    if (targets_ || mesos_) fetcher_.init(arena);
    if (targets_) {
        targets_->init(arena);
        target_specs_ =
            arena.take<ScrapeTargetSpec>("scrape targets", limits::scrape_target_count_max + 1);
    }
    if (mesos_) mesos_->init(arena, config.capacities.entries());
}

void Applications::print_budget() const {
    if (!targets_ && !mesos_) return;
    printf("%12zu  libevent: %zu answers on their way, of %zu\n",
           fetch_slot_count_all * (limits::fetch_unread_bytes_max + limits::fetch_header_bytes_max),
           fetch_slot_count_all, limits::fetch_unread_bytes_max + limits::fetch_header_bytes_max);
    printf("%12zu  stack: the thread that asks for them\n", limits::thread_stack_bytes);
}

std::size_t Applications::file_count(const Config& config) {
    const bool has_registry = has_listener(config, ListenerService::registration);
    const AppsConfig& apps = config.apps;
    std::size_t count = 0;
    if (has_registry) count += apps.registration.count_max;
    if (has_registry || !apps.statsd.listen.empty()) {
        count += limits::shared_inlet_count_max + limits::sender_count_max;
    }
    const bool asks_others = apps.has_targets() || !apps.mesos.url.empty();
    return asks_others ? count + 2 * fetch_slot_count_all : count;
}

bool Applications::open(const HostRoot& root, const NodeIdentity& identity, const Config& config) {
    config_ = &config;
    node_ip_ = identity.hostname;
    const AppsConfig& apps = config.apps;
    directory_.start(root, {config.mesos_cgroups_root.view(), config.has_services},
                     has_registry_ ? &registry_ : nullptr);
    answers_.start(apps.tags.view(), identity, has_store_ ? &store_ : nullptr,
                   mesos_ ? &mesos_->metadata() : nullptr);
    if (has_store_) store_.set_options(apps.options);
    if (!has_inlets_) return true;
    if (has_registry_) make_directory();
    const InletOptions options = {.receive_buffer_bytes = apps.statsd.receive_buffer_bytes,
                                  .nobody_id = apps.statsd.host_container.view()};
    if (inlets_.start(store_, root, directory_.questions(), options) != Status::ok) {
        log_line(LogLevel::error, "the kernel has no descriptor for the applications' sockets");
        return false;
    }
    return open_shared(apps.statsd);
}

// The user that we become makes no directory below /run.
void Applications::make_directory() const {
    SystemUser user = {{}, getuid(), getgid()};
    FixedText<256> why;
    const auto& name = config_->process.user;
    if (!name.empty() && !find_user(name.view(), user, why)) return;
    make_registration_directory(config_->apps.registration.directory.c_str(), user.uid, user.gid);
}

bool Applications::open_shared(const StatsdConfig& statsd) {
    for (std::size_t i = 0; i < statsd.listen.size(); ++i) {
        if (!open_one(statsd.listen[i], statsd, socket_files_[i])) return false;
    }
    return true;
}

bool Applications::open_one(const ListenAddress& address, const StatsdConfig& statsd,
                            SocketFile& file) {
    FixedText<256> error;
    if (address.kind == ListenAddress::Kind::unix_socket) {
        if (inlets_.listen_unix(address.path.c_str(), statsd.socket_mode, error) < 0) {
            return refuse(address.path.c_str(), error.c_str());
        }
        file = find_socket_file(address.path.c_str());
        log_line(LogLevel::info, "StatsD: listening on unix:%s", address.path.c_str());
        return true;
    }
    if (address.kind == ListenAddress::Kind::systemd) {
        int socket = -1;
        const ListenFdsTexts texts = read_listen_fds_environment();
        if (find_listen_fd(texts, getpid(), address.name.view(), socket) != Status::ok) {
            return refuse(address.name.c_str(), "systemd handed over no socket of that name");
        }
        return inlets_.adopt(socket, error) >= 0 || refuse(address.name.c_str(), error.c_str());
    }
    IpAddress ip;
    ip.is_ipv6 = address.kind == ListenAddress::Kind::ipv6;
    memcpy(ip.bytes, address.bytes, ip.is_ipv6 ? 16 : 4);
    const int socket = inlets_.listen_udp(ip, address.port, error);
    if (socket < 0) return refuse(ip_text(ip).c_str(), error.c_str());
    log_line(LogLevel::info, "StatsD: listening on UDP port %u of %s", unsigned{bound_port(socket)},
             ip_text(ip).c_str());
    return true;
}

bool Applications::start(EventLoop& loop) {
    loop_ = &loop;
    started_at_ns_ = boottime_ns();
    // Containers' cgroups take some seven files each; a task's launch waits for its registration.
    constexpr std::size_t files_per_container = 8;
    if (has_registry_) {
        widen_file_table(limits::file_reserve_count + file_count(*config_) +
                         files_per_container * config_->capacities.containers);
    }
    if (has_registry_ && !start_registry()) return false;
    if ((targets_ || mesos_) && !start_fetching(loop)) {
        log_line(LogLevel::error, "the system has no thread or descriptor to ask endpoints with");
        return false;
    }
    if (!has_store_ && !mesos_) return true;
    return start_timer(loop);
}

bool Applications::start_timer(EventLoop& loop) {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const itimerspec every_second = {{1, 0}, {1, 0}};
    const bool is_set = timer_ >= 0 && timerfd_settime(timer_, 0, &every_second, nullptr) == 0 &&
                        loop.watch(timer_, EPOLLIN, {on_tick, this}) == Status::ok;
    if (!is_set) log_line(LogLevel::error, "the kernel has no timer for applications");
    return is_set;
}

bool Applications::start_registry() {
    const RegistrationConfig& config = config_->apps.registration;
    const char* manager = config.is_kept_by_manager ? getenv("NOTIFY_SOCKET") : nullptr;
    const RegistryOptions options = {
        .host = config.statsd_host,
        .is_any_host_allowed = config.is_any_host_allowed,
        .port_first = config.port_first,
        .port_last = config.port_last,
        .receive_buffer_bytes = config_->apps.statsd.receive_buffer_bytes,
        .directory = config.directory.c_str(),
        .notify_socket = manager == nullptr ? "" : manager};
    registry_.start(options, {on_added, on_removed, this});
    // Also when it is to keep none from now on: their ports are taken by them.
    take_kept_sockets();
    const LoadReport report = registry_.load();
    const std::uint32_t skipped_count =
        report.foreign_count + report.malformed_count + report.unbound_count + report.no_room_count;
    if (report.loaded_count + skipped_count > 0) {
        log_line(LogLevel::info, "registrations of before: %u taken up, %u skipped",
                 report.loaded_count, skipped_count);
    }
    for (std::uint32_t i = 0; i < registry_.capacity(); ++i)
        loaded_[i] = registry_.at(i) != nullptr;
    return true;
}

void Applications::on_added(void* self, std::uint32_t index, const Registration& registration) {
    const RegistrySink sink = static_cast<Applications*>(self)->inlets_.sink();
    sink.added(sink.context, index, registration);
}

// Its place may be another's next.
void Applications::on_removed(void* self, std::uint32_t index, const Registration& registration) {
    auto& apps = *static_cast<Applications*>(self);
    apps.loaded_[index] = false;
    const RegistrySink sink = apps.inlets_.sink();
    sink.removed(sink.context, index, registration);
}

void Applications::take_kept_sockets() {
    const ListenFdsTexts texts = read_listen_fds_environment();
    for (std::uint64_t position = 0;; ++position) {
        int socket = -1;
        FixedText<256> name;
        if (find_listen_fd_at(texts, getpid(), position, name, socket) != Status::ok) return;
        if (is_fd_store_name(name.view()) && !registry_.adopt(socket)) close(socket);
    }
}

ScrapeSink Applications::scrape_sink() {
    ScrapeSink sink;
    sink.context = &store_;
    sink.find = [](void* store, std::string_view id) {
        return static_cast<AppStore*>(store)->find(id);
    };
    sink.open = [](void* store, std::string_view id) {
        return static_cast<AppStore*>(store)->open(id);
    };
    sink.put = [](void* store, std::uint32_t container, std::string_view name,
                  std::string_view tags, double value, std::uint32_t group, std::uint64_t now_ns) {
        return static_cast<AppStore*>(store)->put(container, name, tags, value, group, now_ns);
    };
    sink.end_group = [](void* store, std::uint32_t container, std::uint32_t group,
                        std::uint64_t began_ns) {
        static_cast<AppStore*>(store)->end_group(container, group, began_ns);
    };
    return sink;
}

bool Applications::start_fetching(EventLoop& loop) {
    const AppsConfig& apps = config_->apps;
    if (!fetcher_.start(loop)) return false;
    if (mesos_ && !mesos_->start(loop, fetcher_, apps.mesos, node_ip_.view())) return false;
    if (!targets_) return true;
    if (!targets_->start(loop, fetcher_, scrape_sink(), apps.prometheus.options)) return false;
    set_configured_targets();
    return true;
}

void Applications::set_configured_targets() {
    std::size_t count = 0;
    for (const ConfiguredTarget& target : config_->apps.prometheus.targets) {
        ScrapeTargetSpec& spec = target_specs_[count++];
        spec.container_id = target.container_id.view();
        (void)parse_scrape_url(target.url.view(), spec.url);
    }
    targets_->set_targets(ScrapeSource::configured, target_specs_.first(count));
}

CommandAnswer Applications::answer_command(void* self, std::string_view method,
                                           std::string_view path, std::string_view body,
                                           TextSink& sink) {
    auto& apps = *static_cast<Applications*>(self);
    const RegistrationAnswer answer = answer_registration(method, path, body, apps.registry_, sink);
    return {answer.status, answer.location, answer.allow};
}

void Applications::remove_socket_files() {
    if (config_ == nullptr) return;
    const StatsdConfig& statsd = config_->apps.statsd;
    for (std::size_t i = 0; i < statsd.listen.size(); ++i)
        remove_socket_file(statsd.listen[i].path.c_str(), socket_files_[i]);
}

void Applications::stop() {
    if (timer_ >= 0) close(timer_);
    timer_ = -1;
    if (has_registry_) registry_.close();
    if (has_inlets_) inlets_.stop();
    remove_socket_files();
    fetcher_.stop();
    if (targets_) targets_->stop();
}

void Applications::on_tick(void* self, std::uint32_t) {
    auto& apps = *static_cast<Applications*>(self);
    if (!drain_event(apps.timer_)) return;
    const std::uint64_t now_ns = boottime_ns();
    if (apps.has_store_) apps.store_.expire(now_ns);
    if (apps.has_inlets_ && ++apps.tick_count_ % ticks_per_look == 0) apps.inlets_.tick(now_ns);
    if (apps.mesos_) apps.mesos_->metadata().tick(now_ns);
    if (apps.targets_ && apps.mesos_ &&
        apps.mesos_->metadata().generation() != apps.shown_generation_) {
        apps.set_discovered_targets();
    }
    apps.count();
    apps.tell_losses();
}

}  // namespace nma
