#include "agent/apps/static_tags.h"

#include "platform/base/json_value.h"

namespace nma {

StaticTags::Result StaticTags::set(std::string_view key, std::string_view value) {
    return put(key, value, PairText::Twin::keep_last);
}

StaticTags::Result StaticTags::set_default(std::string_view key, std::string_view value) {
    return value.empty() ? Result::ok : put(key, value, PairText::Twin::keep_first);
}

StaticTags::Result StaticTags::put(std::string_view key, std::string_view value,
                                   PairText::Twin twin) {
    if (key.empty() || key.size() > limits::name_bytes_max || !is_plain_text(key))
        return Result::bad_key;
    if (key == "container_id") return Result::reserved;
    if (value.empty() || !is_plain_text(value)) return Result::bad_value;
    return pairs_.set(key, value, twin) ? Result::ok : Result::full;
}

const char* static_tag_error(StaticTags::Result result) {
    switch (result) {
        case StaticTags::Result::ok:
            return "is good";
        case StaticTags::Result::bad_key:
            return "must have 1 to 255 bytes and no control characters";
        case StaticTags::Result::bad_value:
            return "needs a text that is not empty and has no control characters";
        case StaticTags::Result::reserved:
            return "is the agent's own; choose another name";
        case StaticTags::Result::full:
            return "has no room: all keys and texts together may have 4,000 bytes";
    }
    return "";
}

std::string_view merge_tags(std::string_view own, std::string_view added, std::span<char> memory,
                            std::uint32_t& left_out) {
    PairText merged(memory);
    for (std::string_view rest : {own, added}) {
        std::string_view key;
        std::string_view value;
        while (take_pair(rest, key, value)) {
            if (!merged.set(key, value, PairText::Twin::keep_first)) ++left_out;
        }
    }
    return merged.view();
}

}  // namespace nma
