#include "api/auth/credentials.h"

#include <strings.h>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

// Takes `word` off the front, in any case (RFC 9110, section 11.1).
bool take_word_of_any_case(std::string_view& text, std::string_view word) {
    if (text.size() < word.size() || strncasecmp(text.data(), word.data(), word.size()) != 0) {
        return false;
    }
    text.remove_prefix(word.size());
    return true;
}

}  // namespace

void ShownCredentials::add_authorization(std::string_view value) {
    authorization_ = value;
    ++authorization_count_;
}

void ShownCredentials::add_cookie(std::string_view name, std::string_view value) {
    if (name != cookie_name) return;
    cookie_ = value;
    ++cookie_count_;
}

ShownCredentials::Found ShownCredentials::find(std::string_view& token) const {
    if (authorization_count_ > 1) return Found::several;
    if (authorization_count_ == 1) {
        std::string_view value = trim(authorization_);
        const bool is_known =
            take_word_of_any_case(value, "token=") || take_word_of_any_case(value, "bearer ");
        value = trim(value);
        if (!is_known || value.empty()) return Found::unknown_scheme;
        token = value;
        return Found::token;
    }
    if (cookie_count_ > 1 || cookie_line_count_ > 1) return Found::several;
    if (cookie_.empty()) return Found::nothing;
    token = cookie_;
    return Found::token;
}

}  // namespace nma
