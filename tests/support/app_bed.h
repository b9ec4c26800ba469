// A store of applications' figures, packets for it, and what it shows, as one text.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/app_store.h"

namespace nma {

inline constexpr std::uint64_t second_ns = 1'000'000'000;

struct AppBed {
    Arena arena;
    AppStore store;
    AppContainer container = no_app_container;  // "c", open from the start
    std::uint64_t now_ns = 1000 * second_ns;    // at the very begin of a window

    // False when there is no memory.
    bool make(const AppCapacities& capacities, const AppOptions& options = {});
    void give_back();

    // Hands a packet over as if it had come from `container`; malformed lines are noted.
    void send(std::string_view packet);
    void put(std::string_view name, std::string_view tags, double value, std::uint32_t group);

    // Lets time pass, with a look for what is over at the end of each second.
    void wait_s(std::uint32_t seconds);

    // "name{key=value}=number" for each datapoint, with blanks between; "none" when `each` said
    // that there is none. Good until the next call.
    const char* shown(std::string_view metric_id = {}, std::string_view container_id = "c") const;

    std::uint64_t count(AppCount what) const { return store.counts(container)[what]; }
};

}  // namespace nma
