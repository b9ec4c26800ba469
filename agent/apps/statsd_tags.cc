#include "agent/apps/statsd_tags.h"

#include <algorithm>
#include <cstring>

namespace nma {

bool StatsdTags::add(const Tag& tag) {
    if (tag.key.empty()) return true;
    std::size_t place = size_;
    while (place > 0 && tags_[place - 1].key >= tag.key)
        --place;
    if (place < size_ && tags_[place].key == tag.key) {
        tags_[place].value = tag.value;
        return true;
    }
    if (size_ == limits::app_tag_count_max) return false;
    std::copy_backward(tags_ + place, tags_ + size_, tags_ + size_ + 1);
    tags_[place] = tag;
    ++size_;
    return true;
}

bool StatsdTags::add_list(std::string_view list, char mark) {
    for (;;) {
        const std::size_t comma = list.find(',');
        const std::string_view tag = list.substr(0, comma);
        const std::size_t end = tag.find(mark);
        const std::string_view value = end == tag.npos ? std::string_view() : tag.substr(end + 1);
        if (!add({tag.substr(0, end), value})) return false;
        if (comma == list.npos) return true;
        list.remove_prefix(comma + 1);
    }
}

bool StatsdTags::finish(std::string_view& text) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const std::string_view pair[] = {tags_[i].key, tags_[i].value};
        for (const std::string_view part : pair) {
            if (part.size() + 1 > sizeof text_ - bytes) return false;
            if (!part.empty()) std::memcpy(text_ + bytes, part.data(), part.size());
            bytes += part.size();
            text_[bytes++] = '\0';
        }
    }
    text = {text_, bytes};
    return true;
}

}  // namespace nma
