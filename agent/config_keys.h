// The keys of the configuration file: a row each. See config.h for what they mean.
#pragma once

#include <cjson/cJSON.h>

#include <cstdint>
#include <span>

#include "agent/config.h"

namespace nma {

enum class KeyType : std::uint8_t { object, text, text_list, boolean, whole_number };

struct KeyRow {
    const char* path;  // "node.role"
    KeyType type;

    // Takes a value that has the row's type. Null, or what is wrong with it. Null for objects.
    const char* (*apply)(const cJSON& value, Config& config) = nullptr;

    double min = 0;  // of numbers
    double max = 0;
};

// An object stands before its members.
std::span<const KeyRow> config_keys();

}  // namespace nma
