// Files that hold one number on one line.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/text_cursor.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

// A Scan that writes the number as the reader's figure `spec`.
template <int spec>
Status scan_single_value(void*, std::string_view text, SnapshotWriter& writer) {
    std::string_view line;
    std::uint64_t value = 0;
    if (!single_line(text, line) || !parse_u64(trim(line), value)) return Status::malformed;
    writer.add(spec, value);
    return Status::ok;
}

}  // namespace nma
