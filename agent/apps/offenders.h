// Which metric overflows most, in fixed memory: the space-saving counter (Metwally, Agrawal and El
// Abbadi, 2005) with limits::app_offender_count_max places. A metric with more than a fourth of all
// overflows is surely among them. A count may be too high, by no more than a fourth of all, and is
// never too low.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

// All bytes zero is one without overflows.
class Offenders {
  public:
    struct Offender {
        std::uint64_t count = 0;
        FixedText<limits::app_name_bytes_max + 1> name;
    };

    void clear() { *this = Offenders{}; }

    // Longer names than any metric may have are cut off.
    void note(std::string_view name);

    const Offender& worst() const;

  private:
    Offender offenders_[limits::app_offender_count_max] = {};
};

}  // namespace nma
