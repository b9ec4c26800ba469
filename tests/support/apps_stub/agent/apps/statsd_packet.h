// STUB, to be deleted when agent/apps has the real one: splits "name:value|type|...|c:field" and no
// more.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace nma {

enum class StatsdType : std::uint8_t { gauge, counter, timer, histogram, distribution, set };
enum class StatsdSkipped : std::uint8_t { event, service_check };

struct StatsdSample {
    std::string_view name;
    std::string_view tags;
    StatsdType type = StatsdType::counter;
    bool is_delta = false;
    double value = 0;
    double rate = 1;
    std::string_view text;
};

struct StatsdEvents {
    void* context = nullptr;
    void (*on_sample)(void* context, const StatsdSample& sample,
                      std::string_view container) = nullptr;
    void (*on_malformed)(void* context, std::string_view line) = nullptr;
    void (*on_skipped)(void* context, StatsdSkipped kind) = nullptr;
};

inline void parse_stub_line(std::string_view line, const StatsdEvents& events) {
    const std::size_t colon = line.find(':');
    const std::size_t bar = line.find('|');
    if (line.empty()) return;
    if (line.starts_with("_e{")) return events.on_skipped(events.context, StatsdSkipped::event);
    if (colon == line.npos || bar == line.npos || bar < colon) {
        return events.on_malformed(events.context, line);
    }
    char number[32] = "";
    line.substr(colon + 1, bar - colon - 1).copy(number, sizeof number - 1);
    StatsdSample sample;
    sample.name = line.substr(0, colon);
    sample.value = std::strtod(number, nullptr);
    const std::size_t field = line.find("|c:");
    std::string_view container;
    if (field != line.npos) {
        container = line.substr(field + 3, line.find('|', field + 3) - field - 3);
    }
    events.on_sample(events.context, sample, container);
}

inline void parse_statsd_packet(std::span<const char> packet, const StatsdEvents& events) {
    std::string_view rest(packet.data(), packet.size());
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        parse_stub_line(rest.substr(0, end), events);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
}

}  // namespace nma
