// JSON of strangers: whatever parsers could understand in two ways is refused before anybody looks
// into it.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/json_arena.h"

namespace nma {

enum class JsonFault : std::uint8_t {
    none,
    malformed,  // no JSON object, not UTF-8, a NUL in a string, or nested deeper than our limit
    twins,      // two members have the same name
    full,       // more members than our limit, or the tree has no room
};

// All of `text`, but for blanks at its ends, as one object. Only its own members are looked at for
// twins, not those of objects in it. `object` is untouched unless none, and good until the arena is
// reset.
JsonFault parse_untrusted_json(JsonArena& json, std::string_view text, const cJSON*& object);

// The same check for an object inside of such a tree: none, twins or full.
JsonFault check_members(const cJSON* object);

}  // namespace nma
