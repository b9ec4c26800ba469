#include "cgroups/state_files/json_array_cursor.h"

#include <cstddef>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

// Where the string that starts at `at` has its closing quote; npos when it has none.
std::size_t closing_quote(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') return at;
        if (text[at] == '\\') ++at;
    }
    return text.npos;
}

// Where the value at the front ends: at the comma or the bracket that belongs to the array around
// it. npos when the text ends before.
std::size_t end_of_value(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            at = closing_quote(text, at);
            if (at == text.npos) return at;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return at;
        } else if (c == ']' || c == '}') {
            if (depth == 0) return text.npos;
            --depth;
        }
    }
    return text.npos;
}

}  // namespace

JsonArrayCursor::JsonArrayCursor(std::string_view text) : rest_(trim(text)) {
    if (!rest_.starts_with('[')) {
        stop(false);
    } else {
        rest_.remove_prefix(1);
    }
}

// `rest_` stands behind the opening bracket or behind a comma.
bool JsonArrayCursor::next(std::string_view& element) {
    if (is_at_end_) return false;
    const std::size_t end = end_of_value(rest_);
    if (end == rest_.npos) return stop(false);
    const std::string_view value = trim(rest_.substr(0, end));
    const bool is_last = rest_[end] == ']';
    rest_.remove_prefix(end + 1);
    if (is_last && !rest_.empty()) return stop(false);
    if (value.empty()) return stop(is_last && is_first_);
    if (is_last) is_at_end_ = true;
    is_first_ = false;
    element = value;
    return true;
}

bool JsonArrayCursor::stop(bool is_good) {
    is_at_end_ = true;
    is_malformed_ = !is_good;
    return false;
}

}  // namespace nma
