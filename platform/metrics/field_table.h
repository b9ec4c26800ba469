// Keyed kernel text ("MemTotal:  16 kB", "oom_kill 3"): a table of rows says which keys become
// which figures. Unknown keys are passed over, for kernels add some; a known key with something
// other than a number is malformed.
//
// Of a table of rows the compiler makes keys for scanners, and specs; itself it is not in the
// program. A row repeats its key's fields, so that it is written in one pair of braces.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/status.h"
#include "platform/metrics/metric.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

struct FieldKey {
    std::string_view key;      // as the kernel writes it, without a colon
    std::uint64_t multiplier;  // kernel's unit to the spec's: 1024 for kB
};

struct FieldRow {
    using Key = FieldKey;
    std::string_view key;
    std::uint64_t multiplier;
    MetricSpec spec;

    constexpr FieldKey without_spec() const { return {key, multiplier}; }
};

// The keys of a table, in its order; for a constexpr variable.
template <class Row, std::size_t N>
constexpr std::array<typename Row::Key, N> keys_of(const Row (&rows)[N]) {
    std::array<typename Row::Key, N> keys = {};
    for (std::size_t i = 0; i < N; ++i)
        keys[i] = rows[i].without_spec();
    return keys;
}

// The specs of a table whose rows have one each, in its order: row index == spec index.
template <class Row, std::size_t N>
constexpr std::array<MetricSpec, N> specs_of(const Row (&rows)[N]) {
    std::array<MetricSpec, N> specs = {};
    for (std::size_t i = 0; i < N; ++i)
        specs[i] = rows[i].spec;
    return specs;
}

inline constexpr std::size_t field_count_max = 192;

// What was found: values by row index.
struct FieldValues {
    std::array<std::uint64_t, field_count_max> value;
    std::array<bool, field_count_max> is_present;
};

// Where the keys of a large table are, so that a key that is not in it is known at once: vmstat and
// memory.stat have many of those. Made at compile time: constexpr auto index = index_of(keys).
struct FieldIndex {
    std::array<std::uint8_t, 256> slots;  // open addressing; row + 1, 0 is empty
};

constexpr std::uint8_t field_hash(std::string_view key) {
    if (key.empty()) return 0;
    const auto at = [key](std::size_t i) { return static_cast<unsigned char>(key[i]); };
    const std::size_t last = key.size() - 1;
    return static_cast<std::uint8_t>(key.size() * 7 + at(0) + at(last / 2) * 5U +
                                     at(last * 3 / 4) * 3U + at(last) * 11U);
}

template <std::size_t N>
constexpr FieldIndex index_of(const std::array<FieldKey, N>& keys) {
    static_assert(N <= 128, "half of the slots stay free, so that searches are short");
    FieldIndex index = {};
    for (std::size_t i = 0; i < N; ++i) {
        std::uint8_t slot = field_hash(keys[i].key);
        while (index.slots[slot] != 0)
            ++slot;
        index.slots[slot] = static_cast<std::uint8_t>(i + 1);
    }
    return index;
}

// The row of `key`, keys.size() when there is none. Kernels write their keys in the same order for
// years: `hint`, the row after the last hit, is tried first.
std::size_t find_field(std::span<const FieldKey> keys, std::string_view key, std::size_t hint = 0);
std::size_t find_field(std::span<const FieldKey> keys, const FieldIndex& index,
                       std::string_view key);

// Scans lines of "key value …" or "key: value …" (a colon at the end of the key is not part of
// it). Rows in the kernel's own order are found without searching. ok or malformed; a key that
// comes twice counts the first time. An empty text is malformed.
Status scan_fields(std::string_view text, std::span<const FieldKey> keys, FieldValues& found);

// The same with the index of `keys`, for large tables.
Status scan_fields(std::string_view text, std::span<const FieldKey> keys, const FieldIndex& index,
                   FieldValues& found);

// Writes every value found, spec index == row index + `first_spec`.
void add_fields(const FieldValues& found, std::size_t row_count, SnapshotWriter& writer,
                std::uint32_t subject = node_subject, std::uint16_t first_spec = 0);

}  // namespace nma
