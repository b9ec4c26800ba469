// A list over memory that somebody else set aside: it never grows past it.
// Elements must be trivially copyable, because arena memory is used as it was mapped (all zero).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "platform/base/check.h"

namespace nma {

template <class T>
class BoundedList {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    BoundedList() = default;
    explicit BoundedList(std::span<T> memory) : memory_(memory) {}

    // False, and nothing changed, when there is no room.
    [[nodiscard]] bool push(const T& element) {
        if (size_ == memory_.size()) return false;
        memory_[size_++] = element;
        return true;
    }

    // All of them or, when there is no room for all, none.
    [[nodiscard]] bool append(std::span<const T> elements) {
        if (elements.size() > memory_.size() - size_) return false;
        if (!elements.empty())
            std::memcpy(memory_.data() + size_, elements.data(), elements.size_bytes());
        size_ += elements.size();
        return true;
    }

    // Cuts back to a size that size() gave earlier.
    void resize_down(std::size_t size) {
        NMA_CHECK(size <= size_);
        size_ = size;
    }

    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return memory_.size(); }
    bool empty() const { return size_ == 0; }

    T& operator[](std::size_t index) {
        NMA_CHECK(index < size_);
        return memory_[index];
    }
    const T& operator[](std::size_t index) const {
        NMA_CHECK(index < size_);
        return memory_[index];
    }

    T* begin() { return memory_.data(); }
    T* end() { return memory_.data() + size_; }
    const T* begin() const { return memory_.data(); }
    const T* end() const { return memory_.data() + size_; }

  private:
    std::span<T> memory_;
    std::size_t size_ = 0;
};

}  // namespace nma
