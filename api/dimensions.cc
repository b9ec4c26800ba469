#include "api/dimensions.h"

namespace nma {

Dimensions dimensions_of(const NodeIdentity& identity, View view, std::string_view container_id,
                         const Snapshot* snapshot, const TaskSource& tasks) {
    Dimensions dimensions = {.identity = identity, .view = view, .container_id = container_id};
    if (tasks.find != nullptr) tasks.find(tasks.self, container_id, dimensions.task);
    const ContainerEntry* entry =
        snapshot == nullptr ? nullptr : snapshot->find_container(container_id);
    if (entry != nullptr) {
        dimensions.is_exited = entry->is_exited();
        dimensions.texts = snapshot->texts_of(*entry);
    }
    return dimensions;
}

}  // namespace nma
