// Packets into a small store, where everything overflows soon. The first byte of each piece says
// what happens to the rest of it: a packet for one of the containers, time that passes, an end.
#include <stdlib.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "agent/apps/app_store.h"
#include "agent/apps/statsd_packet.h"

namespace {

using namespace nma;

constexpr std::uint64_t second_ns = 1'000'000'000;

Arena arena;
AppStore store;
AppContainer container = no_app_container;
bool is_made = false;
std::uint64_t now_ns = 0;

void require(bool condition) {
    if (!condition) abort();
}

AppCapacities small() {
    AppCapacities capacities;
    capacities.containers = 3;
    capacities.series = 20;
    capacities.series_per_container = 12;
    capacities.text_bytes = 64 * 30;
    capacities.text_bytes_per_container = 64 * 20;
    capacities.members = 20;
    capacities.members_per_container = 12;
    capacities.sketches = 4;
    capacities.sketches_per_container = 3;
    return capacities;
}

bool is_printable(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    return true;
}

void check_text(std::string_view text) {
    require(is_printable(text));
}

// Pairs of texts with a NUL after each, sorted by keys that are there and differ.
void check_tags(std::string_view tags) {
    std::string_view last;
    require(tags.size() <= limits::app_tag_bytes_max);
    while (!tags.empty()) {
        const std::size_t key_end = tags.find('\0');
        require(key_end != tags.npos);
        const std::string_view key = tags.substr(0, key_end);
        const std::size_t value_end = tags.find('\0', key_end + 1);
        require(value_end != tags.npos);
        check_text(key);
        check_text(tags.substr(key_end + 1, value_end - key_end - 1));
        require(!key.empty() && last < key);
        last = key;
        tags.remove_prefix(value_end + 1);
    }
}

void on_sample(void*, const StatsdSample& sample, std::string_view field) {
    require(!sample.name.empty() && sample.name.size() <= limits::app_name_bytes_max);
    require(sample.name.find_first_of(":|,") == sample.name.npos);
    check_text(sample.name);
    check_tags(sample.tags);
    check_text(field);
    check_text(sample.text);
    require(sample.rate >= limits::statsd_rate_min && sample.rate <= 1);
    require(std::isfinite(sample.value) ||
            (std::isnan(sample.value) && sample.type == StatsdType::gauge && !sample.is_delta));
    require(!sample.is_delta || sample.type == StatsdType::gauge);
    require(sample.text.empty() == (sample.type != StatsdType::set));
    store.apply(container, sample, now_ns);
}

void on_malformed(void*, std::string_view line) {
    require(!line.empty());
    store.note(container, AppCount::malformed_line, 1);
}

void on_skipped(void*, StatsdSkipped) {
    store.note(container, AppCount::skipped_event, 1);
}

void on_datapoint(void* count, const AppDatapoint& datapoint) {
    ++*static_cast<std::uint32_t*>(count);
    require(!datapoint.name.empty());
    check_text(datapoint.name);
    check_tags(datapoint.tags);
}

void check_store() {
    const AppCapacities capacities = small();
    const AppUse use = store.use();
    require(use.containers <= capacities.containers && use.series <= capacities.series);
    require(use.text_bytes <= capacities.text_bytes && use.members <= capacities.members);
    require(use.sketches <= capacities.sketches);
    const AppSource source = store.source();
    std::string_view id;
    for (std::uint32_t i = 0; source.container_at(source.self, i, id); ++i) {
        std::uint32_t count = 0;
        const bool has_any = source.each(source.self, id, "", on_datapoint, &count);
        require(has_any == (count > 0) && store.find(id) != no_app_container);
        source.each(source.self, id, "a", on_datapoint, &count);
        source.each(source.self, id, "a.count", on_datapoint, &count);
    }
}

void do_piece(std::uint8_t what, const char* text, std::size_t size) {
    static const char* const ids[] = {"p", "q", "r", "s"};
    const char* const id = ids[what & 3];
    container = store.open(id);
    if ((what & 0x70) == 0x10) {
        store.close(container);
    } else if ((what & 0x70) == 0x20) {
        now_ns += (what & 0x0f) * second_ns * 5;
        store.expire(now_ns);
    } else if ((what & 0x70) == 0x30) {
        const std::string_view name(text, size < 300 ? size : 300);
        if (!name.empty() && is_printable(name))
            store.put(container, name, "", 1, what & 3, now_ns);
        store.end_group(container, what & 3, now_ns - (what & 8) * second_ns);
        return;
    }
    // A copy of its very size, so that a look past its end is seen.
    char* const copy = static_cast<char*>(malloc(size));
    if (size > 0) memcpy(copy, text, size);
    if ((what & 4) != 0) store.begin_packet();
    parse_statsd_packet({copy, size}, {nullptr, on_sample, on_malformed, on_skipped});
    store.end_packet();
    free(copy);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (!is_made) {
        is_made = true;
        Arena measuring;
        store.init(measuring, small());
        require(arena.map(measuring.used_bytes()));
        store.init(arena, small());
    }
    now_ns = 1000 * second_ns;
    const char* text = reinterpret_cast<const char*>(data);
    // Pieces end in a byte that no line has.
    while (size > 1) {
        const void* const end = memchr(text + 1, '\0', size - 1);
        const std::size_t piece =
            end == nullptr ? size : static_cast<std::size_t>(static_cast<const char*>(end) - text);
        do_piece(static_cast<std::uint8_t>(*text), text + 1, piece - 1);
        check_store();
        const std::size_t done = piece < size ? piece + 1 : size;
        text += done;
        size -= done;
    }
    for (const char* id : {"p", "q", "r", "s"})
        store.close(store.find(id));
    const AppUse use = store.use();
    require(use.containers + use.series + use.text_bytes + use.members + use.sketches == 0);
    return 0;
}
