// One line a minute for each address and cause that fails, however often it does: "ADDRESS: CAUSE
// (and 17 more like it)". Whoever has many addresses cannot flood the log either: it has a bound
// of lines a minute, and what goes beyond is counted and told once that minute is over.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

// Where lines go. `line` ends in NUL, has no newline, and is good for the length of the call.
struct FailureSink {
    void (*write)(void* context, const char* line) = nullptr;
    void* context = nullptr;
};

class FailureLog {
  public:
    // `what` begins each line and lasts: "refused". `sink` gets the lines.
    void init(Arena& arena, const char* what, FailureSink sink);

    // Somebody at `address` (text without a port; or a socket's path) failed because of `cause`, a
    // clause that never holds a secret: it is written down. `now_ns` never goes back. What does
    // not fit into 127 bytes of either is cut off, and then not told apart.
    void note(std::string_view address, std::string_view cause, std::uint64_t now_ns);

  private:
    using Text = FixedText<128>;

    struct Entry {
        Text address;
        Text cause;
        std::uint64_t written_at_ns;  // 0: a free entry
        std::uint64_t unwritten_count;
    };

    Entry* find(const Text& address, const Text& cause);
    Entry& take_oldest();
    bool take_line(std::uint64_t now_ns);
    void write(Entry& entry, std::uint64_t now_ns);
    void tell_untold(std::uint64_t now_ns);

    const char* what_ = "";
    FailureSink sink_;
    std::span<Entry> entries_;
    std::uint64_t minute_began_at_ns_ = 0;
    std::size_t lines_in_minute_ = 0;
    std::uint64_t untold_count_ = 0;  // failures that no entry counts
};

}  // namespace nma
