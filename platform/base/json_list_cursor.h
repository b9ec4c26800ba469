// Takes long lists in a JSON text apart into the texts of their elements, without a tree: a list of
// all tasks is too large for one. Pure, never recursive, and it can pause: a long text must not
// hold up who walks through it.
//
// What is around the lists is checked as JSON. Of elements, and of all other values, it checks
// that strings end and brackets match; whether they are good JSON, who parses them will find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nma {

// Where lists are: a tree of members of objects. The first place is the whole text, and its key
// and parent say nothing. An element of the array at a place with `is_list` is given out; other
// places are objects, with places below them. A place that is not there, or is null, is no fault.
struct JsonPlace {
    std::string_view key;  // as the text writes it, escapes included
    std::uint8_t parent = 0;
    bool is_list = false;
};

struct JsonElement {
    std::string_view text;  // without the space around it; a part of the whole text
    std::uint8_t place = 0;
    bool is_deep = false;  // brackets more than depth_max deep, of which only the count is checked
};

// Of a text that is one list and nothing else.
inline constexpr JsonPlace json_array[] = {{"", 0, true}};

class JsonListCursor {
  public:
    static constexpr std::size_t place_count_max = 16;
    static constexpr unsigned depth_max = 64;

    enum class Step : std::uint8_t { element, paused, end, malformed };

    JsonListCursor() = default;

    // Both must stay.
    JsonListCursor(std::string_view text, std::span<const JsonPlace> places);

    // Walks on until the end of the next element, over `bytes_max` bytes at most: paused then, and
    // called again it goes on. What follows the element may still be found malformed. malformed: a
    // place is of another kind or is there twice, or something else is no JSON; it stays so.
    Step next(std::size_t bytes_max, JsonElement& element);

    // Bytes that were walked over.
    std::size_t position() const { return at_; }

    // Whether that place was met; ask at the end.
    bool has_place(std::size_t place) const { return ((met_ >> place) & 1U) != 0; }

  private:
    enum class Phase : std::uint8_t {
        value,       // of the whole text, or of a member
        first_key,   // or the end of the object
        key,         // another one, after a comma
        colon,       // after a key
        first_item,  // or the end of the array
        item,        // another one, after a comma
        separator,   // after a value: a comma, or the end of what is around it
        skip_key,    // in the midst of one
        skip_value,
        skip_item,
        rest,  // after the whole text's value
        broken,
    };
    static constexpr std::uint8_t no_place = 0xff;

    bool step(std::size_t limit, JsonElement& element);
    void begin_value(char c);
    void begin_item(char c);
    void begin_skip(Phase phase);
    void enter(std::uint8_t place, char bracket);
    void leave();
    void separate(char c);
    bool skip(std::size_t limit);
    bool skip_string(std::size_t limit);
    void open(char bracket);
    bool close(char bracket);
    void end_skip(JsonElement& element);
    void end_key(std::string_view key);
    void fail() { phase_ = Phase::broken; }

    std::string_view text_;
    std::span<const JsonPlace> places_;
    std::size_t at_ = 0;
    std::size_t skip_start_ = 0;
    std::uint64_t skip_kinds_ = 0;  // a bit for each open bracket: 1 for {
    std::uint32_t skip_depth_ = 0;
    std::uint32_t met_ = 0;         // a bit for each place
    std::uint8_t place_ = 0;        // in which it is
    std::uint8_t next_ = no_place;  // whose value comes
    Phase phase_ = Phase::broken;
    bool is_in_string_ = false;
    bool is_deep_ = false;
};

}  // namespace nma
