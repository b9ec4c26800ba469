#include "platform/metrics/net_dev_text.h"

namespace nma {

namespace {

constexpr std::size_t column_count = 16;
// Which columns are the values, in the order of InterfaceCounters.
constexpr std::size_t columns[InterfaceCounters::value_count] = {0, 1, 2, 3, 8, 9, 10, 11};

bool scan_line(std::string_view line, InterfaceCounters& counters) {
    const std::size_t colon = line.rfind(':');
    if (colon == line.npos) return false;
    counters.name = trim(line.substr(0, colon));
    line.remove_prefix(colon + 1);
    std::array<std::uint64_t, column_count> all = {};
    for (std::uint64_t& value : all) {
        if (!take_u64(line, value)) return false;
    }
    for (std::size_t i = 0; i < std::size(columns); ++i)
        counters.values[i] = all[columns[i]];
    return !counters.name.empty();
}

}  // namespace

NetDevCursor::NetDevCursor(std::string_view text) : lines_(text) {
    std::string_view line;
    has_header_ = lines_.next(line) && line.starts_with("Inter-|") && lines_.next(line) &&
                  line.starts_with(" face |");
}

bool NetDevCursor::next(InterfaceCounters& counters) {
    std::string_view line;
    while (has_header_ && lines_.next(line)) {
        if (scan_line(line, counters)) return true;
        ++skipped_count_;
    }
    if (has_header_ && !is_at_end_ && lines_.is_torn()) ++skipped_count_;
    is_at_end_ = true;
    return false;
}

}  // namespace nma
