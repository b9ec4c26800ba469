// A list of at most N elements that lives where it is declared. Its places are not written before
// they are used, so that a long list of which little is used takes little memory.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "platform/base/check.h"

namespace nma {

template <class T, std::size_t N>
class FixedList {
    static_assert(std::is_trivially_destructible_v<T>);

  public:
    // A new element at the end, that stays where it is; null when there is no room.
    [[nodiscard]] T* add() {
        return size_ == N ? nullptr : new (memory_ + size_++ * sizeof(T)) T{};
    }

    void drop_last() {
        NMA_CHECK(size_ > 0);
        --size_;
    }

    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool is_full() const { return size_ == N; }

    T& operator[](std::size_t index) {
        NMA_CHECK(index < size_);
        return begin()[index];
    }
    const T& operator[](std::size_t index) const {
        NMA_CHECK(index < size_);
        return begin()[index];
    }
    T& back() { return (*this)[size_ - 1]; }

    T* begin() { return std::launder(reinterpret_cast<T*>(memory_)); }
    T* end() { return begin() + size_; }
    const T* begin() const { return std::launder(reinterpret_cast<const T*>(memory_)); }
    const T* end() const { return begin() + size_; }

  private:
    std::size_t size_ = 0;
    alignas(T) std::byte memory_[N * sizeof(T)];  // not set to anything, see above
};

}  // namespace nma
