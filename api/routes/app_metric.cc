// One metric of the application in a container: all its sets of tags, and all parts of a timer.
#include "api/app_answer.h"
#include "api/route.h"

namespace nma {

extern constexpr Route app_metric_route = {.name = "app_metric",
                                           .pattern = "containers/{id}/app/{metric-id}",
                                           .write = write_app,
                                           .is_agent_only = true};

}  // namespace nma
