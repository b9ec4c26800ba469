#include "platform/base/text_sink.h"

#include <charconv>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

void TextSink::append(std::string_view text) {
    if (status_ != Status::ok || text.size() > memory_.size() - size_) {
        status_ = Status::full;
        return;
    }
    if (!text.empty()) std::memcpy(memory_.data() + size_, text.data(), text.size());
    size_ += text.size();
}

void TextSink::append(char c) {
    if (status_ != Status::ok || size_ == memory_.size()) {
        status_ = Status::full;
        return;
    }
    memory_[size_++] = c;
}

void TextSink::append_u64(std::uint64_t value) {
    char digits[20];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    append({digits, static_cast<std::size_t>(result.ptr - digits)});
}

void TextSink::append_i64(std::int64_t value) {
    append_decimal_signed(value, 0);
}

void TextSink::append_decimal(std::uint64_t value, unsigned decimals) {
    while (decimals > 0 && value % 10 == 0) {
        value /= 10;
        --decimals;
    }
    std::uint64_t divisor = 1;
    for (unsigned i = 0; i < decimals; ++i)
        divisor *= 10;
    append_u64(value / divisor);
    if (decimals == 0) return;
    append('.');
    append_padded(value % divisor, decimals);
}

void TextSink::append_decimal_signed(std::int64_t value, unsigned decimals) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
        append('-');
        magnitude = std::uint64_t{0} - magnitude;
    }
    append_decimal(magnitude, decimals);
}

void TextSink::append_padded(std::uint64_t value, unsigned digits) {
    char text[20];
    NMA_CHECK(digits <= sizeof text);
    for (unsigned i = digits; i > 0; --i) {
        text[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    append({text, digits});
}

// Days to civil date in the proleptic Gregorian calendar, counting years from 1 March so that the
// leap day comes last. gmtime_r would take the time zone lock and read files on first use.
void TextSink::append_rfc3339(std::uint64_t realtime_ns) {
    const std::uint64_t seconds = realtime_ns / 1'000'000'000;
    const std::uint64_t days = seconds / 86'400 + 719'468;  // since 1 March of year 0
    const std::uint64_t era = days / 146'097;
    const std::uint64_t day_of_era = days % 146'097;
    const std::uint64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::uint64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::uint64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::uint64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const std::uint64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    append_padded(era * 400 + year_of_era + (month <= 2 ? 1 : 0), 4);
    append('-');
    append_padded(month, 2);
    append('-');
    append_padded(day, 2);
    append('T');
    append_padded(seconds % 86'400 / 3'600, 2);
    append(':');
    append_padded(seconds % 3'600 / 60, 2);
    append(':');
    append_padded(seconds % 60, 2);
    append('Z');
}

void TextSink::rewind(std::size_t size) {
    NMA_CHECK(size <= size_);
    size_ = size;
    status_ = Status::ok;
}

}  // namespace nma
