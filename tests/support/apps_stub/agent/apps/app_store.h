// STUB, to be deleted when agent/apps has the real one: sums the values of each container, and has
// room for as many as AppStore::capacity says.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/statsd_packet.h"
#include "platform/base/fixed_text.h"

namespace nma {

using AppContainer = std::uint32_t;
inline constexpr AppContainer no_app_container = 0xffffffff;

enum class AppCount : std::uint8_t { malformed_line, dropped_packet, overflow, skipped_event };

class AppStore {
  public:
    static constexpr std::uint32_t capacity = 16;

    struct Entry {
        FixedText<256> id;
        double sum;
        std::uint64_t sample_count;
        std::uint64_t notes[4];
    };

    AppContainer find(std::string_view id) const {
        for (std::uint32_t i = 0; i < capacity; ++i)
            if (entries[i].id.view() == id) return i;
        return no_app_container;
    }
    AppContainer open(std::string_view id) {
        const AppContainer found = find(id);
        if (found != no_app_container) return found;
        for (std::uint32_t i = 0; i < capacity; ++i)
            if (entries[i].id.empty()) return entries[i].id.assign(id) ? i : no_app_container;
        return no_app_container;
    }
    void close(AppContainer container) { entries[container] = Entry{}; }
    void apply(AppContainer container, const StatsdSample& sample, std::uint64_t) {
        entries[container].sum += sample.value;
        ++entries[container].sample_count;
    }
    void note(AppContainer container, AppCount what, std::uint64_t count) {
        entries[container].notes[static_cast<int>(what)] += count;
    }

    Entry entries[capacity] = {};
};

}  // namespace nma
