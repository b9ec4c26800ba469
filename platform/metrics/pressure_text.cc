#include "platform/metrics/pressure_text.h"

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

// Takes "key=" off the front of the next word and leaves what follows in `value`.
bool take_pair(std::string_view& line, std::string_view key, std::string_view& value) {
    value = take_word(line);
    if (!value.starts_with(key)) return false;
    value.remove_prefix(key.size());
    return true;
}

bool take_average(std::string_view& line, std::string_view key, std::uint64_t& average) {
    std::string_view value;
    return take_pair(line, key, value) && parse_decimal(value, pressure_average_decimals, average);
}

bool parse_line(std::string_view line, PressureLine& result) {
    std::string_view total;
    result.is_present = true;
    return take_average(line, "avg10=", result.avg10) &&
           take_average(line, "avg60=", result.avg60) &&
           take_average(line, "avg300=", result.avg300) && take_pair(line, "total=", total) &&
           parse_u64(total, result.total_us);
}

}  // namespace

Status scan_pressure(std::string_view text, PressureText& pressure) {
    PressureText found;
    LineCursor lines(text);
    std::string_view line;
    while (lines.next(line)) {
        const std::string_view name = take_word(line);
        if (name != "some" && name != "full") continue;
        PressureLine& target = name == "some" ? found.some : found.full;
        if (target.is_present || !parse_line(line, target)) return Status::malformed;
    }
    if (lines.is_torn()) return Status::malformed;
    if (!found.some.is_present && !found.full.is_present) return Status::malformed;
    pressure = found;
    return Status::ok;
}

void add_pressure(const PressureLine& line, SnapshotWriter& writer, std::uint32_t subject,
                  std::uint16_t first_spec) {
    if (!line.is_present) return;
    writer.add(first_spec, line.avg10, subject);
    writer.add(first_spec + 1, line.avg60, subject);
    writer.add(first_spec + 2, line.avg300, subject);
    writer.add(first_spec + 3, line.total_us, subject);
}

}  // namespace nma
