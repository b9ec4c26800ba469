// Pairs of texts (a name and its tags) in chained pieces of one size, one cache line each. Any
// free piece is as good as any other, so that no order of storing and releasing wastes room.
// Equal texts are stored twice: most series differ in their tags, and what few share is not worth
// a count of its users.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/slot_pool.h"

namespace nma {

class TextSlab {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    void init(Arena& arena, const char* part, std::size_t bytes);

    // Where the pair is from now on; none, and nothing changed, when there is no room.
    std::uint32_t store(std::string_view a, std::string_view b);

    // Whether exactly these are at `first`. The caller knows that the sizes agree.
    bool equals(std::uint32_t first, std::string_view a, std::string_view b) const;

    // Copies the first `size` bytes of the pair, one text right after the other.
    void copy(std::uint32_t first, char* to, std::size_t size) const;

    void release(std::uint32_t first, std::size_t size);

    // What a pair of this size takes, in bytes.
    static std::size_t bytes_for(std::size_t size) { return pieces_for(size) * sizeof(Piece); }

    std::size_t used_bytes() const { return pieces_.used() * sizeof(Piece); }

  private:
    struct Piece {
        std::uint32_t next;
        char bytes[60];
    };
    struct Cursor {
        std::uint32_t piece;
        std::size_t offset;
    };

    static std::size_t pieces_for(std::size_t size) {
        return size == 0 ? 1 : (size + sizeof Piece::bytes - 1) / sizeof Piece::bytes;
    }
    void put(Cursor& cursor, std::string_view text);
    bool matches(Cursor& cursor, std::string_view text) const;

    SlotPool<Piece> pieces_;
};

}  // namespace nma
