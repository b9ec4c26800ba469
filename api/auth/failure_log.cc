#include "api/auth/failure_log.h"

#include <inttypes.h>
#include <stdio.h>

#include <algorithm>

#include "platform/metrics/agent_counters.h"

namespace nma {

namespace {

constexpr std::uint64_t minute_ns = 60'000'000'000;
constexpr std::size_t line_bytes = 512;

}  // namespace

void FailureLog::init(Arena& arena, const char* what, FailureSink sink) {
    what_ = what;
    sink_ = sink;
    entries_ = arena.take<Entry>("log of failures", limits::failure_log_entry_count_max);
}

void FailureLog::note(std::string_view address, std::string_view cause, std::uint64_t now_ns) {
    Text address_key;
    Text cause_key;
    (void)address_key.assign(address.substr(0, Text::bytes_max));
    (void)cause_key.assign(cause.substr(0, Text::bytes_max));
    tell_untold(now_ns);
    Entry* entry = find(address_key, cause_key);
    if (entry != nullptr && now_ns - entry->written_at_ns < minute_ns) {
        ++entry->unwritten_count;
        count_agent(AgentCounter::logs_suppressed);
        return;
    }
    if (!take_line(now_ns)) {
        ++(entry == nullptr ? untold_count_ : entry->unwritten_count);
        count_agent(AgentCounter::logs_suppressed);
        return;
    }
    if (entry == nullptr) {
        entry = &take_oldest();
        *entry = {address_key, cause_key, 0, 0};
    }
    write(*entry, now_ns);
}

FailureLog::Entry* FailureLog::find(const Text& address, const Text& cause) {
    for (Entry& entry : entries_) {
        if (entry.written_at_ns != 0 && entry.address.view() == address.view() &&
            entry.cause.view() == cause.view()) {
            return &entry;
        }
    }
    return nullptr;
}

// What it has counted is told with the rest.
FailureLog::Entry& FailureLog::take_oldest() {
    Entry& oldest = *std::min_element(
        entries_.begin(), entries_.end(),
        [](const Entry& a, const Entry& b) { return a.written_at_ns < b.written_at_ns; });
    untold_count_ += oldest.unwritten_count;
    return oldest;
}

// Whether one more line may be written in this minute.
bool FailureLog::take_line(std::uint64_t now_ns) {
    if (now_ns - minute_began_at_ns_ >= minute_ns) {
        minute_began_at_ns_ = now_ns;
        lines_in_minute_ = 0;
    }
    if (lines_in_minute_ >= limits::failure_log_lines_per_minute_max) return false;
    ++lines_in_minute_;
    return true;
}

void FailureLog::write(Entry& entry, std::uint64_t now_ns) {
    char line[line_bytes];
    const int used = snprintf(line, sizeof line, "%.100s %s: %s", what_, entry.address.c_str(),
                              entry.cause.c_str());
    if (entry.unwritten_count != 0) {
        snprintf(line + used, sizeof line - static_cast<std::size_t>(used),
                 " (and %" PRIu64 " more like it)", entry.unwritten_count);
    }
    entry.unwritten_count = 0;
    entry.written_at_ns = now_ns;
    sink_.write(sink_.context, line);
}

// Once in a minute, before its first line.
void FailureLog::tell_untold(std::uint64_t now_ns) {
    if (untold_count_ == 0 || now_ns - minute_began_at_ns_ < minute_ns || !take_line(now_ns))
        return;
    char line[line_bytes];
    snprintf(line, sizeof line, "%.100s: %" PRIu64 " more, of many addresses or causes", what_,
             untold_count_);
    untold_count_ = 0;
    sink_.write(sink_.context, line);
}

}  // namespace nma
