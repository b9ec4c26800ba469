// JSON without the heap: cJSON's trees in memory that was set aside at start.
//
// cJSON has one pair of allocation hooks for the whole process. They are set once, at start, and
// give memory of the arena in which the calling thread is parsing. A thread that is parsing in
// none gets the C library's: the configuration is read so, before any other thread is there. After
// start cJSON is used only through here, each arena by one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/status.h"

struct cJSON;

namespace nma {

class JsonArena {
  public:
    // Sets the memory aside as that part, and cJSON's hooks. At start, while there is only one
    // thread.
    void init(Arena& arena, const char* part, std::size_t bytes);

    // All trees of before are gone.
    void reset() { used_bytes_ = 0; }

    // All of `text` as one JSON value; the tree is good until reset, never freed, and must not be
    // changed. malformed: not JSON, nested deeper than cJSON goes (1,000), or with a NUL in it,
    // which would end a string early. full: the tree has no room. Untouched unless ok. Where it
    // is malformed, `stop_offset` (unless null) is about where: at most the size of the text.
    Status parse(std::string_view text, const cJSON*& tree, std::size_t* stop_offset = nullptr);

    // For cJSON's hooks. Null, and remembered, when there is no room.
    void* take(std::size_t bytes);

  private:
    std::span<std::byte> memory_;
    std::size_t used_bytes_ = 0;
    bool is_full_ = false;
};

}  // namespace nma
