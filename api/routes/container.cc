#include "api/answers.h"
#include "api/route.h"

namespace nma {

namespace {

Status write(const RouteContext& context, TextSink& sink) {
    if (context.snapshot == nullptr) return Status::absent;
    return write_container(*context.snapshot, context.catalogue, context.identity,
                           context.container_id, context.view, sink, context.tasks);
}

}  // namespace

extern constexpr Route container_route = {
    .name = "container", .pattern = "containers/{id}", .write = write, .is_agent_only = true};

}  // namespace nma
