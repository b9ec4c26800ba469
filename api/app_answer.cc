#include "api/app_answer.h"

#include "api/format.h"

namespace nma {

Status write_app(const RouteContext& context, TextSink& sink) {
    if (context.apps.each == nullptr) return Status::absent;
    const Dimensions dimensions = dimensions_of(
        context.identity, context.view, context.container_id, context.snapshot, context.tasks);
    const AppMessage message = {
        .apps = context.apps, .dimensions = dimensions, .metric_id = context.metric_id};
    return all_formats()[0].write_app(message, sink);
}

}  // namespace nma
