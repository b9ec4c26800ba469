#include "api/route.h"

namespace nma {

#define ROUTE(name) extern const Route name##_route;
#include "api/routes.list"
#undef ROUTE

std::span<const Route> all_routes() {
    static const Route routes[] = {
#define ROUTE(name) name##_route,
#include "api/routes.list"
#undef ROUTE
    };
    return routes;
}

}  // namespace nma
