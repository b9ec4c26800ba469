// One metric of the application in a container. Nothing can be sent yet, and the answer for
// nothing is 204.
#include "api/route.h"

namespace nma {

namespace {

Status write_nothing(const RouteContext&, TextSink&) {
    return Status::absent;
}

}  // namespace

extern constexpr Route app_metric_route = {.name = "app_metric",
                                           .pattern = "containers/{id}/app/{metric-id}",
                                           .write = write_nothing,
                                           .is_agent_only = true};

}  // namespace nma
