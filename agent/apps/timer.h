// What a timer says of one window: of its values in the running window, and of the last one that
// is finished.
#pragma once

#include <cstdint>
#include <span>

#include "agent/apps/quantile_sketch.h"
#include "platform/limits.h"

namespace nma {

// Which percentiles timers have: whole numbers from 1 to 99.
using Percentiles = std::span<const std::uint8_t>;

// Each value is weighted by 1 / rate.
struct TimerSummary {
    double count = 0;  // sum of weights, rounded
    double sum = 0;
    double mean = 0;
    double stddev = 0;  // of these values themselves, not an estimate for others
    double lower = 0;
    double upper = 0;
    double percentiles[limits::app_percentile_count_max] = {};  // NaN: there is no answer
};

// All bytes zero is a timer without values.
class Timer {
  public:
    void clear() { *this = Timer{}; }

    void add(double value, double weight);

    bool has_values() const { return count_ > 0; }
    bool has_finished() const { return has_finished_; }

    // Of the running window. Without a sketch (null) there are no percentiles.
    TimerSummary summary(const QuantileSketch* sketch, Percentiles percentiles) const;
    // Ends the running window, which must have values, and begins a new one.
    void finish(const QuantileSketch* sketch, Percentiles percentiles);
    const TimerSummary& finished() const { return finished_; }

  private:
    double count_ = 0;
    double sum_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // weighted squares of the distances from the mean
    double lower_ = 0;
    double upper_ = 0;
    bool has_finished_ = false;
    TimerSummary finished_;
};

}  // namespace nma
