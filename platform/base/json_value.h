// Questions to a tree of JSON (cJSON's). A null `value` or `object` is one that is not there.
#pragma once

#include <string_view>

struct cJSON;

namespace nma {

// The member of that very name; null when there is none, or `object` is no object. The first, of
// several.
const cJSON* json_member(const cJSON* object, const char* key);

// The text of a string; empty when it is something else. Good as long as the tree.
std::string_view json_text(const cJSON* value);
std::string_view json_text(const cJSON* object, const char* key);

// Whether two members of an object have the same name, which parsers understand in several ways.
bool json_has_twins(const cJSON* object);

// False when it has control characters.
[[nodiscard]] bool is_plain_text(std::string_view text);

}  // namespace nma
