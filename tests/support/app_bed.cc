#include "tests/support/app_bed.h"

#include <cstdio>
#include <cstring>

#include "agent/apps/statsd_packet.h"
#include "tests/support/cmocka.h"

namespace nma {

namespace {

char shown_text[1 << 18];
std::size_t shown_bytes = 0;

void show(std::string_view text) {
    assert_true(text.size() < sizeof shown_text - shown_bytes);
    if (!text.empty()) std::memcpy(shown_text + shown_bytes, text.data(), text.size());
    shown_bytes += text.size();
    shown_text[shown_bytes] = '\0';
}

std::string_view take_text(std::string_view& tags) {
    const std::string_view text = tags.substr(0, tags.find('\0'));
    tags.remove_prefix(text.size() + 1);
    return text;
}

void show_datapoint(void*, const AppDatapoint& datapoint) {
    if (shown_bytes > 0) show(" ");
    show(datapoint.name);
    std::string_view tags = datapoint.tags;
    while (!tags.empty()) {
        show("{");
        show(take_text(tags));
        show("=");
        show(take_text(tags));
        show("}");
    }
    char value[64];
    std::snprintf(value, sizeof value, "=%.10g", datapoint.value);
    show(value);
}

void on_sample(void* bed, const StatsdSample& sample, std::string_view) {
    AppBed& self = *static_cast<AppBed*>(bed);
    self.store.apply(self.container, sample, self.now_ns);
}

void on_malformed(void* bed, std::string_view) {
    AppBed& self = *static_cast<AppBed*>(bed);
    self.store.note(self.container, AppCount::malformed_line, 1);
}

void on_skipped(void* bed, StatsdSkipped kind) {
    AppBed& self = *static_cast<AppBed*>(bed);
    const bool is_event = kind == StatsdSkipped::event;
    self.store.note(self.container,
                    is_event ? AppCount::skipped_event : AppCount::skipped_service_check, 1);
}

}  // namespace

bool AppBed::make(const AppCapacities& capacities, const AppOptions& options) {
    Arena measuring;
    store = AppStore{};
    store.init(measuring, capacities);
    if (!arena.map(measuring.used_bytes())) return false;
    store.init(arena, capacities);
    store.set_options(options);
    now_ns = 1000 * second_ns;
    container = store.open("c");
    return container != no_app_container;
}

void AppBed::give_back() {
    arena.unmap();
}

void AppBed::send(std::string_view packet) {
    parse_statsd_packet({packet.data(), packet.size()},
                        {this, on_sample, on_malformed, on_skipped});
}

void AppBed::put(std::string_view name, std::string_view tags, double value, std::uint32_t group) {
    store.put(container, name, tags, value, group, now_ns);
}

void AppBed::wait_s(std::uint32_t seconds) {
    for (std::uint32_t i = 0; i < seconds; ++i) {
        now_ns += second_ns;
        store.expire(now_ns);
    }
}

const char* AppBed::shown(std::string_view metric_id, std::string_view container_id) const {
    shown_bytes = 0;
    const AppSource source = store.source();
    const bool has_any = source.each(source.self, container_id, metric_id, show_datapoint, nullptr);
    assert_true(has_any == (shown_bytes > 0));
    return has_any ? shown_text : "none";
}

}  // namespace nma
