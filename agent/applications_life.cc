// What a new reading means for applications: who lives, who is new, and who is gone.
#include <algorithm>

#include "agent/applications.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"
#include "platform/metrics/agent_counters.h"

namespace nma {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;

// A registration from before the start that nobody knows is forgotten after this long.
constexpr std::uint64_t lost_after_ns = 60 * second_ns;

}  // namespace

void Applications::publish(const Snapshot& snapshot) {
    directory_.publish(snapshot);
    if (has_inlets_ && !is_reading_packets_) read_packets();
    if (mesos_) note_unknown(snapshot);
    // Before containers are forgotten: a late answer would make them anew.
    if (targets_ && mesos_) set_discovered_targets();
    if (has_registry_ && mesos_) drop_lost_registrations();
    if (has_store_) forget_departed();
}

void Applications::read_packets() {
    is_reading_packets_ = true;
    if (inlets_.watch(*loop_) == Status::ok) return;
    log_line(LogLevel::error, "the kernel cannot watch the applications' sockets: nothing is read");
}

void Applications::note_unknown(const Snapshot& snapshot) {
    Metadata& metadata = mesos_->metadata();
    const std::uint64_t now_ns = boottime_ns();
    const auto note = [&](std::string_view id) {
        const TaskInfo* info = metadata.find(id);
        if (info == nullptr || info->is_waiting) metadata.note_unknown(id, now_ns);
    };
    for (std::size_t i = 0; i < snapshot.living_count; ++i)
        note(snapshot.text(snapshot.containers[i].id));
    if (!has_registry_) return;
    for (std::uint32_t i = 0; i < registry_.capacity(); ++i) {
        if (const Registration* registration = registry_.at(i)) note(registration->id.view());
    }
}

// Of containers that are there: another's may have the address of one that is gone by now. Nested
// ones may share their parent's cgroup, and are known by their registration alone.
void Applications::set_discovered_targets() {
    const Metadata& metadata = mesos_->metadata();
    shown_generation_ = metadata.generation();
    std::size_t count = 0;
    for (const TaskTarget& target : metadata.targets()) {
        if (count == target_specs_.size()) break;  // one too many, which is refused, and told
        if (!directory_.exists(target.container_id)) continue;
        target_specs_[count++] = {target.container_id, {target.host, target.port, target.path}};
    }
    targets_->set_targets(ScrapeSource::discovered, target_specs_.first(count));
}

// What ended while the agent was down, nobody unregisters. A container that the Mesos agent knows,
// or that has a cgroup, is there.
void Applications::drop_lost_registrations() {
    const Metadata& metadata = mesos_->metadata();
    if (metadata.answered_at_ns() < started_at_ns_ + lost_after_ns) return;
    for (std::uint32_t i = 0; i < registry_.capacity(); ++i) {
        const Registration* registration = registry_.at(i);
        if (!loaded_[i] || registration == nullptr) continue;
        loaded_[i] = false;
        const RegistrationId id = registration->id;
        if (directory_.is_living(id.view()) || metadata.find(id.view()) != nullptr) continue;
        log_line(LogLevel::info, "container %s ended while the agent was down: unregistered",
                 id.c_str());
        (void)registry_.remove(id.view());
    }
}

bool Applications::is_needed(std::string_view id) const {
    if (directory_.find(id) != nullptr) return true;
    if (has_registry_ && registry_.find(id) != nullptr) return true;
    if (id == config_->apps.statsd.host_container.view()) return true;
    for (const ConfiguredTarget& target : config_->apps.prometheus.targets) {
        if (target.container_id.view() == id) return true;
    }
    return false;
}

