// How a list of samples is written down: one constant record in api/formats/NAME.cc and one line
// in formats.list.
#pragma once

#include <span>
#include <string_view>

#include "api/dimensions.h"
#include "platform/base/text_sink.h"
#include "platform/metrics/app_datapoint.h"
#include "platform/metrics/snapshot.h"

namespace nma {

struct Message {
    const Snapshot& snapshot;
    Catalogue catalogue;
    const Dimensions& dimensions;
    std::span<const Sample> samples;
    std::span<const MissingGroup> missing;  // shown in the full view
    const ContainerEntry* container;        // null: about the node
};

// What the application in one container said. `apps.each` is not null.
struct AppMessage {
    const AppSource& apps;
    const Dimensions& dimensions;
    std::string_view metric_id;  // empty: all of them, and in the full view what was counted
};

struct Format {
    const char* name;
    const char* content_type;
    Status (*write)(const Message& message, TextSink& sink);  // ok or full
    // ok, full, or absent: nothing to say.
    Status (*write_app)(const AppMessage& message, TextSink& sink);
};

// In the order of formats.list; the first is the one that is sent.
std::span<const Format> all_formats();

}  // namespace nma
