#include "agent/apps/keyed_hash.h"

#include <endian.h>
#include <sys/random.h>

#include <bit>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

namespace {

struct State {
    std::uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v2 += v3;
        v1 = std::rotl(v1, 13) ^ v0;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 = std::rotl(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = std::rotl(v1, 17) ^ v2;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 = std::rotl(v2, 32);
    }

    void absorb(std::uint64_t word) {
        v3 ^= word;
        round();
        v0 ^= word;
    }

    std::uint64_t finish() {
        v2 ^= 0xff;
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

// Less than eight bytes as a number, the first the lowest. Overlapping pieces agree where they
// overlap.
std::uint64_t tail_of(const char* bytes, std::size_t size) {
    if (size >= 4) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::memcpy(&low, bytes, sizeof low);
        std::memcpy(&high, bytes + size - sizeof high, sizeof high);
        return le32toh(low) | std::uint64_t{le32toh(high)} << (8 * (size - sizeof high));
    }
    std::uint64_t tail = 0;
    for (std::size_t i = 0; i < size; ++i)
        tail |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return tail;
}

// The last word of a text is filled up with zeros.
void absorb_text(State& state, std::string_view text) {
    std::uint64_t word = 0;
    while (text.size() >= sizeof word) {
        std::memcpy(&word, text.data(), sizeof word);
        state.absorb(le64toh(word));
        text.remove_prefix(sizeof word);
    }
    if (!text.empty()) state.absorb(tail_of(text.data(), text.size()));
}

}  // namespace

void KeyedHash::init() {
    NMA_CHECK(getrandom(key_, sizeof key_, 0) == static_cast<ssize_t>(sizeof key_));
}

KeyedHash KeyedHash::with_key(std::uint64_t low, std::uint64_t high) {
    KeyedHash hash;
    hash.key_[0] = low;
    hash.key_[1] = high;
    return hash;
}

// The message is the number, both sizes and both texts, each in whole words: so different texts are
// never the same message. At its end stands, as always with SipHash, its length modulo 256.
std::uint64_t KeyedHash::of(std::uint64_t number, std::string_view a, std::string_view b) const {
    State state = {key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d,
                   key_[0] ^ 0x6c7967656e657261, key_[1] ^ 0x7465646279746573};
    state.absorb(number);
    state.absorb(std::uint64_t{a.size()} << 32 | b.size());
    absorb_text(state, a);
    absorb_text(state, b);
    const std::uint64_t word_count = 2 + (a.size() + 7) / 8 + (b.size() + 7) / 8;
    state.absorb(word_count * 8 << 56);
    return state.finish();
}

}  // namespace nma
