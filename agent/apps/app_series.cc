// How series come, change with their windows, and go.
#include "agent/apps/app_series.h"

#include <algorithm>
#include <limits>

#include "agent/apps/app_store.h"

namespace nma {

void AppStore::note_overflow(AppContainer container, AppCount what, std::string_view name) {
    note(container, what, 1);
    offenders_[container].note(name);
}

std::uint32_t AppStore::find_or_make(const Key& key, std::uint64_t now_ns) {
    const std::uint64_t number =
        std::uint64_t{key.container} << 8 | static_cast<std::uint64_t>(key.kind);
    const std::uint64_t hash = hash_.of(number, key.name, key.tags);
    const std::uint32_t found = series_index_.find(hash, [&](std::uint32_t place) {
        const AppSeries& series = series_[place];
        return series.container == key.container && series.kind == key.kind &&
               series.name_bytes == key.name.size() && series.tags_bytes == key.tags.size() &&
               texts_.equals(series.text, key.name, key.tags);
    });
    if (found != HashIndex::none) return found;
    return make(key, static_cast<std::uint32_t>(hash), now_ns);
}

// That there was no room is remembered, too: to find it out costs as much.
std::uint32_t AppStore::find_on_line(const Key& key, std::uint64_t now_ns) {
    if (line_.name != key.name.data() || line_.container != key.container) {
        line_.known_kinds = 0;
        line_.name = key.name.data();
        line_.container = key.container;
    }
    const auto kind = static_cast<std::size_t>(key.kind);
    const std::uint32_t bit = std::uint32_t{1} << kind;
    std::uint32_t& place = line_.places[kind];
    if ((line_.known_kinds & bit) == 0) {
        place = find_or_make(key, now_ns);
        line_.known_kinds |= bit;
    } else if (place == none) {
        note_overflow(key.container, AppCount::overflow, key.name);
    }
    return place;
}

bool AppStore::has_room_for(const Key& key) const {
    const AppContainerState& state = containers_[key.container];
    return key.name.size() <= limits::app_name_bytes_max &&
           key.tags.size() <= limits::app_tag_bytes_max && series_.free() > 0 &&
           state.series_count < capacities_.series_per_container &&
           state.text_bytes + TextSlab::bytes_for(key.name.size() + key.tags.size()) <=
               capacities_.text_bytes_per_container;
}

std::uint32_t AppStore::make(const Key& key, std::uint32_t hash, std::uint64_t now_ns) {
    const std::uint32_t text =
        has_room_for(key) ? texts_.store(key.name, key.tags) : TextSlab::none;
    if (text == TextSlab::none) {
        note_overflow(key.container, AppCount::overflow, key.name);
        return none;
    }
    const std::uint32_t place = series_.take();
    AppSeries& series = series_[place];
    series = AppSeries{};
    series.last_ns = now_ns;
    series.hash = hash;
    series.container = key.container;
    series.text = text;
    series.window = window_at(now_ns);
    series.name_bytes = static_cast<std::uint16_t>(key.name.size());
    series.tags_bytes = static_cast<std::uint16_t>(key.tags.size());
    series.kind = key.kind;
    if (key.kind == AppKind::timer) {
        series.timer = {timers_.take(), SlotPool<QuantileSketch>::none};
        timers_[series.timer.timer].clear();
    } else if (key.kind == AppKind::set) {
        series.set = {SetMembers::none, 0};
    }
    series_index_.insert(hash, place);
    link(containers_[key.container], place);
    return place;
}

void AppStore::link(AppContainerState& state, std::uint32_t place) {
    AppSeries& series = series_[place];
    series.previous_plus_one = state.last_plus_one;
    if (state.last_plus_one == 0) {
        state.first_plus_one = place + 1;
        state.active_index = active_count_;
        active_[active_count_++] = series.container;
        ++active_generation_;
    } else {
        series_[state.last_plus_one - 1].next_plus_one = place + 1;
    }
    state.last_plus_one = place + 1;
    ++state.series_count;
    state.text_bytes += TextSlab::bytes_for(series.text_bytes());
}

void AppStore::unlink(AppContainerState& state, std::uint32_t place) {
    const AppSeries& series = series_[place];
    std::uint32_t& before = series.previous_plus_one == 0
                                ? state.first_plus_one
                                : series_[series.previous_plus_one - 1].next_plus_one;
    std::uint32_t& after = series.next_plus_one == 0
                               ? state.last_plus_one
                               : series_[series.next_plus_one - 1].previous_plus_one;
    before = series.next_plus_one;
    after = series.previous_plus_one;
    --state.series_count;
    state.text_bytes -= TextSlab::bytes_for(series.text_bytes());
    if (state.series_count > 0) return;
    ++active_generation_;
    const AppContainer moved = active_[--active_count_];
    active_[state.active_index] = moved;
    containers_[moved].active_index = state.active_index;
}

void AppStore::drop(std::uint32_t place) {
    forget_line();
    AppSeries& series = series_[place];
    AppContainerState& state = containers_[series.container];
    drop_parts(state, series);
    unlink(state, place);
    series_index_.erase(series.hash, place);
    texts_.release(series.text, series.text_bytes());
    series.kind = AppKind::none;
    series_.give_back(place);
}

void AppStore::drop_parts(AppContainerState& state, AppSeries& series) {
    if (series.kind == AppKind::set) {
        members_.drop(series.set.member_first);
        state.member_count -= series.set.member_count;
    }
    if (series.kind != AppKind::timer) return;
    timers_.give_back(series.timer.timer);
    if (series.timer.sketch == SlotPool<QuantileSketch>::none) return;
    sketches_[series.timer.sketch].clear();
    sketches_.give_back(series.timer.sketch);
    --state.sketch_count;
}

// Only values of a whole window count, so a timer that got no sketch at its begin has none in it.
void AppStore::add_to_timer(AppSeries& series, const StatsdSample& sample) {
    Timer& timer = timers_[series.timer.timer];
    const double weight = 1 / sample.rate;
    if (!timer.has_values() && series.timer.sketch == SlotPool<QuantileSketch>::none)
        series.timer.sketch = take_sketch(series.container, sample.name);
    timer.add(sample.value, weight);
    if (series.timer.sketch != SlotPool<QuantileSketch>::none)
        sketches_[series.timer.sketch].add(sample.value, weight);
}

std::uint32_t AppStore::take_sketch(AppContainer container, std::string_view name) {
    AppContainerState& state = containers_[container];
    std::uint32_t sketch = SlotPool<QuantileSketch>::none;
    if (state.sketch_count < capacities_.sketches_per_container) sketch = sketches_.take();
    if (sketch == SlotPool<QuantileSketch>::none) {
        note_overflow(container, AppCount::overflow_sketch, name);
    } else {
        ++state.sketch_count;
    }
    return sketch;
}

const QuantileSketch* AppStore::sketch_of(const AppSeries& series) const {
    return series.timer.sketch == SlotPool<QuantileSketch>::none ? nullptr
                                                                 : &sketches_[series.timer.sketch];
}

// The place tells sets apart: members are forgotten before their set's place is given away.
void AppStore::add_to_set(std::uint32_t place, const StatsdSample& sample) {
    AppSeries& series = series_[place];
    AppContainerState& state = containers_[series.container];
    const std::uint64_t hash = hash_.of(place, sample.text);
    if (members_.has(hash)) return;
    if (state.member_count == capacities_.members_per_container ||
        members_.add(hash, series.set.member_first) == SetMembers::Added::full) {
        series.has_lost_members = true;
        note_overflow(series.container, AppCount::overflow_member, sample.name);
        return;
    }
    ++series.set.member_count;
    ++state.member_count;
}

void AppStore::begin_window(AppSeries& series, std::uint32_t window) {
    if (window <= series.window) return;
    series.window = window;
    if (series.kind == AppKind::timer) {
        finish_timer(series);
    } else {
        finish_set(series);
    }
}

void AppStore::finish_timer(AppSeries& series) {
    Timer& timer = timers_[series.timer.timer];
    if (!timer.has_values()) return;
    timer.finish(sketch_of(series), percentiles());
    series.shown_ns = series.last_ns;
    if (series.timer.sketch != SlotPool<QuantileSketch>::none)
        sketches_[series.timer.sketch].clear();
}

void AppStore::finish_set(AppSeries& series) {
    if (series.set.member_count == 0 && !series.has_lost_members) return;
    series.value = series.has_lost_members ? std::numeric_limits<double>::quiet_NaN()
                                           : series.set.member_count;
    series.shown_ns = series.last_ns;
    members_.drop(series.set.member_first);
    containers_[series.container].member_count -= series.set.member_count;
    series.set.member_count = 0;
    series.has_lost_members = false;
}

}  // namespace nma
