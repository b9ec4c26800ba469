// Bounded writing. Appending past the end writes nothing and is remembered, so that a writer can
// append many times and ask once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/status.h"

namespace nma {

class TextSink {
  public:
    explicit TextSink(std::span<char> memory) : memory_(memory) {}

    void append(std::string_view text);
    void append(char c);
    void append_u64(std::uint64_t value);
    void append_i64(std::int64_t value);

    // value / 10^decimals, exactly, without superfluous zeros: (1230, 2) is "12.3", (500, 2) is
    // "5".
    void append_decimal(std::uint64_t value, unsigned decimals);
    void append_decimal_signed(std::int64_t value, unsigned decimals);

    // RFC 3339 in UTC, whole seconds: "2018-04-09T23:46:16Z". From nanoseconds since 1970.
    void append_rfc3339(std::uint64_t realtime_ns);

    // ok, or full once anything did not fit; stays full until rewind.
    Status status() const { return status_; }
    std::size_t size() const { return size_; }
    std::string_view view() const { return {memory_.data(), size_}; }

    // Cuts back to a size() of earlier and forgets that something did not fit since.
    void rewind(std::size_t size);

  private:
    void append_padded(std::uint64_t value, unsigned digits);

    std::span<char> memory_;
    std::size_t size_ = 0;
    Status status_ = Status::ok;
};

}  // namespace nma
