#include "api/json_members.h"

#include <algorithm>
#include <cstdint>

#include "api/json_writer.h"
#include "platform/base/pair_text.h"

namespace nma {

namespace {

// Walks over the pairs of all texts.
struct PairCursor {
    std::span<const std::string_view> texts;
    std::string_view rest;

    bool next(std::string_view& key, std::string_view& value) {
        while (!take_pair(rest, key, value)) {
            if (texts.empty()) return false;
            rest = texts.front();
            texts = texts.subspan(1);
        }
        return true;
    }
};

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

// One character as it comes out.
std::string_view take_shown(std::string_view& text) {
    std::size_t bytes = 0;
    const std::size_t good = utf8_sequence_bytes(text, bytes);
    const std::string_view shown = good == 0 ? "\xEF\xBF\xBD" : text.substr(0, good);
    text.remove_prefix(good == 0 ? bytes : good);
    return shown;
}

// What is ASCII ends every sequence, good or bad, and stands for itself alone: where two texts part
// at such a character, or at an end, they come out different.
bool come_out_the_same(std::string_view a, std::string_view b) {
    const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (in_a == a.end() && in_b == b.end()) return true;
    if ((in_a == a.end() || is_ascii(*in_a)) && (in_b == b.end() || is_ascii(*in_b))) return false;
    while (!a.empty() && !b.empty()) {
        if (take_shown(a) != take_shown(b)) return false;
    }
    return a.empty() && b.empty();
}

// Whether one of the first `count` keys is the same as this one.
bool has_twin(std::span<const std::string_view> texts, std::size_t count, std::string_view key) {
    PairCursor pairs = {.texts = texts, .rest = {}};
    std::string_view other;
    std::string_view value;
    for (; count > 0 && pairs.next(other, value); --count) {
        if (come_out_the_same(other, key)) return true;
    }
    return false;
}

// Where the program lies is random: nobody can choose keys for their hashes.
std::uint64_t hash_seed() {
    static constexpr char place = 0;
    return reinterpret_cast<std::uintptr_t>(&place);
}

// Of the key as it comes out.
std::uint64_t hash_of(std::string_view key) {
    std::uint64_t hash = hash_seed();
    const auto mix = [&hash](char c) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
    };
    while (!key.empty()) {
        if (!is_ascii(key[0])) {
            for (const char c : take_shown(key))
                mix(c);
            continue;
        }
        mix(key[0]);
        key.remove_prefix(1);
    }
    return hash;
}

// Hashes of the first keys. Comparing all keys themselves would let one sender with odd bytes in
// its tags hold up everybody for a second.
class SeenKeys {
  public:
    // False: it is none of those before. Then it is one of them.
    bool may_have(std::uint64_t hash) {
        if (count_ == hash_count_max) return true;
        if (std::find(hashes_, hashes_ + count_, hash) != hashes_ + count_) return true;
        hashes_[count_++] = hash;
        return false;
    }

  private:
    // As many as an application and a usual configuration have tags.
    static constexpr std::size_t hash_count_max = 128;

    std::uint64_t hashes_[hash_count_max];
    std::size_t count_ = 0;
};

}  // namespace

void append_json_member(TextSink& sink, std::string_view key, std::string_view value,
                        bool& is_first) {
    if (!is_first) sink.append(',');
    is_first = false;
    append_json_string(sink, key);
    sink.append(':');
    append_json_string(sink, value);
}

void append_json_pairs(TextSink& sink, std::span<const std::string_view> texts) {
    PairCursor pairs = {.texts = texts, .rest = {}};
    std::string_view key;
    std::string_view value;
    SeenKeys seen;
    bool is_first = true;
    sink.append('{');
    for (std::size_t i = 0; sink.status() == Status::ok && pairs.next(key, value); ++i) {
        if (seen.may_have(hash_of(key)) && has_twin(texts, i, key)) continue;
        append_json_member(sink, key, value, is_first);
    }
    sink.append('}');
}

}  // namespace nma
