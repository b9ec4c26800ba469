#include "agent/apps/app_store.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace nma {

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

constexpr const char* count_names[] = {
    "malformed_lines",  "dropped_packets",        "truncated_packets",
    "skipped_events",   "skipped_service_checks", "samples",
    "overflow_samples", "overflow_set_members",   "overflow_percentiles"};
static_assert(std::size(count_names) == app_count_count);

AppKind kind_of(StatsdType type) {
    switch (type) {
        case StatsdType::gauge:
            return AppKind::gauge;
        case StatsdType::counter:
            return AppKind::counter;
        case StatsdType::set:
            return AppKind::set;
        case StatsdType::timer:
        case StatsdType::histogram:
        case StatsdType::distribution:
            break;
    }
    return AppKind::timer;
}

// What hostile samples add up to stays a number.
double sum_of(double sum, double more) {
    constexpr double most = std::numeric_limits<double>::max();
    return std::clamp(sum + more, -most, most);
}

}  // namespace

const char* app_count_name(AppCount what) {
    return count_names[static_cast<std::size_t>(what)];
}

void AppStore::init(Arena& arena, const AppCapacities& capacities) {
    capacities_ = capacities;
    hash_.init();
    containers_.init(arena, "applications: containers", capacities.containers);
    container_index_.init(arena, "applications: containers", capacities.containers);
    offenders_ = arena.take<Offenders>("applications: containers", capacities.containers);
    active_ = arena.take<AppContainer>("applications: containers", capacities.containers);
    active_count_ = 0;
    series_.init(arena, "applications: series", capacities.series);
    series_index_.init(arena, "applications: series", capacities.series);
    texts_.init(arena, "applications: names and tags", capacities.text_bytes);
    members_.init(arena, "applications: members of sets", capacities.members);
    timers_.init(arena, "applications: timers", capacities.series);
    sketches_.init(arena, "applications: percentiles", capacities.sketches);
    totals_ = {};
}

void AppStore::set_options(const AppOptions& options) {
    NMA_CHECK(options.interval_s > 0);
    NMA_CHECK(options.percentile_count <= limits::app_percentile_count_max);
    for (const std::uint8_t percentile : Percentiles(options.percentiles, options.percentile_count))
        NMA_CHECK(percentile >= 1 && percentile <= 99);
    options_ = options;
}

bool AppStore::is_open(AppContainer container) const {
    return container < containers_.end() && containers_[container].is_open;
}

AppContainer AppStore::find(std::string_view container_id) const {
    return container_index_.find(hash_.of(0, container_id), [&](std::uint32_t place) {
        return containers_[place].id.view() == container_id;
    });
}

AppContainer AppStore::open(std::string_view container_id) {
    static_assert(HashIndex::none == no_app_container);
    if (container_id.empty() || container_id.size() > limits::name_bytes_max)
        return no_app_container;
    const AppContainer known = find(container_id);
    if (known != no_app_container) return known;
    const AppContainer container = containers_.take();
    if (container == SlotPool<AppContainerState>::none) return no_app_container;
    AppContainerState& state = containers_[container];
    state = AppContainerState{};
    state.is_open = state.id.assign(container_id);
    offenders_[container].clear();
    container_index_.insert(hash_.of(0, container_id), container);
    return container;
}

void AppStore::close(AppContainer container) {
    if (!is_open(container)) return;
    forget_line();
    AppContainerState& state = containers_[container];
    while (state.first_plus_one != 0)
        drop(state.first_plus_one - 1);
    container_index_.erase(hash_.of(0, state.id.view()), container);
    state.is_open = false;
    containers_.give_back(container);
}

void AppStore::note(AppContainer container, AppCount what, std::uint64_t count) {
    const auto index = static_cast<std::size_t>(what);
    totals_.values[index] += count;
    if (is_open(container)) containers_[container].counts[index] += count;
}

