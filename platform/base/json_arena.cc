#include "platform/base/json_arena.h"

#include <cjson/cJSON.h>

#include <cstdlib>
#include <cstring>

namespace nma {

namespace {

constexpr std::size_t alignment_bytes = alignof(std::max_align_t);

constinit thread_local JsonArena* current = nullptr;

// The C library's, by name: the product itself never calls them.
constexpr auto library_allocate = &std::malloc;
constexpr auto library_free = &std::free;

void* allocate(std::size_t bytes) {
    return current == nullptr ? library_allocate(bytes) : current->take(bytes);
}

// What an arena gave comes back with its reset. cJSON frees while it parses only: a tree that it
// gives up.
void give_back(void* memory) {
    if (current == nullptr) library_free(memory);
}

// Strings of cJSON end at a NUL, so that "web\u0000-2" would read as "web". A backslash before it
// makes it two characters and five: "\\u0000" holds no NUL.
bool has_escaped_nul(std::string_view text) {
    constexpr std::string_view escape = "\\u0000";
    for (std::size_t at = text.find(escape); at != text.npos; at = text.find(escape, at + 1)) {
        std::size_t first = at;
        while (first > 0 && text[first - 1] == '\\')
            --first;
        if ((at - first) % 2 == 0) return true;
    }
    return false;
}

}  // namespace

void JsonArena::init(Arena& arena, const char* part, std::size_t bytes) {
    memory_ = arena.take<std::byte>(part, bytes);
    cJSON_Hooks hooks = {allocate, give_back};
    cJSON_InitHooks(&hooks);
}

void* JsonArena::take(std::size_t bytes) {
    const std::size_t room = memory_.size() - used_bytes_;
    const std::size_t rounded = (bytes + alignment_bytes - 1) / alignment_bytes * alignment_bytes;
    if (rounded < bytes || rounded > room) {
        is_full_ = true;
        return nullptr;
    }
    void* memory = memory_.data() + used_bytes_;
    used_bytes_ += rounded;
    return memory;
}

// The text is copied so that it ends in NUL: cJSON then refuses what follows the value, and never
// needs its checks of lengths, which had faults in several versions.
Status JsonArena::parse(std::string_view text, const cJSON*& tree, std::size_t* stop_offset) {
    if (stop_offset != nullptr) *stop_offset = 0;
    if (text.find('\0') != text.npos || has_escaped_nul(text)) return Status::malformed;
    is_full_ = false;
    auto* copy = static_cast<char*>(take(text.size() + 1));
    if (copy == nullptr) return Status::full;
    copy[text.copy(copy, text.size())] = '\0';
    current = this;
    const char* stop = copy;
    const cJSON* found = cJSON_ParseWithOpts(copy, &stop, 1);
    current = nullptr;
    if (stop_offset != nullptr) *stop_offset = static_cast<std::size_t>(stop - copy);
    if (found == nullptr) return is_full_ ? Status::full : Status::malformed;
    tree = found;
    return Status::ok;
}

}  // namespace nma
