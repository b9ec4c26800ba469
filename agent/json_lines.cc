#include "agent/json_lines.h"

#include "platform/base/fixed_text.h"
#include "platform/base/text_sink.h"

namespace nma {

namespace {

constexpr std::uint32_t depth_max = 32;

// Steps over a text, counting lines; spaces and comments are passed over by the rules of
// cJSON_Minify.
class Walker {
  public:
    explicit Walker(std::string_view text) : text_(text) {}

    bool at_end() const { return position_ >= text_.size(); }
    char current() const { return at_end() ? '\0' : text_[position_]; }
    std::uint32_t line() const { return line_; }

    void step() {
        if (at_end()) return;
        if (text_[position_] == '\n') ++line_;
        ++position_;
    }

    void skip_blanks() {
        while (!at_end()) {
            if (starts_with("//")) {
                while (!at_end() && current() != '\n')
                    step();
            } else if (starts_with("/*")) {
                skip_block_comment();
            } else if (is_blank()) {
                step();
            } else {
                return;
            }
        }
    }

    // From the opening quote to past the closing one; the raw text between them.
    std::string_view take_string() {
        step();
        const std::size_t start = position_;
        while (!at_end() && current() != '"') {
            if (current() == '\\') step();
            step();
        }
        const std::string_view content = text_.substr(start, position_ - start);
        step();
        return content;
    }

    std::size_t position() const { return position_; }

  private:
    bool starts_with(std::string_view token) const {
        return text_.substr(position_).starts_with(token);
    }

    bool is_blank() const {
        const char c = current();
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    void skip_block_comment() {
        step();
        step();
        while (!at_end() && !starts_with("*/"))
            step();
        step();
        step();
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::uint32_t line_ = 1;
};

class PathFinder {
  public:
    PathFinder(std::string_view text, std::string_view wanted, std::uint32_t occurrence)
        : walker_(text), wanted_(wanted), countdown_(occurrence) {}

    std::uint32_t find() {
        walk_value(0);
        return found_line_;
    }

  private:
    void walk_value(std::uint32_t depth) {
        walker_.skip_blanks();
        if (depth > depth_max) return walker_.step();  // never stand still
        switch (walker_.current()) {
            case '{':
                return walk_members(depth);
            case '[':
                return walk_elements(depth);
            case '"':
                walker_.take_string();
                return;
            default:
                return skip_word();
        }
    }

    void walk_members(std::uint32_t depth) {
        walker_.step();
        while (is_inside('}')) {
            const std::size_t outer_size = path_.size();
            const std::uint32_t line = walker_.line();
            const std::string_view key = walker_.take_string();
            const bool fits = (outer_size == 0 || path_.append(".")) && path_.append(key);
            if (fits) compare(line);
            walker_.skip_blanks();
            walker_.step();  // the colon
            walk_value(depth + 1);
            path_.resize_down(outer_size);
            skip_comma();
        }
        walker_.step();
    }

    void walk_elements(std::uint32_t depth) {
        walker_.step();
        for (std::uint32_t index = 0; is_inside(']'); ++index) {
            const std::size_t outer_size = path_.size();
            char digits[16];
            TextSink sink(digits);
            sink.append('[');
            sink.append_u64(index);
            sink.append(']');
            if (path_.append(sink.view())) compare(walker_.line());
            walk_value(depth + 1);
            path_.resize_down(outer_size);
            skip_comma();
        }
        walker_.step();
    }

    bool is_inside(char closing) {
        walker_.skip_blanks();
        return found_line_ == 0 && !walker_.at_end() && walker_.current() != closing;
    }

    void skip_comma() {
        walker_.skip_blanks();
        if (walker_.current() == ',') walker_.step();
    }

    void skip_word() {
        const std::size_t before = walker_.position();
        constexpr std::string_view ends = ",]} \t\r\n/";
        while (!walker_.at_end() && ends.find(walker_.current()) == ends.npos)
            walker_.step();
        if (walker_.position() == before) walker_.step();  // never stand still
    }

    void compare(std::uint32_t line) {
        if (found_line_ != 0 || path_.view() != wanted_) return;
        if (countdown_ == 0) found_line_ = line;
        if (countdown_ > 0) --countdown_;
    }

    Walker walker_;
    std::string_view wanted_;
    std::uint32_t countdown_;
    FixedText<512> path_;
    std::uint32_t found_line_ = 0;
};

}  // namespace

std::uint32_t line_of_minified_offset(std::string_view text, std::size_t minified_offset) {
    Walker walker(text);
    std::size_t kept = 0;
    for (walker.skip_blanks(); !walker.at_end(); walker.skip_blanks()) {
        const std::size_t before = walker.position();
        const std::uint32_t line = walker.line();
        if (walker.current() == '"') {
            walker.take_string();
        } else {
            walker.step();
        }
        kept += walker.position() - before;
        if (kept > minified_offset) return line;
    }
    return walker.line();
}

std::uint32_t line_of_path(std::string_view text, std::string_view path, std::uint32_t occurrence) {
    return PathFinder(text, path, occurrence).find();
}

}  // namespace nma
