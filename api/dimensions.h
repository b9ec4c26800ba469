// What a message says of whom it is about, besides its figures.
#pragma once

#include <string_view>

#include "api/node_identity.h"
#include "platform/metrics/snapshot.h"
#include "platform/metrics/task_facts.h"

namespace nma {

// Texts are good for the length of one call.
struct Dimensions {
    const NodeIdentity& identity;
    View view = View::standard;
    std::string_view container_id = {};  // empty: about the node
    bool is_exited = false;
    ContainerTexts texts = {};  // of the snapshot; empty when it has no such container
    TaskFacts task = {};
};

// Of a container, which may be in no snapshot; null is none.
Dimensions dimensions_of(const NodeIdentity& identity, View view, std::string_view container_id,
                         const Snapshot* snapshot, const TaskSource& tasks);

}  // namespace nma