void AppStore::note_sample(AppContainer container, std::uint64_t now_ns) {
    note(container, AppCount::sample, 1);
    AppContainerState& state = containers_[container];
    state.last_ns = std::max(state.last_ns, now_ns);
}

std::uint64_t AppStore::last_ns(AppContainer container) const {
    return is_open(container) ? containers_[container].last_ns : 0;
}

void AppStore::begin_packet() {
    forget_line();
    is_in_packet_ = true;
}

void AppStore::end_packet() {
    is_in_packet_ = false;
}

void AppStore::apply(AppContainer container, const StatsdSample& sample, std::uint64_t now_ns) {
    if (!is_open(container)) return;
    note_sample(container, now_ns);
    const AppKind kind = kind_of(sample.type);
    const Key key = {container, kind, sample.name, sample.tags};
    const std::uint32_t place =
        is_in_packet_ ? find_on_line(key, now_ns) : find_or_make(key, now_ns);
    if (place == none) return;
    AppSeries& series = series_[place];
    if (series.is_windowed()) begin_window(series, window_at(now_ns));
    if (kind == AppKind::gauge) {
        series.value = sample.is_delta ? series.value + sample.value : sample.value;
    } else if (kind == AppKind::counter) {
        series.value = sum_of(series.value, sample.value / sample.rate);
    } else if (kind == AppKind::timer) {
        add_to_timer(series, sample);
    } else {
        add_to_set(place, sample);
    }
    series.last_ns = std::max(series.last_ns, now_ns);
}

bool AppStore::put(AppContainer container, std::string_view name, std::string_view tags,
                   double value, std::uint32_t group, std::uint64_t now_ns) {
    if (!is_open(container)) return false;
    note_sample(container, now_ns);
    const std::uint32_t place = find_or_make({container, AppKind::scraped, name, tags}, now_ns);
    if (place == none) return false;
    AppSeries& series = series_[place];
    series.value = value;
    series.scraped.group = group;
    series.last_ns = std::max(series.last_ns, now_ns);
    return true;
}

void AppStore::end_group(AppContainer container, std::uint32_t group, std::uint64_t began_ns) {
    if (!is_open(container)) return;
    std::uint32_t next = containers_[container].first_plus_one;
    while (next != 0) {
        const std::uint32_t place = next - 1;
        const AppSeries& series = series_[place];
        next = series.next_plus_one;
        if (series.kind == AppKind::scraped && series.scraped.group == group &&
            series.last_ns < began_ns)
            drop(place);
    }
}

void AppStore::expire(std::uint64_t now_ns) {
    const std::uint64_t expiry_ns = options_.expiry_s * ns_per_s;
    const std::uint32_t window = window_at(now_ns);
    for (std::uint32_t place = 0; place < series_.end(); ++place) {
        AppSeries& series = series_[place];
        if (series.kind == AppKind::none || series.kind == AppKind::counter) continue;
        if (now_ns > series.last_ns && now_ns - series.last_ns >= expiry_ns) {
            drop(place);
        } else if (series.is_windowed()) {
            begin_window(series, window);
        }
    }
}

std::uint32_t AppStore::window_at(std::uint64_t now_ns) const {
    return static_cast<std::uint32_t>(now_ns / (options_.interval_s * ns_per_s));
}

std::string_view AppStore::id_of(AppContainer container) const {
    return is_open(container) ? containers_[container].id.view() : std::string_view();
}

AppCounts AppStore::counts(AppContainer container) const {
    AppCounts counts;
    if (!is_open(container)) return counts;
    const AppContainerState& state = containers_[container];
    std::copy(std::begin(state.counts), std::end(state.counts), counts.values);
    counts.worst_metric = offenders_[container].worst().name.view();
    return counts;
}

AppUse AppStore::use() const {
    return {containers_.used(), series_.used(), texts_.used_bytes(), members_.used(),
            sketches_.used()};
}

}  // namespace nma
