// What the application in a container sent.
#include "api/app_answer.h"
#include "api/route.h"

namespace nma {

extern constexpr Route app_route = {
    .name = "app", .pattern = "containers/{id}/app", .write = write_app, .is_agent_only = true};

}  // namespace nma
