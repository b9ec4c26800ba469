#include "api/accept.h"

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

// Takes what is before the next separator off the front, trimmed.
std::string_view take_part(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return trim(part);
}

int specificity_of(std::string_view type) {
    if (equals_ignoring_case(type, "application/json")) return 3;
    if (equals_ignoring_case(type, "application/*")) return 2;
    return type == "*/*" ? 1 : 0;
}

// "0", "0.", "0.0", "0.000": the only ways to write a quality that rules out.
bool is_zero_quality(std::string_view value) {
    if (!value.starts_with('0')) return false;
    return value.find_first_not_of("0.") == value.npos;
}

}  // namespace

void AcceptJudge::add(std::string_view value) {
    is_present_ = true;
    while (!value.empty())
        add_range(take_part(value, ','));
}

void AcceptJudge::add_range(std::string_view range) {
    const int specificity = specificity_of(take_part(range, ';'));
    if (specificity == 0 || specificity < specificity_) return;
    bool is_wanted = true;
    while (!range.empty()) {
        std::string_view parameter = take_part(range, ';');
        const std::string_view name = take_part(parameter, '=');
        if (equals_ignoring_case(name, "q")) is_wanted = !is_zero_quality(parameter);
    }
    is_wanted_ = is_wanted || (specificity == specificity_ && is_wanted_);
    specificity_ = specificity;
}

bool AcceptJudge::accepts_json(bool if_missing) const {
    return is_present_ ? is_wanted_ : if_missing;
}

}  // namespace nma
