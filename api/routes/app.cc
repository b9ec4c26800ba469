// What the application in a container sent. Nothing can be sent yet, and the answer for nothing is
// 204.
#include "api/route.h"

namespace nma {

namespace {

Status write_nothing(const RouteContext&, TextSink&) {
    return Status::absent;
}

}  // namespace

extern constexpr Route app_route = {
    .name = "app", .pattern = "containers/{id}/app", .write = write_nothing, .is_agent_only = true};

}  // namespace nma
