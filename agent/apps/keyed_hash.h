// A hash whose values nobody outside can foresee: SipHash-1-3 (Aumasson and Bernstein, 2012) with a
// random key of this process. So no sender can choose names that all fall into one place of a
// table.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma {

class KeyedHash {
  public:
    // Takes a key from the kernel.
    void init();

    // Of a number and two texts of less than 4 GiB; the border between these counts.
    std::uint64_t of(std::uint64_t number, std::string_view a, std::string_view b = {}) const;

    // A key that is known, for the algorithm's test.
    static KeyedHash with_key(std::uint64_t low, std::uint64_t high);

  private:
    std::uint64_t key_[2] = {};
};

}  // namespace nma
