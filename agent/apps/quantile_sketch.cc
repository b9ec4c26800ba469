#include "agent/apps/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nma {

namespace {

constexpr double sixteenths = 16;

// Buckets from x to growth * x: their middle is 1 % from both ends.
constexpr double growth =
    (1 + QuantileSketch::relative_error_max) / (1 - QuantileSketch::relative_error_max);

// ln(growth) and ln(magnitude_min): <cmath> has no constant functions. A test compares them.
constexpr double log_of_growth = 0.020000666706669435;
constexpr double log_of_magnitude_min = -20.72326583694641;

std::uint32_t saturated(std::uint32_t count, double more) {
    constexpr double most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(most, count + std::round(more)));
}

}  // namespace

std::int32_t QuantileSketch::key_of(double value) {
    const double magnitude = std::fabs(value);
    if (magnitude < magnitude_min) return 0;
    const double steps = (std::log(magnitude) - log_of_magnitude_min) / log_of_growth;
    const auto key = 1 + static_cast<std::int32_t>(std::max(0.0, std::floor(steps)));
    return value < 0 ? -key : key;
}

double QuantileSketch::value_of(std::int32_t key) {
    if (key == 0) return 0;
    const double border = std::exp((std::abs(key) - 1) * log_of_growth + log_of_magnitude_min);
    const double middle = border * 2 * growth / (1 + growth);
    return key < 0 ? -middle : middle;
}

void QuantileSketch::clear() {
    std::fill(buckets_ + low_, buckets_ + end_, 0U);
    low_ = 0;
    end_ = 0;
    is_collapsed_ = false;
}

void QuantileSketch::add(double value, double weight) {
    std::uint32_t& bucket = bucket_for(key_of(value));
    bucket = saturated(bucket, weight * sixteenths);
}

// The first value comes into the middle, for the next may be larger or smaller.
std::uint32_t& QuantileSketch::bucket_for(std::int32_t key) {
    if (low_ == end_) {
        base_ = key - bucket_count / 2;
        low_ = bucket_count / 2;
        end_ = low_ + 1;
        return buckets_[low_];
    }
    if (key - base_ >= bucket_count) shift_down(key - base_ - (bucket_count - 1));
    if (key < base_ && !is_collapsed_) shift_up(std::min(base_ - key, bucket_count - end_));
    if (key < base_) is_collapsed_ = true;
    const std::int32_t at = std::max(0, key - base_);
    low_ = std::min(low_, at);
    end_ = std::max(end_, at + 1);
    return buckets_[at];
}

// Makes room above; what falls out below is added to the first bucket.
void QuantileSketch::shift_down(std::int32_t count) {
    for (std::int32_t at = low_; at < end_; ++at) {
        const std::uint32_t moved = buckets_[at];
        if (moved == 0) continue;
        if (at < count) is_collapsed_ = true;
        buckets_[at] = 0;
        std::uint32_t& target = buckets_[std::max(0, at - count)];
        target = saturated(target, moved);
    }
    base_ += count;
    low_ = std::max(0, low_ - count);
    end_ = std::max(1, end_ - count);
}

void QuantileSketch::shift_up(std::int32_t count) {
    if (count <= 0) return;
    std::uint32_t* const end = buckets_ + end_;
    std::copy_backward(buckets_ + low_, end, end + count);
    std::fill(buckets_ + low_, buckets_ + std::min(low_ + count, end_), 0U);
    base_ -= count;
    low_ += count;
    end_ += count;
}

bool QuantileSketch::quantile(double percent, double& value) const {
    double total = 0;
    for (std::int32_t at = low_; at < end_; ++at)
        total += buckets_[at];
    if (total == 0) return false;
    const double wanted = total * percent / 100;
    double seen = 0;
    std::int32_t at = low_ - 1;
    while (at < end_ - 1 && seen < wanted)
        seen += buckets_[++at];
    if (at == 0 && is_collapsed_) return false;
    value = value_of(base_ + at);
    return true;
}

}  // namespace nma
