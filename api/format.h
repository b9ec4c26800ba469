// How a list of samples is written down: one constant record in api/formats/NAME.cc and one line
// in formats.list.
#pragma once

#include <span>
#include <string_view>

#include "api/node_identity.h"
#include "platform/base/text_sink.h"
#include "platform/metrics/snapshot.h"

namespace nma {

struct Message {
    const Snapshot& snapshot;
    Catalogue catalogue;
    const NodeIdentity& identity;
    std::span<const Sample> samples;
    std::span<const MissingGroup> missing;  // shown in the full view
    View view;
    const ContainerEntry* container;  // null: about the node
};

struct Format {
    const char* name;
    const char* content_type;
    Status (*write)(const Message& message, TextSink& sink);  // ok or full
};

// In the order of formats.list; the first is the one that is sent.
std::span<const Format> all_formats();

}  // namespace nma
