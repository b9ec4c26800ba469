#include "platform/base/pair_text.h"

#include <cstring>

namespace nma {

bool PairText::set(std::string_view key, std::string_view value, Twin twin) {
    if (key.empty() || key.find('\0') != key.npos || value.find('\0') != value.npos) return false;
    std::string_view old;
    const bool has_old = find_pair(view(), key, old);
    if (has_old && twin == Twin::keep_first) return true;
    const std::size_t old_bytes = has_old ? key.size() + old.size() + 2 : 0;
    const std::size_t room = memory_.size() - size_ + old_bytes;
    if (room < 2 || key.size() > room - 2 || value.size() > room - 2 - key.size()) return false;
    if (has_old) {
        const auto start = static_cast<std::size_t>(old.data() - memory_.data()) - key.size() - 1;
        const std::size_t end = start + old_bytes;
        std::memmove(&memory_[start], memory_.data() + end, size_ - end);
        size_ -= old_bytes;
    }
    for (const std::string_view part : {key, value}) {
        if (!part.empty()) std::memcpy(&memory_[size_], part.data(), part.size());
        size_ += part.size();
        memory_[size_++] = '\0';
    }
    return true;
}

bool take_pair(std::string_view& pairs, std::string_view& key, std::string_view& value) {
    const std::size_t key_end = pairs.find('\0');
    if (key_end == pairs.npos) return false;
    const std::size_t value_end = pairs.find('\0', key_end + 1);
    if (value_end == pairs.npos) return false;
    key = pairs.substr(0, key_end);
    value = pairs.substr(key_end + 1, value_end - key_end - 1);
    pairs.remove_prefix(value_end + 1);
    return true;
}

bool find_pair(std::string_view pairs, std::string_view key, std::string_view& value) {
    std::string_view name;
    std::string_view text;
    while (take_pair(pairs, name, text)) {
        if (name != key) continue;
        value = text;
        return true;
    }
    return false;
}

}  // namespace nma
