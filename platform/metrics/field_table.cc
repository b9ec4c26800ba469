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
Status scan_lines(std::string_view text, std::span<const FieldRow> rows, FieldValues& found,
                  Find find) {
    NMA_CHECK(rows.size() <= field_count_max);
    std::fill_n(found.is_present.begin(), rows.size(), false);
    LineCursor lines(text);
    std::string_view line;
    std::size_t hint = 0;
    while (lines.next(line)) {
        std::string_view key = take_word(line);
        if (key.ends_with(':')) key.remove_suffix(1);
        const std::size_t row = find(key, hint);
        if (row == rows.size() || found.is_present[row]) continue;
        std::uint64_t value = 0;
        if (!take_u64(line, value) || !scale(value, rows[row].multiplier)) return Status::malformed;
        found.value[row] = value;
        found.is_present[row] = true;
        hint = row + 1;
    }
    if (lines.is_torn() || lines.line_number() == 0) return Status::malformed;
    return Status::ok;
}

}  // namespace

std::size_t find_field(std::span<const FieldRow> rows, std::string_view key, std::size_t hint) {
    for (std::size_t i = hint; i < rows.size(); ++i) {
        if (rows[i].key == key) return i;
    }
    for (std::size_t i = 0; i < hint; ++i) {
        if (rows[i].key == key) return i;
    }
    return rows.size();
}

std::size_t find_field(std::span<const FieldRow> rows, const FieldIndex& index,
                       std::string_view key) {
    for (std::uint8_t slot = field_hash(key); index.slots[slot] != 0; ++slot) {
        const std::size_t row = index.slots[slot] - std::size_t{1};
        if (rows[row].key == key) return row;
    }
    return rows.size();
}

Status scan_fields(std::string_view text, std::span<const FieldRow> rows, FieldValues& found) {
    return scan_lines(text, rows, found, [rows](std::string_view key, std::size_t hint) {
        return find_field(rows, key, hint);
    });
}

Status scan_fields(std::string_view text, std::span<const FieldRow> rows, const FieldIndex& index,
                   FieldValues& found) {
    return scan_lines(text, rows, found, [rows, &index](std::string_view key, std::size_t hint) {
        if (hint < rows.size() && rows[hint].key == key) return hint;
        return find_field(rows, index, key);
    });
}

void add_fields(const FieldValues& found, std::size_t row_count, SnapshotWriter& writer,
                std::uint32_t subject, std::uint16_t first_spec) {
    for (std::size_t i = 0; i < row_count; ++i) {
        if (found.is_present[i]) writer.add(first_spec + i, found.value[i], subject);
    }
}

}  // namespace nma
