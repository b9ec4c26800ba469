// Whether a container did anything since it was last read in full. Reading everything of a
// container that sleeps is a waste: three cheap figures show that it does.
#pragma once

#include <array>
#include <cstdint>

namespace nma {

// CPU time, memory in use and number of tasks, as the kernel counts them.
struct ProbeValues {
    static constexpr std::size_t count = 3;
    static constexpr std::uint8_t cpu_bit = 1;
    static constexpr std::uint8_t pids_bit = 4;

    std::array<std::uint64_t, count> value = {};
    std::uint8_t present = 0;  // bit per value

    // Without CPU time or tasks too little is known.
    bool shows_rest_since(const ProbeValues& before) const {
        constexpr std::uint8_t needed = cpu_bit | pids_bit;
        return (present & needed) == needed && present == before.present && value == before.value;
    }
};

// Times are since boot.
struct Activity {
    std::uint64_t found_at_ns = 0;
    std::uint64_t read_at_ns = 0;     // in full, for a snapshot; 0: not yet
    std::uint64_t interim_at_ns = 0;  // when to read it between ticks; 0: not
    ProbeValues before_reading;       // looked up before a full reading, so it holds for that
    bool is_resting = false;
    std::uint8_t ticks_to_probe = 0;  // while it is busy, only some readings are worth a probe
};

}  // namespace nma
