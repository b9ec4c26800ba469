// A resource of the API: one constant record in api/routes/NAME.cc and one line in routes.list.
#pragma once

#include <span>
#include <string_view>

#include "api/node_identity.h"
#include "platform/base/text_sink.h"
#include "platform/metrics/app_datapoint.h"
#include "platform/metrics/snapshot.h"
#include "platform/metrics/task_facts.h"

namespace nma {

// What a request asks about. Texts are good for the length of one call.
struct RouteContext {
    const Snapshot* snapshot;  // null when none was published yet
    Catalogue catalogue;
    const NodeIdentity& identity;
    View view = View::standard;
    bool has_exited = false;        // lists show containers that ended, too
    std::string_view container_id;  // decoded; any bytes
    std::string_view metric_id;     // decoded; any bytes
    AppSource apps;                 // without functions: no application can say anything
    TaskSource tasks;               // without functions: there is nobody to ask
};

struct Route {
    const char* name;
    const char* pattern;  // what follows the prefix: "" or "containers/{id}/app"

    // Writes the body. ok: 200; absent: 204, and what was written is dropped; full: the sink was
    // too small.
    Status (*write)(const RouteContext& context, TextSink& sink);

    bool is_agent_only = false;  // does not exist on a master
    bool is_shared = false;      // the same for everybody until the next snapshot
    bool lists_apps = false;     // and until AppSource::generation changes
};

// In the order of routes.list.
std::span<const Route> all_routes();

}  // namespace nma
