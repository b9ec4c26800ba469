#include "platform/metrics/snmp_text.h"

#include <algorithm>

#include "platform/base/check.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

struct RowRange {
    std::size_t first = 0;
    std::size_t end = 0;
};

RowRange rows_of(std::span<const SnmpKey> keys, std::string_view group) {
    RowRange range;
    while (range.first < keys.size() && keys[range.first].group != group)
        ++range.first;
    range.end = range.first;
    while (range.end < keys.size() && keys[range.end].group == group)
        ++range.end;
    return range;
}

// From `hint` on, then from the start: the kernel's order is mostly ours.
std::size_t find_row(std::span<const SnmpKey> keys, const RowRange& range, std::size_t hint,
                     std::string_view column) {
    for (std::size_t i = hint; i < range.end; ++i) {
        if (keys[i].column == column) return i;
    }
    for (std::size_t i = range.first; i < hint; ++i) {
        if (keys[i].column == column) return i;
    }
    return range.end;
}

bool scan_pair(std::span<const SnmpKey> keys, const RowRange& range, std::string_view names,
               std::string_view numbers, FieldValues& found) {
    std::size_t hint = range.first;
    for (std::string_view name = take_word(names); !name.empty(); name = take_word(names)) {
        const std::string_view number = take_word(numbers);
        if (number.empty()) return false;
        const std::size_t row = find_row(keys, range, hint, name);
        if (row == range.end) continue;
        if (!parse_u64(number, found.value[row])) return false;
        found.is_present[row] = true;
        hint = row + 1;
    }
    return take_word(numbers).empty();
}

}  // namespace

Status scan_snmp(std::string_view text, std::span<const SnmpKey> keys, FieldValues& found) {
    NMA_CHECK(keys.size() <= field_count_max);
    std::fill_n(found.is_present.begin(), keys.size(), false);
    LineCursor lines(text);
    std::string_view names;
    std::string_view numbers;
    while (lines.next(names)) {
        const std::string_view group = take_word(names);
        if (!lines.next(numbers) || take_word(numbers) != group) return Status::malformed;
        const RowRange range = rows_of(keys, group);
        const bool is_wanted = range.first != range.end;
        if (is_wanted && !scan_pair(keys, range, names, numbers, found)) return Status::malformed;
    }
    return lines.is_torn() || lines.line_number() == 0 ? Status::malformed : Status::ok;
}

}  // namespace nma
