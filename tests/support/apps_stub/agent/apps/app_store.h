// STUB, to be deleted when agent/apps has the real one: sums the values of each container.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/statsd_packet.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/metrics/app_datapoint.h"

namespace nma {

using AppContainer = std::uint32_t;
inline constexpr AppContainer no_app_container = 0xffffffff;

enum class AppCount : std::uint8_t {
    malformed_line,
    dropped_packet,
    truncated_packet,
    skipped_event,
    skipped_service_check,
    sample,
};

struct AppCounts {
    std::uint64_t values[6];

    std::uint64_t operator[](AppCount what) const { return values[static_cast<int>(what)]; }
};

struct AppCapacities {
    std::size_t containers = 16;
};

class AppStore {
  public:
    void init(Arena& arena, const AppCapacities& capacities) {
        capacity_ = static_cast<std::uint32_t>(capacities.containers);
        entries_ = arena.take<Entry>("stub", capacities.containers);
    }
    AppContainer find(std::string_view id) const {
        for (std::uint32_t i = 0; i < capacity_; ++i)
            if (entries_[i].id.view() == id && !id.empty()) return i;
        return no_app_container;
    }
    AppContainer open(std::string_view id) {
        const AppContainer found = find(id);
        if (found != no_app_container) return found;
        for (std::uint32_t i = 0; i < capacity_; ++i)
            if (entries_[i].id.empty()) return entries_[i].id.assign(id) ? i : no_app_container;
        return no_app_container;
    }
    void close(AppContainer container) { entries_[container] = Entry{}; }
    void apply(AppContainer container, const StatsdSample& sample, std::uint64_t) {
        entries_[container].sum += sample.value;
        note(container, AppCount::sample, 1);
    }
    void note(AppContainer container, AppCount what, std::uint64_t count) {
        totals_.values[static_cast<int>(what)] += count;
        if (container == no_app_container) return;
        entries_[container].counts.values[static_cast<int>(what)] += count;
    }
    AppCounts counts(AppContainer container) const { return entries_[container].counts; }
    const AppCounts& totals() const { return totals_; }
    AppSource source() const { return {this, each, nullptr}; }

  private:
    struct Entry {
        FixedText<256> id;
        double sum;
        AppCounts counts;
    };

    static bool each(const void* self, std::string_view id, std::string_view,
                     void (*take)(void* context, const AppDatapoint& datapoint), void* context) {
        const auto& store = *static_cast<const AppStore*>(self);
        const AppContainer found = store.find(id);
        if (found == no_app_container) return false;
        AppDatapoint datapoint;
        datapoint.value = store.entries_[found].sum;
        take(context, datapoint);
        return true;
    }

    std::uint32_t capacity_ = 0;
    std::span<Entry> entries_;
    AppCounts totals_ = {};
};

}  // namespace nma
