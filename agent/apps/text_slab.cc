#include "agent/apps/text_slab.h"

#include <algorithm>
#include <cstring>

namespace nma {

void TextSlab::init(Arena& arena, const char* part, std::size_t bytes) {
    static_assert(sizeof(Piece) == Arena::alignment_bytes);
    pieces_.init(arena, part, bytes / sizeof(Piece));
}

void TextSlab::put(Cursor& cursor, std::string_view text) {
    while (!text.empty()) {
        if (cursor.offset == sizeof Piece::bytes) {
            const std::uint32_t next = pieces_.take();
            pieces_[cursor.piece].next = next;
            cursor = {next, 0};
        }
        const std::size_t size = std::min(text.size(), sizeof Piece::bytes - cursor.offset);
        std::memcpy(pieces_[cursor.piece].bytes + cursor.offset, text.data(), size);
        cursor.offset += size;
        text.remove_prefix(size);
    }
}

std::uint32_t TextSlab::store(std::string_view a, std::string_view b) {
    if (pieces_for(a.size() + b.size()) > pieces_.free()) return none;
    const std::uint32_t first = pieces_.take();
    Cursor cursor = {first, 0};
    put(cursor, a);
    put(cursor, b);
    return first;
}

bool TextSlab::matches(Cursor& cursor, std::string_view text) const {
    while (!text.empty()) {
        if (cursor.offset == sizeof Piece::bytes) cursor = {pieces_[cursor.piece].next, 0};
        const std::size_t size = std::min(text.size(), sizeof Piece::bytes - cursor.offset);
        const char* const bytes = pieces_[cursor.piece].bytes + cursor.offset;
        if (std::memcmp(bytes, text.data(), size) != 0) return false;
        cursor.offset += size;
        text.remove_prefix(size);
    }
    return true;
}

bool TextSlab::equals(std::uint32_t first, std::string_view a, std::string_view b) const {
    Cursor cursor = {first, 0};
    return matches(cursor, a) && matches(cursor, b);
}

void TextSlab::copy(std::uint32_t first, char* to, std::size_t size) const {
    for (std::uint32_t piece = first; size > 0; piece = pieces_[piece].next) {
        const std::size_t part = std::min(size, sizeof Piece::bytes);
        std::memcpy(to, pieces_[piece].bytes, part);
        to += part;
        size -= part;
    }
}

void TextSlab::release(std::uint32_t first, std::size_t size) {
    std::uint32_t piece = first;
    for (std::size_t left = pieces_for(size); left > 0; --left) {
        const std::uint32_t next = pieces_[piece].next;
        pieces_.give_back(piece);
        piece = next;
    }
}

}  // namespace nma
