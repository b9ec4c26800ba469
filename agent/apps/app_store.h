// What the applications say, by container: aggregated from StatsD's samples, and as scraped from
// their Prometheus endpoints. All memory is set aside at start. What does not fit is left out and
// counted, and what is shown is right all the same.
//
// What is shown, and for how long:
//
// - A counter is the sum of its samples, each divided by its rate, since the container's first: it
//   goes with its container. It is summed up in a double, so exactly up to 2^53, and shown as the
//   nearest whole number.
// - A gauge is its last value, for `expiry_s` after it was sent. A change of a gauge that is not
//   there, or not any more, begins at 0; one that is NaN stays NaN until a value comes without
//   sign.
// - Sets and timers are counted over windows of `interval_s`. What is shown is the last window that
//   is finished and had samples, until `expiry_s` after the last sample. Before the first is
//   finished, the running one is shown.
// - A set that had more members than there was room for is not shown for that window.
// - A scraped value stays until its target has it no more (end_group), or is not put again for
//   `expiry_s`.
//
// How this is related to what stood here before: DC/OS' Telegraf never cleared what its dcos_statsd
// had. There counters were sums since the task began, as here; gauges stayed to the task's end; and
// timers and sets covered all of the task's life, so that they hardly moved after a day, and had no
// percentiles. Telegraf's own statsd input by default clears all kinds at every flush (10 s),
// counters too; our windows do that for sets and timers.
//
// One thread only. Times are boottime in nanoseconds. `expire` is to be called about once a second:
// it is what ends windows that get no more samples.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/app_counts.h"
#include "agent/apps/app_series.h"
#include "agent/apps/hash_index.h"
#include "agent/apps/keyed_hash.h"
#include "agent/apps/offenders.h"
#include "agent/apps/set_members.h"
#include "agent/apps/slot_pool.h"
#include "agent/apps/statsd_sample.h"
#include "agent/apps/text_slab.h"
#include "agent/apps/timer.h"
#include "platform/metrics/app_datapoint.h"

namespace nma {

using AppContainer = std::uint32_t;
inline constexpr AppContainer no_app_container = 0xffffffff;

// What the configuration may choose. By default 26 MiB, if all of it is used; 16 of it are for
// percentiles.
struct AppCapacities {
    std::size_t containers = limits::app_container_count_default;
    std::size_t series = limits::app_series_count_default;
    std::size_t series_per_container = limits::app_series_per_container_default;
    std::size_t text_bytes = limits::app_text_bytes_default;
    std::size_t text_bytes_per_container = limits::app_text_bytes_per_container_default;
    std::size_t members = limits::app_member_count_default;
    std::size_t members_per_container = limits::app_members_per_container_default;
    std::size_t sketches = limits::app_sketch_count_default;
    std::size_t sketches_per_container = limits::app_sketches_per_container_default;
};

struct AppOptions {
    std::uint32_t interval_s = limits::interval_s_default;
    std::uint32_t expiry_s = limits::app_expiry_s_default;
    std::uint8_t percentiles[limits::app_percentile_count_max] = {90};  // 1 to 99 each
    std::size_t percentile_count = 1;
};

// How much of the capacities is in use.
struct AppUse {
    std::size_t containers = 0;
    std::size_t series = 0;
    std::size_t text_bytes = 0;
    std::size_t members = 0;
    std::size_t sketches = 0;
};

class AppStore {
  public:
    void init(Arena& arena, const AppCapacities& capacities);

    // Before the first sample. interval_s is 1 or more.
    void set_options(const AppOptions& options);

    // The container of that ID (1 to limits::name_bytes_max bytes), made if it is not there.
    // no_app_container when there is no room, or it is no ID.
    AppContainer open(std::string_view container_id);
    AppContainer find(std::string_view container_id) const;
    // Forgets the container and all that it sent. Its handle may stand for another one then.
    void close(AppContainer container);

    // Around the samples of one packet, whose texts stay where they are meanwhile: a name at one
    // address is the same name, with the same tags. So the values of one line look their series up
    // once; thousands of them, each with a kilobyte of tags, would hold up everybody else.
    void begin_packet();
    void end_packet();

    // Does nothing if the container is not open.
    void apply(AppContainer container, const StatsdSample& sample, std::uint64_t now_ns);

