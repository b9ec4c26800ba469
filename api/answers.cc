#include "api/answers.h"

#include "api/format.h"
#include "api/json_writer.h"

namespace nma {

Status write_node(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                  View view, TextSink& sink) {
    return all_formats()[0].write(
        {snapshot, catalogue, identity, snapshot.node_samples(), snapshot.node_missing(), view, {}},
        sink);
}

Status write_container(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                       std::string_view id, View view, TextSink& sink) {
    const ContainerEntry* container = snapshot.find_container(id);
    if (container == nullptr) return Status::absent;
    return all_formats()[0].write({snapshot, catalogue, identity, snapshot.samples_of(*container),
                                   snapshot.missing_of(*container), view, id},
                                  sink);
}

Status write_containers(const Snapshot& snapshot, TextSink& sink) {
    sink.append('[');
    bool is_first = true;
    for (const ContainerEntry& container : snapshot.containers) {
        if (!is_first) sink.append(',');
        is_first = false;
        append_json_string(sink, snapshot.text(container.id));
    }
    sink.append(']');
    return sink.status();
}

}  // namespace nma
