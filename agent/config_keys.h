// The keys of the configuration file: a row each. See config.h for what they mean.
#pragma once

#include <cjson/cJSON.h>

#include <cstdint>
#include <span>

#include "agent/config.h"

namespace nma {

enum class KeyType : std::uint8_t {
    object,
    text,
    text_list,
    boolean,
    whole_number,
    listener_list,  // of strings, and of objects whose keys are those of "listen[]"
    id_list,        // of users or groups: whole numbers and strings
    number_list,
    text_map,  // an object whose keys and strings are the user's
};

struct KeyRow {
    const char* path;  // "node.role", "listen[].auth"
    KeyType type;

    // Takes a value that has the row's type. Null, or what is wrong with it. Null for objects and
    // lists of listeners.
    const char* (*apply)(const cJSON& value, Config& config) = nullptr;

    double min = 0;  // of numbers
    double max = 0;
};

// For `apply`: takes a text. Null, or that it is too long.
template <std::size_t N>
const char* assign_text(const cJSON& value, FixedText<N>& target) {
    return target.assign(value.valuestring) ? nullptr : "is too long";
}

// An object stands before its members. Those of listeners are in listener_keys.h, those
// of applications in apps_keys.h.
std::span<const KeyRow> config_keys();

}  // namespace nma
