// What an application said, as a MetricsMessage in JSON.
#pragma once

#include "api/format.h"

namespace nma {

// Tags are the application's own; see append_json_pairs for twins among them.
Status write_json_app(const AppMessage& message, TextSink& sink);

}  // namespace nma
