// A text of at most N - 1 bytes that lives where it is declared and always ends in NUL, so that
// it can be handed to system calls. Trivially copyable; all bytes zero is the empty text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace nma {

template <std::size_t N>
class FixedText {
    static_assert(N > 1 && N <= 65536);

  public:
    static constexpr std::size_t bytes_max = N - 1;

    // Replaces the content. False, and nothing changed, when it does not fit.
    [[nodiscard]] bool assign(std::string_view text) {
        if (text.size() > bytes_max) return false;
        if (!text.empty()) std::memmove(data_, text.data(), text.size());
        size_ = static_cast<std::uint32_t>(text.size());
        data_[size_] = '\0';
        return true;
    }

    // Adds to the end. False, and nothing changed, when it does not fit.
    [[nodiscard]] bool append(std::string_view text) {
        if (text.size() > bytes_max - size_) return false;
        if (!text.empty()) std::memcpy(data_ + size_, text.data(), text.size());
        size_ += static_cast<std::uint32_t>(text.size());
        data_[size_] = '\0';
        return true;
    }

    // Cuts back to a length that size() gave earlier.
    void resize_down(std::size_t bytes) {
        if (bytes < size_) size_ = static_cast<std::uint32_t>(bytes);
        data_[size_] = '\0';
    }

    void clear() { resize_down(0); }
    std::string_view view() const { return {data_, size_}; }
    const char* c_str() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

  private:
    std::uint32_t size_ = 0;
    char data_[N] = {};
};

}  // namespace nma
