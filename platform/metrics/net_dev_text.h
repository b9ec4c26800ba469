// /proc/net/dev (proc(5)): two header lines, then one for each interface of a network namespace:
//     "  eth0: 1296 16 0 0 0 0 0 0 1020 12 0 0 0 0 0 0"
// eight figures of what came in and eight of what went out. On old kernels a number may follow the
// colon at once; a name may itself have colons. Used for the node and for containers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "platform/base/text_cursor.h"

namespace nma {

struct InterfaceCounters {
    static constexpr std::size_t value_count = 8;

    std::string_view name;  // points into the text
    // Received: bytes, packets, errors, dropped; then sent: the same.
    std::array<std::uint64_t, value_count> values;

    bool is_loopback() const { return name == "lo"; }
};

class NetDevCursor {
  public:
    explicit NetDevCursor(std::string_view text);

    // The next interface. Lines that make no sense are passed over and counted; so is a torn one.
    [[nodiscard]] bool next(InterfaceCounters& counters);

    // Whether the text began as a net/dev does.
    bool has_header() const { return has_header_; }

    std::uint32_t skipped_count() const { return skipped_count_; }

  private:
    LineCursor lines_;
    std::uint32_t skipped_count_ = 0;
    bool has_header_ = false;
    bool is_at_end_ = false;
};

}  // namespace nma
