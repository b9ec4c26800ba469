// The tags of one line, on their way to "key\0value\0", sorted by key.
#pragma once

#include <cstddef>
#include <string_view>

#include "platform/limits.h"

namespace nma {

class StatsdTags {
  public:
    void clear() { size_ = 0; }

    // Comma-separated tags, key and value parted by the first `mark`. One without a mark has an
    // empty value, one without a key is left out. Of twins the last counts. False when there are
    // more than limits::app_tag_count_max.
    [[nodiscard]] bool add_list(std::string_view list, char mark);

    // All of them as one text, good until the next call of anything. False when it has more than
    // limits::app_tag_bytes_max.
    [[nodiscard]] bool finish(std::string_view& text);

  private:
    struct Tag {
        std::string_view key;
        std::string_view value;
    };

    bool add(const Tag& tag);

    std::size_t size_ = 0;
    Tag tags_[limits::app_tag_count_max];  // sorted by key
    char text_[limits::app_tag_bytes_max];
};

}  // namespace nma
