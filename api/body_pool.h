// Memory for the bodies of answers on their way to clients. A body is a run of whole pages; it
// is held until the last client that gets it has it. Used by the server's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/base/arena.h"

namespace nma {

class BodyPool {
  public:
    static constexpr std::size_t page_bytes = 4096;

    void init(Arena& arena, std::size_t bytes);

    // The longest run of free pages, for a writer that does not know yet how much it will write.
    // Nothing is taken yet; empty when all is in use.
    std::span<char> longest_free() const;

    // Takes the pages at the start of `run` (from longest_free) that `used_bytes` bytes need, at
    // least one.
    void take(std::span<char> run, std::size_t used_bytes);

    // Gives the run back that starts at `body`.
    void give_back(const char* body);

    std::size_t pages_in_use() const { return pages_in_use_; }

  private:
    std::span<char> memory_;
    // By page: at the start of a taken run its length in pages, 0 elsewhere.
    std::span<std::uint32_t> run_pages_;
    std::size_t pages_in_use_ = 0;
};

}  // namespace nma
