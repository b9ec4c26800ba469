// Units of time, for code that counts in nanoseconds.
#pragma once

#include <cstdint>

namespace nma {

inline constexpr std::uint64_t ns_per_second = 1'000'000'000;

}  // namespace nma
