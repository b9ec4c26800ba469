#include "platform/base/json_list_cursor.h"

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool is_delimiter(char c) {
    return is_space(c) || c == ',' || c == ']' || c == '}' || c == ':' || c == '[' || c == '{' ||
           c == '"';
}

}  // namespace

JsonListCursor::JsonListCursor(std::string_view text, std::span<const JsonPlace> places)
    : text_(text), places_(places), next_(0), phase_(Phase::value) {
    NMA_CHECK(!places.empty() && places.size() <= place_count_max);
}

JsonListCursor::Step JsonListCursor::next(std::size_t bytes_max, JsonElement& element) {
    const std::size_t limit = at_ + std::min(bytes_max, text_.size() - at_);
    while (phase_ != Phase::broken && at_ < limit) {
        if (step(limit, element)) return Step::element;
    }
    if (phase_ == Phase::broken) return Step::malformed;
    if (at_ < text_.size()) return Step::paused;
    if (phase_ != Phase::rest) fail();
    return phase_ == Phase::rest ? Step::end : Step::malformed;
}

// True when an element ended.
bool JsonListCursor::step(std::size_t limit, JsonElement& element) {
    if (phase_ == Phase::skip_key || phase_ == Phase::skip_value || phase_ == Phase::skip_item) {
        if (!skip(limit)) return false;
        const bool is_element = phase_ == Phase::skip_item;
        end_skip(element);
        return is_element;
    }
    const char c = text_[at_];
    if (is_space(c)) {
        ++at_;
        return false;
    }
    switch (phase_) {
        case Phase::value:
            begin_value(c);
            break;
        case Phase::first_key:
        case Phase::key:
            if (c == '}' && phase_ == Phase::first_key) {
                leave();
            } else if (c == '"') {
                begin_skip(Phase::skip_key);
            } else {
                fail();
            }
            break;
        case Phase::colon:
            if (c != ':') return fail(), false;
            ++at_;
            phase_ = Phase::value;
            break;
        case Phase::first_item:
        case Phase::item:
            begin_item(c);
            break;
        case Phase::separator:
            separate(c);
            break;
        default:
            fail();  // something follows the whole text's value
    }
    return false;
}

void JsonListCursor::begin_value(char c) {
    if (next_ == no_place) return begin_skip(Phase::skip_value);
    const bool is_list = places_[next_].is_list;
    if (c == (is_list ? '[' : '{')) return enter(next_, c);
    constexpr std::string_view null = "null";
    if (next_ == 0 || text_.substr(at_, null.size()) != null) return fail();
    begin_skip(Phase::skip_value);
}

void JsonListCursor::begin_item(char c) {
    if (c == ']' && phase_ == Phase::first_item) return leave();
    begin_skip(Phase::skip_item);
}

void JsonListCursor::enter(std::uint8_t place, char bracket) {
    ++at_;
    place_ = place;
    phase_ = bracket == '[' ? Phase::first_item : Phase::first_key;
}

// At the closing bracket of a place.
void JsonListCursor::leave() {
    ++at_;
    phase_ = place_ == 0 ? Phase::rest : Phase::separator;
    place_ = places_[place_].parent;
}

void JsonListCursor::separate(char c) {
    const bool is_list = places_[place_].is_list;
    if (c == (is_list ? ']' : '}')) return leave();
    if (c != ',') return fail();
    ++at_;
    phase_ = is_list ? Phase::item : Phase::key;
}

void JsonListCursor::begin_skip(Phase phase) {
    phase_ = phase;
    skip_start_ = at_;
    skip_kinds_ = 0;
    skip_depth_ = 0;
    is_in_string_ = false;
    is_deep_ = false;
}

// True behind the last byte of the value; false at the limit, or when it is broken.
bool JsonListCursor::skip(std::size_t limit) {
    while (at_ < limit) {
        const char c = text_[at_];
        if (is_in_string_) {
            if (skip_string(limit) && skip_depth_ == 0) return true;
        } else if (c == '"') {
            if (skip_depth_ == 0 && at_ != skip_start_) return true;
            is_in_string_ = true;
            ++at_;
        } else if (skip_depth_ == 0 && at_ != skip_start_ && is_delimiter(c)) {
            return true;
        } else if (c == '{' || c == '[') {
            open(c);
        } else if (c == '}' || c == ']') {
            if (!close(c)) return fail(), false;
            if (skip_depth_ == 0) return true;
        } else if (skip_depth_ == 0 && is_delimiter(c)) {
            return fail(), false;
        } else {
            ++at_;
        }
    }
    return false;
}

// In a string. True behind its closing quote. A backslash at the limit takes its byte along.
bool JsonListCursor::skip_string(std::size_t limit) {
    while (at_ < limit) {
        const char c = text_[at_++];
        if (c == '"') {
            is_in_string_ = false;
            return true;
        }
        if (c == '\\' && at_ < text_.size()) ++at_;
    }
    return false;
}

void JsonListCursor::open(char bracket) {
    if (skip_depth_ < depth_max) {
        const std::uint64_t bit = std::uint64_t{1} << skip_depth_;
        skip_kinds_ = bracket == '{' ? skip_kinds_ | bit : skip_kinds_ & ~bit;
    } else {
        is_deep_ = true;
    }
    ++skip_depth_;
    ++at_;
}

bool JsonListCursor::close(char bracket) {
    if (skip_depth_ == 0) return false;
    --skip_depth_;
    ++at_;
    if (skip_depth_ >= depth_max) return true;
    return ((skip_kinds_ >> skip_depth_) & 1U) == (bracket == '}' ? 1U : 0U);
}

void JsonListCursor::end_skip(JsonElement& element) {
    const std::string_view value = text_.substr(skip_start_, at_ - skip_start_);
    if (phase_ == Phase::skip_key) return end_key(value.substr(1, value.size() - 2));
    if (phase_ == Phase::skip_item) element = {value, place_, is_deep_};
    phase_ = Phase::separator;
}

void JsonListCursor::end_key(std::string_view key) {
    phase_ = Phase::colon;
    next_ = no_place;
    for (std::size_t i = 1; i < places_.size(); ++i) {
        if (places_[i].parent != place_ || places_[i].key != key) continue;
        if (has_place(i)) return fail();
        met_ |= 1U << i;
        next_ = static_cast<std::uint8_t>(i);
    }
}

}  // namespace nma