// Two readings, for the first may have begun before the container was made; and as long as what it
// said last is worth to be asked for, unless others need the room.
void Applications::forget_departed() {
    const std::uint64_t now_ns = boottime_ns();
    const std::size_t capacity = config_->apps.capacities.containers;
    const bool is_crowded = store_.use().containers * 8 >= capacity * 7;
    const std::uint64_t age_s = is_crowded ? 2 * config_->interval_s : limits::departed_age_s;
    for (AppContainer container = 0; container < store_.container_end(); ++container) {
        const std::string_view id = store_.id_of(container);
        std::uint64_t& since_ns = unneeded_since_ns_[container];
        if (id.empty() || is_needed(id)) {
            since_ns = 0;
            continue;
        }
        if (since_ns == 0) since_ns = now_ns;
        if (now_ns < std::max(since_ns, store_.last_ns(container)) + age_s * second_ns) continue;
        since_ns = 0;
        store_.close(container);
    }
}

void Applications::count() const {
    const auto set = [](AgentCounter counter, std::uint64_t value) {
        set_agent_count(counter, value);
    };
    if (mesos_) set(AgentCounter::mesos_failures, mesos_->metadata().failure_total());
    if (!has_store_) return;
    const AppCounts& totals = store_.totals();
    set(AgentCounter::statsd_malformed_lines, totals[AppCount::malformed_line]);
    set(AgentCounter::statsd_truncated_packets, totals[AppCount::truncated_packet]);
    set(AgentCounter::statsd_skipped,
        totals[AppCount::skipped_event] + totals[AppCount::skipped_service_check]);
    set(AgentCounter::app_overflows, totals[AppCount::overflow] +
                                         totals[AppCount::overflow_member] +
                                         totals[AppCount::overflow_sketch]);
    if (!has_inlets_) return;
    const IntakeCounts& intake = inlets_.intake_counts();
    const std::uint64_t unattributed =
        intake.unattributed_samples + intake.unknown_container_samples + intake.unheld_samples;
    set(AgentCounter::statsd_samples, intake.samples);
    set(AgentCounter::statsd_unattributed, unattributed);
    set(AgentCounter::statsd_packets, inlets_.counts().packets);
    set(AgentCounter::statsd_dropped_packets, inlets_.counts().dropped_packets);
}

AppContainer Applications::worst_container() const {
    AppContainer worst = 0;
    std::uint64_t most = 0;
    for (AppContainer container = 0; container < store_.container_end(); ++container) {
        const AppCounts counts = store_.counts(container);
        const std::uint64_t lost = counts[AppCount::overflow] + counts[AppCount::overflow_member] +
                                   counts[AppCount::overflow_sketch];
        if (lost <= most) continue;
        most = lost;
        worst = container;
    }
    return worst;
}

// The first loss of each kind, with its cure; the counts tell the rest.
void Applications::tell_losses() {
    const auto is_first = [](bool& has_told, AgentCounter counter) {
        if (has_told || agent_count(counter) == 0) return false;
        return has_told = true;
    };
    if (is_first(has_told_unattributed_, AgentCounter::statsd_unattributed)) {
        log_line(LogLevel::warning,
                 "StatsD: samples that come from no known container are dropped; name one for them "
                 "in statsd.host_container, or send from a registered port or with |c:");
    }
    if (is_first(has_told_drops_, AgentCounter::statsd_dropped_packets)) {
        log_line(LogLevel::warning,
                 "StatsD: the kernel dropped packets that came faster than they are read; raise "
                 "statsd.receive_buffer_bytes, and net.core.rmem_max with it");
    }
    if (is_first(has_told_overflow_, AgentCounter::app_overflows)) {
        const AppContainer worst = worst_container();
        const std::string_view id = store_.id_of(worst);
        const std::string_view metric = store_.counts(worst).worst_metric;
        log_line(LogLevel::warning,
                 "applications send more than the limits hold, most so container %.*s with metric "
                 "%.*s; raise limits.app_*, or see the counts in the full views",
                 static_cast<int>(id.size()), id.data(), static_cast<int>(metric.size()),
                 metric.data());
    }
}

}  // namespace nma
