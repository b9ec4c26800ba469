// A list of at most N elements that lives where it is declared. Its places are not written before
// they are used, so that a long list of which little is used takes little memory. Elements are not
// destroyed when they are dropped; asking for one that is not there ends the program.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "platform/base/check.h"

namespace nma {

template <class T, std::size_t N>
class FixedList {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    // Not defaulted: with `FixedList{}` that would write zeros to all places.
    FixedList() {}

    // A new element at the end, that stays where it is; null when there is no room.
    [[nodiscard]] T* add() {
        if (is_full()) return nullptr;
        return new (items_ + size_++) T{};
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
        return items_[index];
    }
    const T& operator[](std::size_t index) const {
        NMA_CHECK(index < size_);
        return items_[index];
    }
    T& back() { return (*this)[size_ - 1]; }

    T* begin() { return items_; }
    T* end() { return items_ + size_; }
    const T* begin() const { return items_; }
    const T* end() const { return items_ + size_; }

  private:
    std::size_t size_ = 0;
    union {
        T items_[N];  // those before size_ exist
    };
};

}  // namespace nma
