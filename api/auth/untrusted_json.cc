#include "api/auth/untrusted_json.h"

#include <cjson/cJSON.h>

#include "api/auth/uid.h"
#include "platform/base/json_value.h"
#include "platform/base/text_cursor.h"
#include "platform/limits.h"

namespace nma {

namespace {

// Brackets outside of strings. The parser would follow them by recursion.
bool is_too_deep(std::string_view text) {
    std::size_t depth = 0;
    bool is_in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_in_string) {
            if (c == '\\') ++i;
            if (c == '"') is_in_string = false;
            continue;
        }
        if (c == '"') is_in_string = true;
        if ((c == '{' || c == '[') && ++depth > limits::token_json_depth_max) return true;
        if ((c == '}' || c == ']') && depth > 0) --depth;
    }
    return false;
}

}  // namespace

JsonFault check_members(const cJSON* object) {
    std::size_t count = 0;
    for (const cJSON* member = object->child; member != nullptr; member = member->next) {
        if (++count > limits::token_json_member_max) return JsonFault::full;
    }
    return json_has_twins(object) ? JsonFault::twins : JsonFault::none;
}

JsonFault parse_untrusted_json(JsonArena& json, std::string_view text, const cJSON*& object) {
    text = trim(text);
    // The first byte also keeps out a byte order mark, which the parser would skip.
    if (!text.starts_with('{') || !is_utf8(text) || is_too_deep(text)) return JsonFault::malformed;
    const cJSON* tree = nullptr;
    const Status status = json.parse(text, tree);
    if (status != Status::ok) {
        return status == Status::full ? JsonFault::full : JsonFault::malformed;
    }
    const JsonFault fault = check_members(tree);
    if (fault == JsonFault::none) object = tree;
    return fault;
}

}  // namespace nma
