#include "api/answers.h"

#include "api/format.h"
#include "api/json_writer.h"

namespace nma {

Status write_node(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                  View view, TextSink& sink) {
    const Message message = {.snapshot = snapshot,
                             .catalogue = catalogue,
                             .identity = identity,
                             .samples = snapshot.node_samples(),
                             .missing = snapshot.node_missing(),
                             .view = view,
                             .container = nullptr};
    return all_formats()[0].write(message, sink);
}

Status write_container(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                       std::string_view id, View view, TextSink& sink) {
    const ContainerEntry* container = snapshot.find_container(id);
    if (container == nullptr) return Status::absent;
    const Message message = {.snapshot = snapshot,
                             .catalogue = catalogue,
                             .identity = identity,
                             .samples = snapshot.samples_of(*container),
                             .missing = snapshot.missing_of(*container),
                             .view = view,
                             .container = container};
    return all_formats()[0].write(message, sink);
}

Status write_containers(const Snapshot& snapshot, bool has_exited, TextSink& sink) {
    const std::size_t count = has_exited ? snapshot.containers.size() : snapshot.living_count;
    sink.append('[');
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) sink.append(',');
        append_json_string(sink, snapshot.text(snapshot.containers[i].id));
    }
    sink.append(']');
    return sink.status();
}

}  // namespace nma
