// Keys with values as one text, "key\0value\0" and so on, in memory that somebody else set aside.
// It is short: a search looks at all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nma {

class PairText {
  public:
    // What becomes of a key that is there already.
    enum class Twin : std::uint8_t { keep_first, keep_last };

    explicit PairText(std::span<char> memory) : memory_(memory) {}

    // False, and nothing changed, when there is no room, the key is empty, or either has a NUL in
    // it. Neither may lie in this text. A last twin stands at the end.
    [[nodiscard]] bool set(std::string_view key, std::string_view value, Twin twin);

    std::string_view view() const { return {memory_.data(), size_}; }

  private:
    std::span<char> memory_;
    std::size_t size_ = 0;
};

// Takes the first pair off such a text. False when there is none (any more).
[[nodiscard]] bool take_pair(std::string_view& pairs, std::string_view& key,
                             std::string_view& value);

// The value of that key; false, and `value` unchanged, when it is not there.
[[nodiscard]] bool find_pair(std::string_view pairs, std::string_view key, std::string_view& value);

}  // namespace nma
