#include "api/answers.h"
#include "api/route.h"

namespace nma {

namespace {

Status write(const RouteContext& context, TextSink& sink) {
    if (context.snapshot == nullptr) return Status::absent;
    return write_node(*context.snapshot, context.catalogue, context.identity, context.view, sink);
}

}  // namespace

extern constexpr Route node_route = {
    .name = "node", .pattern = "node", .write = write, .is_shared = true};

}  // namespace nma
