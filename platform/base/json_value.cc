#include "platform/base/json_value.h"

#include <cjson/cJSON.h>

#include <algorithm>
#include <cstring>

namespace nma {

// Not cJSON's own search, which takes "id" for "ID".
const cJSON* json_member(const cJSON* object, const char* key) {
    if (cJSON_IsObject(object) == 0) return nullptr;
    for (const cJSON* member = object->child; member != nullptr; member = member->next) {
        if (member->string != nullptr && strcmp(member->string, key) == 0) return member;
    }
    return nullptr;
}

std::string_view json_text(const cJSON* value) {
    return cJSON_IsString(value) == 0 || value->valuestring == nullptr
               ? std::string_view()
               : std::string_view(value->valuestring);
}

std::string_view json_text(const cJSON* object, const char* key) {
    return json_text(json_member(object, key));
}

bool json_has_twins(const cJSON* object) {
    if (cJSON_IsObject(object) == 0) return false;
    for (const cJSON* member = object->child; member != nullptr; member = member->next) {
        if (member->string != nullptr && json_member(object, member->string) != member) return true;
    }
    return false;
}

bool is_plain_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

}  // namespace nma
