#include "platform/metrics/field_table.h"

#include <algorithm>
#include <limits>

#include "platform/base/check.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

bool scale(std::uint64_t& value, std::uint64_t multiplier) {
    if (multiplier != 1 && value > std::numeric_limits<std::uint64_t>::max() / multiplier) {
        return false;
    }
    value *= multiplier;
    return true;
}

template <class Find>
Status scan_lines(std::string_view text, std::span<const FieldKey> keys, FieldValues& found,
                  Find find) {
    NMA_CHECK(keys.size() <= field_count_max);
    std::fill_n(found.is_present.begin(), keys.size(), false);
    LineCursor lines(text);
    std::string_view line;
    std::size_t hint = 0;
    while (lines.next(line)) {
        std::string_view key = take_word(line);
        if (key.ends_with(':')) key.remove_suffix(1);
        const std::size_t row = find(key, hint);
        if (row == keys.size() || found.is_present[row]) continue;
        std::uint64_t value = 0;
        if (!take_u64(line, value) || !scale(value, keys[row].multiplier)) return Status::malformed;
        found.value[row] = value;
        found.is_present[row] = true;
        hint = row + 1;
    }
    if (lines.is_torn() || lines.line_number() == 0) return Status::malformed;
    return Status::ok;
}

}  // namespace

std::size_t find_field(std::span<const FieldKey> keys, std::string_view key, std::size_t hint) {
    for (std::size_t i = hint; i < keys.size(); ++i) {
        if (keys[i].key == key) return i;
    }
    for (std::size_t i = 0; i < hint; ++i) {
        if (keys[i].key == key) return i;
    }
    return keys.size();
}

std::size_t find_field(std::span<const FieldKey> keys, const FieldIndex& index,
                       std::string_view key) {
    for (std::uint8_t slot = field_hash(key); index.slots[slot] != 0; ++slot) {
        const std::size_t row = index.slots[slot] - std::size_t{1};
        if (keys[row].key == key) return row;
    }
    return keys.size();
}

Status scan_fields(std::string_view text, std::span<const FieldKey> keys, FieldValues& found) {
    return scan_lines(text, keys, found, [keys](std::string_view key, std::size_t hint) {
        return find_field(keys, key, hint);
    });
}

Status scan_fields(std::string_view text, std::span<const FieldKey> keys, const FieldIndex& index,
                   FieldValues& found) {
    return scan_lines(text, keys, found, [keys, &index](std::string_view key, std::size_t hint) {
        if (hint < keys.size() && keys[hint].key == key) return hint;
        return find_field(keys, index, key);
    });
}

void add_fields(const FieldValues& found, std::size_t row_count, SnapshotWriter& writer,
                std::uint32_t subject, std::uint16_t first_spec) {
    for (std::size_t i = 0; i < row_count; ++i) {
        if (found.is_present[i]) writer.add(first_spec + i, found.value[i], subject);
    }
}

}  // namespace nma
