// Things of one size in arena memory, taken and given back in any order, for ever.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "platform/base/arena.h"
#include "platform/base/check.h"

namespace nma {

template <class T>
class SlotPool {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    static constexpr std::uint32_t none = 0xffffffff;

    void init(Arena& arena, const char* part, std::size_t count_max) {
        items_ = arena.take<T>(part, count_max);
        free_ = arena.take<std::uint32_t>(part, count_max);
        fresh_ = 0;
        free_count_ = 0;
    }

    // What is in it is what the last owner left, zeros at first. None when all are taken.
    std::uint32_t take() {
        if (free_count_ > 0) return free_[--free_count_];
        return fresh_ < items_.size() ? fresh_++ : none;
    }

    void give_back(std::uint32_t place) {
        NMA_CHECK(place < fresh_ && free_count_ < fresh_);
        free_[free_count_++] = place;
    }

    T& operator[](std::uint32_t place) {
        NMA_CHECK(place < fresh_);
        return items_[place];
    }
    const T& operator[](std::uint32_t place) const {
        NMA_CHECK(place < fresh_);
        return items_[place];
    }

    std::size_t used() const { return fresh_ - free_count_; }
    std::size_t free() const { return items_.size() - used(); }

    // All places that were ever taken are below it.
    std::uint32_t end() const { return fresh_; }

  private:
    std::span<T> items_;
    std::span<std::uint32_t> free_;
    std::uint32_t fresh_ = 0;
    std::uint32_t free_count_ = 0;
};

}  // namespace nma
