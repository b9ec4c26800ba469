// Takes a JSON array apart into the texts of its elements, without a tree: a list of all
// containers is too large for one. Pure. It counts brackets and skips strings; whether an element
// is good JSON, who parses it will find.
#pragma once

#include <string_view>

namespace nma {

class JsonArrayCursor {
  public:
    explicit JsonArrayCursor(std::string_view text);

    // The next element, without the space around it. False at the end, or where the text is no
    // array.
    [[nodiscard]] bool next(std::string_view& element);

    // Ask when next() has said false: the array was not closed, an element was empty, or
    // something follows the array.
    bool is_malformed() const { return is_malformed_; }

  private:
    bool stop(bool is_good);

    std::string_view rest_;
    bool is_first_ = true;
    bool is_malformed_ = false;
    bool is_at_end_ = false;
};

}  // namespace nma
