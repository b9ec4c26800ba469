#include "cgroups/container_names.h"

#include <utility>

#include "platform/base/check.h"

namespace nma {

namespace {

// Not there, or caught while it was written: a moment later it may be.
bool is_worth_another_try(Status status) {
    return status == Status::absent || status == Status::malformed;
}

}  // namespace

void ContainerNames::init(Arena& arena, const Capacities& capacities) {
    state_.init(arena);
    texts_ = BoundedList<char>(arena.take<char>(
        "container names", capacities.entries() * limits::note_bytes_per_container));
}

void ContainerNames::resolve(const HostContext& context, ContainerTable& table, bool is_tick) {
    std::size_t count = 0;
    for (const std::uint32_t index : table.sorted()) {
        Container& container = table[index];
        const std::uint8_t tries_left = container.note.tries_left;
        if (tries_left == 0 || (!is_tick && tries_left < limits::name_tries_max)) continue;
        if (count++ == 0) state_.begin_search();
        if (count > limits::names_per_round_max) return;
        resolve_one(context, table, container);
    }
}

void ContainerNames::resolve_one(const HostContext& context, ContainerTable& table,
                                 Container& container) {
    ContainerNote& note = container.note;
    const std::span<const StatePlace> places = state_places(container.runtime);
    --note.tries_left;
    if (places.empty()) {
        note.tries_left = 0;
        return;
    }
    ContainerMeta meta;
    note.status = state_.find(context, container.id.view(), places, meta);
    if (note.status != Status::ok) {
        if (!is_worth_another_try(note.status)) note.tries_left = 0;
        return;
    }
    note.tries_left = 0;
    container.activity.is_resting = false;  // so that it shows
    bool is_kept = keep(meta, note);
    if (!is_kept) {
        give_back(table);
        is_kept = keep(meta, note);
    }
    if (!is_kept) note.status = Status::full;
    if (!meta.mesos_id.empty()) table.show_as(container, meta.mesos_id.view());
}

bool ContainerNames::keep(const ContainerMeta& meta, ContainerNote& note) {
    const std::size_t first = texts_.size();
    for (const std::string_view text :
         {meta.name.view(), meta.image.view(), meta.pod.view(), meta.labels.view()}) {
        if (texts_.append({text.data(), text.size()})) continue;
        texts_.resize_down(first);
        return false;
    }
    note.text_first = static_cast<std::uint32_t>(first);
    note.name_bytes = static_cast<std::uint16_t>(meta.name.size());
    note.image_bytes = static_cast<std::uint16_t>(meta.image.size());
    note.pod_bytes = static_cast<std::uint16_t>(meta.pod.size());
    note.labels_bytes = static_cast<std::uint16_t>(meta.labels.size());
    note.overflow_count = meta.overflow_count;
    note.source = meta.source;
    note.is_sandbox = meta.is_sandbox;
    return true;
}

// The room of those that ended.
void ContainerNames::give_back(ContainerTable& table) {
    other_texts_.clear();
    for (const std::uint32_t index : table.sorted()) {
        ContainerNote& note = table[index].note;
        if (note.source == nullptr) continue;
        const std::size_t bytes =
            std::size_t{note.name_bytes} + note.image_bytes + note.pod_bytes + note.labels_bytes;
        const auto first = static_cast<std::uint32_t>(other_texts_.size());
        NMA_CHECK(other_texts_.append({texts_.begin() + note.text_first, bytes}));
        note.text_first = first;
    }
    std::swap(texts_, other_texts_);
}

ContainerTexts ContainerNames::texts_of(const Container& container) const {
    const ContainerNote& note = container.note;
    ContainerTexts texts;
    texts.runtime = runtime_name(container.runtime);
    if (note.source == nullptr) return texts;
    const char* next = texts_.begin() + note.text_first;
    const auto take = [&next](std::size_t bytes) {
        const std::string_view text(next, bytes);
        next += bytes;
        return text;
    };
    texts.name = take(note.name_bytes);
    texts.image = take(note.image_bytes);
    texts.pod = take(note.pod_bytes);
    texts.labels = take(note.labels_bytes);
    texts.name_source = note.source;
    texts.is_sandbox = note.is_sandbox;
    return texts;
}

Reason ContainerNames::missing_reason(const Container& container) {
    if (container.note.source != nullptr || state_places(container.runtime).empty())
        return Reason::none;
    return reason_of(container.note.status);
}

}  // namespace nma
