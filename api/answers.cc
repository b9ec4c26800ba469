#include "api/answers.h"

#include "api/format.h"
#include "api/json_writer.h"

namespace nma {

namespace {

void append_id(TextSink& sink, std::string_view id, bool& is_first) {
    if (!is_first) sink.append(',');
    is_first = false;
    append_json_string(sink, id);
}

bool is_listed(const Snapshot& snapshot, bool has_exited, std::string_view id) {
    const ContainerEntry* entry = snapshot.find_container(id);
    return entry != nullptr && (has_exited || !entry->is_exited());
}

}  // namespace

Status write_node(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                  View view, TextSink& sink) {
    const Dimensions dimensions = {.identity = identity, .view = view};
    const Message message = {.snapshot = snapshot,
                             .catalogue = catalogue,
                             .dimensions = dimensions,
                             .samples = snapshot.node_samples(),
                             .missing = snapshot.node_missing(),
                             .container = nullptr};
    return all_formats()[0].write(message, sink);
}

Status write_container(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                       std::string_view id, View view, TextSink& sink, const TaskSource& tasks) {
    const ContainerEntry* container = snapshot.find_container(id);
    if (container == nullptr) return Status::absent;
    const Dimensions dimensions = dimensions_of(identity, view, id, &snapshot, tasks);
    const Message message = {.snapshot = snapshot,
                             .catalogue = catalogue,
                             .dimensions = dimensions,
                             .samples = snapshot.samples_of(*container),
                             .missing = snapshot.missing_of(*container),
                             .container = container};
    return all_formats()[0].write(message, sink);
}

Status write_containers(const Snapshot& snapshot, bool has_exited, TextSink& sink,
                        const AppSource& apps) {
    const std::size_t count = has_exited ? snapshot.containers.size() : snapshot.living_count;
    bool is_first = true;
    sink.append('[');
    for (std::size_t i = 0; i < count; ++i)
        append_id(sink, snapshot.text(snapshot.containers[i].id), is_first);
    std::string_view id;
    for (std::uint32_t i = 0; apps.container_at != nullptr && apps.container_at(apps.self, i, id);
         ++i) {
        if (!is_listed(snapshot, has_exited, id)) append_id(sink, id, is_first);
    }
    sink.append(']');
    return sink.status();
}

}  // namespace nma