    // A scraped value replaces the one before. `tags` as in StatsdSample. `group` is any number
    // of the caller's, usually one for each target. False when the series had no room (noted), or
    // the container is not open.
    bool put(AppContainer container, std::string_view name, std::string_view tags, double value,
             std::uint32_t group, std::uint64_t now_ns);
    // Drops the group's series that were not put since.
    void end_group(AppContainer container, std::uint32_t group, std::uint64_t began_ns);

    // Counts what the inlets saw. With no_app_container it counts in the totals only.
    void note(AppContainer container, AppCount what, std::uint64_t count);

    // Ends windows and drops what is over. A look at each series, about 0.1 ms for 16,384; at the
    // end of a window 2 µs more for each timer that has percentiles.
    void expire(std::uint64_t now_ns);

    // Datapoints come in the order in which their series were made, a timer's together. Good as
    // long as the store.
    AppSource source() const;

    // The ID of that container; empty when it is not open. All that are are below container_end().
    std::string_view id_of(AppContainer container) const;
    AppContainer container_end() const { return containers_.end(); }

    // Boottime of the container's last sample or put, held or not; 0 when there was none.
    std::uint64_t last_ns(AppContainer container) const;

    // All zero when the container is not open.
    AppCounts counts(AppContainer container) const;
    // Of all containers, those that were closed, too, and of senders that have none.
    const AppCounts& totals() const { return totals_; }
    AppUse use() const;

  private:
    struct Key {
        AppContainer container;
        AppKind kind;
        std::string_view name;
        std::string_view tags;
    };

    static constexpr std::uint32_t none = 0xffffffff;

    // Where the line's values went, by AppKind, which each of them may choose.
    struct Line {
        const char* name = nullptr;  // null: no line is known
        AppContainer container = no_app_container;
        std::uint32_t known_kinds = 0;              // a bit for each
        std::uint32_t places[app_kind_count] = {};  // of those; none: there was no room
    };

    bool is_open(AppContainer container) const;
    void note_sample(AppContainer container, std::uint64_t now_ns);
    Percentiles percentiles() const { return {options_.percentiles, options_.percentile_count}; }
    void note_overflow(AppContainer container, AppCount what, std::string_view name);

    // The series' place; none when there was no room (noted).
    std::uint32_t find_or_make(const Key& key, std::uint64_t now_ns);
    std::uint32_t find_on_line(const Key& key, std::uint64_t now_ns);
    void forget_line() { line_.name = nullptr; }
    bool has_room_for(const Key& key) const;
    std::uint32_t make(const Key& key, std::uint32_t hash, std::uint64_t now_ns);
    void link(AppContainerState& state, std::uint32_t place);
    void unlink(AppContainerState& state, std::uint32_t place);
    void drop(std::uint32_t place);
    void drop_parts(AppContainerState& state, AppSeries& series);

    void add_to_timer(AppSeries& series, const StatsdSample& sample);
    void add_to_set(std::uint32_t place, const StatsdSample& sample);
    std::uint32_t take_sketch(AppContainer container, std::string_view name);
    const QuantileSketch* sketch_of(const AppSeries& series) const;
    std::uint32_t window_at(std::uint64_t now_ns) const;
    void begin_window(AppSeries& series, std::uint32_t window);
    void finish_timer(AppSeries& series);
    void finish_set(AppSeries& series);

    struct Reading;
    static bool each(const void* self, std::string_view container_id, std::string_view metric_id,
                     void (*take)(void* context, const AppDatapoint& datapoint), void* context);
    static bool container_at(const void* self, std::uint32_t index, std::string_view& id);
    static bool each_count(const void* self, std::string_view container_id,
                           void (*take)(void* context, std::string_view name, std::uint64_t count),
                           void* context, std::string_view& worst_metric);
    static std::uint64_t generation(const void* self);
    void read(const AppSeries& series, Reading& reading) const;

    AppCapacities capacities_;
    AppOptions options_;
    KeyedHash hash_;
    SlotPool<AppContainerState> containers_;
    HashIndex container_index_;
    std::span<Offenders> offenders_;  // by container
    std::span<AppContainer> active_;  // containers that have series
    std::uint32_t active_count_ = 0;
    std::uint64_t active_generation_ = 0;  // grows whenever one joins or leaves them
    SlotPool<AppSeries> series_;
    HashIndex series_index_;
    TextSlab texts_;
    SetMembers members_;
    SlotPool<Timer> timers_;
    SlotPool<QuantileSketch> sketches_;
    AppCounts totals_;
    Line line_;
    bool is_in_packet_ = false;
};

}  // namespace nma
