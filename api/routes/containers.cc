#include "api/answers.h"
#include "api/route.h"

namespace nma {

namespace {

Status write(const RouteContext& context, TextSink& sink) {
    if (context.snapshot == nullptr) return Status::absent;
    return write_containers(*context.snapshot, context.has_exited, sink, context.apps);
}

}  // namespace

extern constexpr Route containers_route = {.name = "containers",
                                           .pattern = "containers",
                                           .write = write,
                                           .is_agent_only = true,
                                           .is_shared = true,
                                           .lists_apps = true};

}  // namespace nma
