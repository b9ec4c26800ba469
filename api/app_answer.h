// The answer of the two resources about applications.
#pragma once

#include "api/route.h"

namespace nma {

// A MetricsMessage of what the container's application said, whether the snapshot has the container
// or not; of one metric when the context has one. In the full view with what became of all that was
// sent, and then also when nothing is left to show. Absent when there is nothing.
Status write_app(const RouteContext& context, TextSink& sink);

}  // namespace nma
