// How many lines may be written: 60 at once, and one more for each second. Any number of threads
// may ask at the same time; nobody waits. One number tells all: the moment at which the room is
// whole again (the generic cell rate algorithm of ITU-T I.371, read as a token bucket).
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/limits.h"

namespace nma {

class LineLimit {
  public:
    // Whether a line may be written at this moment of a clock that never goes back. If not, it is
    // counted as left out.
    bool take(std::uint64_t now_ns);

    // Lines that were left out since the last call.
    std::uint32_t take_left_out() { return left_out_count_.exchange(0, std::memory_order_relaxed); }

  private:
    static constexpr std::uint64_t room_ns = limits::log_burst_lines * limits::log_line_interval_ns;

    std::atomic<std::uint64_t> whole_at_ns_ = 0;
    std::atomic<std::uint32_t> left_out_count_ = 0;
};

}  // namespace nma
