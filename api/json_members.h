// Members of JSON objects into a bounded sink.
#pragma once

#include <span>
#include <string_view>

#include "platform/base/text_sink.h"

namespace nma {

// "key":"value", with a comma in front unless it is the first.
void append_json_member(TextSink& sink, std::string_view key, std::string_view value,
                        bool& is_first);

// An object of strings, from texts of "key\0value\0" and so on, one text after the other. Of keys
// that come out the same the first counts, for an object has each key once: twins, and keys that
// differ only in bytes that become U+FFFD.
void append_json_pairs(TextSink& sink, std::span<const std::string_view> texts);

}  // namespace nma
