// Reading of the store: series become datapoints.
#include <algorithm>
#include <cmath>

#include "agent/apps/app_store.h"
#include "platform/base/text_sink.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

// The longest is ".99_percentile".
constexpr std::size_t suffix_bytes_max = 16;

std::string_view percentile_suffix(TextSink sink, std::uint8_t percentile) {
    sink.append('.');
    sink.append_u64(percentile);
    sink.append("_percentile");
    return sink.view();
}

}  // namespace

// Of one call of `each`: whom to tell what, and room for the texts of one series.
struct AppStore::Reading {
    std::string_view metric_id;
    void (*take)(void* context, const AppDatapoint& datapoint);
    void* context;
    std::uint64_t boot_ns = 0;  // wall time of boottime 0
    bool has_any = false;
    std::string_view name;  // of the series at hand
    std::string_view tags;
    char text[limits::app_name_bytes_max + limits::app_tag_bytes_max];
    char part_name[limits::app_name_bytes_max + suffix_bytes_max];

    void give(std::string_view shown_name, double value, std::uint64_t at_ns) {
        has_any = true;
        take(context, {shown_name, tags, value, boot_ns + at_ns});
    }

    // A part of a timer, when its metric or it alone is asked for.
    void give_part(std::string_view suffix, double value, std::uint64_t at_ns) {
        std::copy(name.begin(), name.end(), part_name);
        std::copy(suffix.begin(), suffix.end(), part_name + name.size());
        const std::string_view full(part_name, name.size() + suffix.size());
        if (metric_id.empty() || metric_id == name || metric_id == full) give(full, value, at_ns);
    }

    void give_timer(const TimerSummary& timer, Percentiles percentiles, std::uint64_t at_ns) {
        give_part(".count", timer.count, at_ns);
        give_part(".sum", timer.sum, at_ns);
        give_part(".mean", timer.mean, at_ns);
        give_part(".stddev", timer.stddev, at_ns);
        give_part(".lower", timer.lower, at_ns);
        give_part(".upper", timer.upper, at_ns);
        for (std::size_t i = 0; i < percentiles.size(); ++i) {
            char suffix[suffix_bytes_max];
            if (std::isnan(timer.percentiles[i])) continue;
            give_part(percentile_suffix(TextSink(suffix), percentiles[i]), timer.percentiles[i],
                      at_ns);
        }
    }
};

void AppStore::read(const AppSeries& series, Reading& reading) const {
    texts_.copy(series.text, reading.text, series.text_bytes());
    reading.name = {reading.text, series.name_bytes};
    reading.tags = {reading.text + series.name_bytes, series.tags_bytes};
    const std::uint64_t windowed_ns = series.shown_ns == 0 ? series.last_ns : series.shown_ns;
    if (series.kind == AppKind::timer) {
        const Timer& timer = timers_[series.timer.timer];
        reading.give_timer(timer.has_finished() ? timer.finished()
                                                : timer.summary(sketch_of(series), percentiles()),
                           percentiles(), windowed_ns);
        return;
    }
    if (!reading.metric_id.empty() && reading.metric_id != reading.name) return;
    if (series.kind == AppKind::set) {
        const bool is_right =
            series.shown_ns == 0 ? !series.has_lost_members : !std::isnan(series.value);
        const double count = series.shown_ns == 0 ? series.set.member_count : series.value;
        if (is_right) reading.give(reading.name, count, windowed_ns);
    } else if (series.kind == AppKind::counter) {
        reading.give(reading.name, std::round(series.value) + 0.0, series.last_ns);  // no -0
    } else {
        reading.give(reading.name, series.value, series.last_ns);
    }
}

bool AppStore::each(const void* self, std::string_view container_id, std::string_view metric_id,
                    void (*take)(void* context, const AppDatapoint& datapoint), void* context) {
    const AppStore& store = *static_cast<const AppStore*>(self);
    const AppContainer container = store.find(container_id);
    if (container == no_app_container) return false;
    Reading reading;
    reading.metric_id = metric_id;
    reading.take = take;
    reading.context = context;
    reading.boot_ns = boot_realtime_ns();
    std::uint32_t next = store.containers_[container].first_plus_one;
    while (next != 0) {
        const AppSeries& series = store.series_[next - 1];
        store.read(series, reading);
        next = series.next_plus_one;
    }
    return reading.has_any;
}

bool AppStore::container_at(const void* self, std::uint32_t index, std::string_view& id) {
    const AppStore& store = *static_cast<const AppStore*>(self);
    if (index >= store.active_count_) return false;
    id = store.containers_[store.active_[index]].id.view();
    return true;
}

bool AppStore::each_count(const void* self, std::string_view container_id,
                          void (*take)(void* context, std::string_view name, std::uint64_t count),
                          void* context, std::string_view& worst_metric) {
    const AppStore& store = *static_cast<const AppStore*>(self);
    const AppContainer container = store.find(container_id);
    if (container == no_app_container) return false;
    const AppCounts counts = store.counts(container);
    for (std::size_t i = 0; i < app_count_count; ++i)
        take(context, app_count_name(static_cast<AppCount>(i)), counts.values[i]);
    worst_metric = counts.worst_metric;
    return true;
}

std::uint64_t AppStore::generation(const void* self) {
    return static_cast<const AppStore*>(self)->active_generation_;
}

AppSource AppStore::source() const {
    return {.self = this,
            .each = each,
            .container_at = container_at,
            .each_count = each_count,
            .generation = generation};
}

}  // namespace nma
