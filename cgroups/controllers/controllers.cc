#include "cgroups/controller.h"

namespace nma {

#define CONTROLLER(name) extern const Controller name##_controller;
#include "cgroups/controllers/controllers.list"
#undef CONTROLLER

// Copies of the records: they are constants, made before any code runs.
std::span<const Controller> container_controllers() {
    static const Controller controllers[] = {
#define CONTROLLER(name) name##_controller,
#include "cgroups/controllers/controllers.list"
#undef CONTROLLER
    };
    static_assert(sizeof controllers / sizeof controllers[0] <= limits::collector_count_max);
    return controllers;
}

}  // namespace nma
