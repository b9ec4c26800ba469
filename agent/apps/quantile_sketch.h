// Quantiles of a stream in fixed memory (8 KiB): counts in buckets whose borders grow by a constant
// factor, after DDSketch (Masson, Rim and Lee, VLDB 2019).
//
// What a quantile says differs from the true one by at most 1 % of it:
// - magnitudes from 1e-9 up to the largest double; what is smaller counts as 0;
// - of positive and negative values, of both together, and of weights;
// - as far as it lies in the 2048 buckets below the largest value: 17.7 decades if all are
//   positive. What lies lower is collapsed into one bucket, and a quantile that falls there has no
//   answer. When there are negative values, too, their buckets and those down to 1e-9 count among
//   the 2048.
// Weights are kept in sixteenths, and 268 million of them in one bucket; it counts no further then.
#pragma once

#include <cstdint>

namespace nma {

// All bytes zero is a sketch without values.
class QuantileSketch {
  public:
    static constexpr double relative_error_max = 0.01;
    static constexpr double magnitude_min = 1e-9;
    static constexpr std::int32_t bucket_count = 2048;

    void clear();

    // A finite value that stands for `weight` (1 or more) of its kind.
    void add(double value, double weight);

    // The smallest value to which at least `percent` (above 0, at most 100) of the weight are less
    // or equal. False, and `value` unchanged, when there is none or it was collapsed.
    [[nodiscard]] bool quantile(double percent, double& value) const;

  private:
    // Values in ascending order have ascending keys: 0 is for 0, -n for the negative of n.
    static std::int32_t key_of(double value);
    static double value_of(std::int32_t key);

    std::uint32_t& bucket_for(std::int32_t key);
    void shift_up(std::int32_t count);
    void shift_down(std::int32_t count);

    std::int32_t base_ = 0;  // key of the first bucket
    std::int32_t low_ = 0;   // buckets in use: from low_ to before end_
    std::int32_t end_ = 0;
    bool is_collapsed_ = false;  // the first bucket has values of lower keys, too
    std::uint32_t buckets_[bucket_count] = {};
};

}  // namespace nma
