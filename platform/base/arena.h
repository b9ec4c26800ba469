// All memory of the agent, set aside once at start. The same layout code runs twice: over a
// measuring arena, which only adds up bytes (that is what `budget` prints), and over a mapped one.
// Mapped pages are zero and cost nothing until they are touched. Nothing is given back
// before the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

namespace nma {

class Arena {
  public:
    struct Part {
        const char* name;
        std::size_t bytes;
    };

    static constexpr std::size_t part_count_max = 64;
    static constexpr std::size_t alignment_bytes = 64;  // a cache line: no false sharing of parts

    // Maps `bytes` of zeroed private memory. False when the system has none to give.
    [[nodiscard]] bool map(std::size_t bytes);

    // Gives everything back; nothing taken may be used any more.
    void unmap();

    bool is_measuring() const { return base_ == nullptr; }

    // Room for `count` elements, all bytes zero. `part` must be a string literal; takes of the
    // same part are added up. Measuring gives a span of null pointer and size 0.
    template <class T>
    std::span<T> take(const char* part, std::size_t count) {
        static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignment_bytes);
        void* memory = take_bytes(part, count * sizeof(T));
        if (memory == nullptr) return {};
        return {static_cast<T*>(memory), count};
    }

    // One object, constructed in place; null while measuring. Never destroyed.
    template <class T>
    T* make(const char* part) {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment_bytes);
        void* memory = take_bytes(part, sizeof(T));
        return memory == nullptr ? nullptr : new (memory) T{};
    }

    // The same of `count` objects; empty while measuring.
    template <class T>
    std::span<T> make_all(const char* part, std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment_bytes);
        void* memory = take_bytes(part, count * sizeof(T));
        if (memory == nullptr) return {};
        for (std::size_t i = 0; i < count; ++i)
            new (static_cast<T*>(memory) + i) T{};
        return {static_cast<T*>(memory), count};
    }

    // As take, for memory whose type the caller knows. Null while measuring.
    void* take_bytes(const char* part, std::size_t bytes);

    std::size_t used_bytes() const { return used_; }
    std::span<const Part> parts() const { return {parts_, part_count_}; }

  private:
    void count_part(const char* name, std::size_t bytes);

    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
    std::size_t used_ = 0;
    Part parts_[part_count_max] = {};
    std::size_t part_count_ = 0;
};

}  // namespace nma
