#include "agent/apps/statsd_packet.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "agent/apps/statsd_number.h"
#include "agent/apps/statsd_tags.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::uint64_t every_byte = 0x0101010101010101;

// Whether one of eight bytes is 0 to 31 or 127. Borrows may carry into the byte above one that is
// found, so this tells whether, and not which.
bool has_control_byte(std::uint64_t word) {
    const std::uint64_t is_low = (word - every_byte * 0x20) & ~word;
    const std::uint64_t flipped = word ^ (every_byte * 0x7f);
    const std::uint64_t is_delete = (flipped - every_byte) & ~flipped;
    return ((is_low | is_delete) & (every_byte * 0x80)) != 0;
}

bool has_control_character(std::string_view text) {
    std::uint64_t word = 0;
    while (text.size() >= sizeof word) {
        std::memcpy(&word, text.data(), sizeof word);
        if (has_control_byte(word)) return true;
        text.remove_prefix(sizeof word);
    }
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
    return false;
}

bool type_of(std::string_view text, StatsdType& type) {
    if (text.size() == 2) {
        type = StatsdType::timer;
        return text == "ms";
    }
    if (text.size() != 1) return false;
    switch (text.front()) {
        case 'c':
            type = StatsdType::counter;
            return true;
        case 'g':
            type = StatsdType::gauge;
            return true;
        case 'h':
            type = StatsdType::histogram;
            return true;
        case 'd':
            type = StatsdType::distribution;
            return true;
        case 's':
            type = StatsdType::set;
            return true;
        default:
            return false;
    }
}

bool is_time(std::string_view text) {
    std::uint64_t seconds = 0;
    return parse_u64(text, seconds);
}

// Values that have their type and rate in common: "1:2|c|@0.5".
struct Group {
    std::string_view values;  // those that were not taken yet; not empty
    StatsdType type;
    double rate;
    bool is_over;
};

class LineParser {
  public:
    explicit LineParser(const StatsdEvents& events) : events_(events) {}

    void parse(std::string_view line) {
        if (is_skipped(line)) return;
        if (!check(line)) return events_.on_malformed(events_.context, line);
        if (count_ == 1) return events_.on_sample(events_.context, sample_, container_);
        is_checked_ = true;
        walk(values_, [this] { events_.on_sample(events_.context, sample_, container_); });
    }

  private:
    bool is_skipped(std::string_view line) {
        if (line.front() != '_') return false;
        if (line.substr(0, 3) == "_e{") {
            events_.on_skipped(events_.context, StatsdSkipped::event);
            return true;
        }
        if (line.substr(0, 4) != "_sc|") return false;
        events_.on_skipped(events_.context, StatsdSkipped::service_check);
        return true;
    }

    // All of the line, before anything of it is told: when there is one value, it is then in
    // sample_.
    bool check(std::string_view line) {
        tags_.clear();
        container_ = {};
        count_ = 0;
        is_checked_ = false;
        const std::size_t colon = line.find(':');
        if (colon == line.npos || has_control_character(line)) return false;
        values_ = line.substr(colon + 1);
        return take_name(line.substr(0, colon)) && walk(values_, [this] { ++count_; }) &&
               tags_.finish(sample_.tags);
    }

    bool take_name(std::string_view name) {
        if (name.find('|') != name.npos) return false;
        const std::size_t comma = name.find(',');
        sample_.name = name.substr(0, comma);
        if (sample_.name.empty() || sample_.name.size() > limits::app_name_bytes_max) return false;
        return comma == name.npos || tags_.add_list(name.substr(comma + 1), '=');
    }

    // Calls `take` with each value in sample_.
    template <class Take>
    bool walk(std::string_view rest, Take take) {
        Group group;
        do {
            if (!take_group(rest, group)) return false;
            while (!group.is_over) {
                if (!take_value(group)) return false;
                take();
            }
        } while (!rest.empty());
        return true;
    }

    // Takes the text up to `end` off the front of `rest`, which then begins with it or is empty.
    static std::string_view take_until(std::string_view& rest, char end) {
        const std::string_view text = rest.substr(0, rest.find(end));
        rest.remove_prefix(text.size());
        return text;
    }

    // As take_until, with a colon as another end. These texts have a few bytes.
    static std::string_view take_short(std::string_view& rest, char end) {
        std::size_t size = 0;
        while (size < rest.size() && rest[size] != end && rest[size] != ':')
            ++size;
        const std::string_view text = rest.substr(0, size);
        rest.remove_prefix(size);
        return text;
    }

    // Leaves `rest` at the next group, or empty.
    bool take_group(std::string_view& rest, Group& group) {
        group.values = take_until(rest, '|');
        group.rate = 1;
        group.is_over = false;
        if (rest.empty()) return false;
        rest.remove_prefix(1);
        if (!type_of(take_short(rest, '|'), group.type)) return false;
        while (!rest.empty() && rest.front() == '|') {
            rest.remove_prefix(1);
            const bool is_rate = !rest.empty() && rest.front() == '@';
            const std::string_view section =
                is_rate ? take_short(rest, '|') : take_until(rest, '|');
            if (!take_section(section, group)) return false;
        }
        if (rest.empty()) return true;
        rest.remove_prefix(1);
        return !rest.empty();
    }

    bool take_section(std::string_view section, Group& group) {
        if (section.empty()) return true;
        switch (section.front()) {
            case '@':
                return parse_statsd_number(section.substr(1), group.rate) &&
                       group.rate >= limits::statsd_rate_min && group.rate <= 1;
            case '#':
                return is_checked_ || tags_.add_list(section.substr(1), ':');
            case 'T':
                return is_time(section.substr(1));
            case 'c':
                if (section.substr(0, 2) == "c:") container_ = section.substr(2);
                return true;
            default:
                return true;
        }
    }

    bool take_value(Group& group) {
        std::string_view text = group.values;
        if (group.type != StatsdType::set) text = take_short(group.values, ':');
        group.is_over = group.type == StatsdType::set || group.values.empty();
        if (!group.is_over) group.values.remove_prefix(1);
        sample_.type = group.type;
        sample_.rate = group.rate;
        return !text.empty() && set_value(text);
    }

    bool set_value(std::string_view text) {
        sample_.is_delta = false;
        sample_.text = {};
        sample_.value = 0;
        if (sample_.type == StatsdType::set) {
            sample_.text = text;
            return true;
        }
        if (sample_.type == StatsdType::gauge) {
            sample_.is_delta = text.front() == '+' || text.front() == '-';
            if (is_nan_text(text)) {
                sample_.value = std::numeric_limits<double>::quiet_NaN();
                return true;
            }
        }
        return parse_statsd_number(text, sample_.value);
    }

    const StatsdEvents& events_;
    StatsdTags tags_;
    StatsdSample sample_;
    std::string_view container_;
    std::string_view values_;
    std::size_t count_ = 0;
    bool is_checked_ = false;  // the second walk: tags are complete
};

}  // namespace

void parse_statsd_packet(std::span<const char> packet, const StatsdEvents& events) {
    LineParser parser(events);
    std::string_view rest(packet.data(), packet.size());
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = trim(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (!line.empty()) parser.parse(line);
    }
}

}  // namespace nma
