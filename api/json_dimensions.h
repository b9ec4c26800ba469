// The dimensions of a MetricsMessage, as JSON.
#pragma once

#include "api/dimensions.h"
#include "platform/base/text_sink.h"

namespace nma {

// What is empty is left out, but for mesos_id and hostname. Of what two know, the Mesos agent's
// word counts before that of the container's sandbox and runtime, whose own labels are shown in the
// full view.
void append_json_dimensions(TextSink& sink, const Dimensions& dimensions);

}  // namespace nma
