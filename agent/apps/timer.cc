#include "agent/apps/timer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nma {

// The mean moves with each value (Welford 1962, with weights by West 1979): a difference of two
// large sums would lose the small spread of large values.
void Timer::add(double value, double weight) {
    if (count_ == 0) {
        lower_ = value;
        upper_ = value;
    }
    lower_ = std::min(lower_, value);
    upper_ = std::max(upper_, value);
    count_ += weight;
    sum_ += weight * value;
    const double distance = value - mean_;
    mean_ += distance * (weight / count_);
    squares_ += weight * distance * (value - mean_);
}

TimerSummary Timer::summary(const QuantileSketch* sketch, Percentiles percentiles) const {
    TimerSummary summary;
    summary.count = std::round(count_);
    summary.sum = sum_;
    summary.mean = mean_;
    summary.stddev = std::sqrt(squares_ / count_);
    summary.lower = lower_;
    summary.upper = upper_;
    for (std::size_t i = 0; i < percentiles.size(); ++i) {
        double& percentile = summary.percentiles[i];
        if (sketch != nullptr && sketch->quantile(percentiles[i], percentile)) {
            percentile = std::clamp(percentile, lower_, upper_);
        } else {
            percentile = std::numeric_limits<double>::quiet_NaN();
        }
    }
    return summary;
}

void Timer::finish(const QuantileSketch* sketch, Percentiles percentiles) {
    const TimerSummary finished = summary(sketch, percentiles);
    clear();
    finished_ = finished;
    has_finished_ = true;
}

}  // namespace nma
