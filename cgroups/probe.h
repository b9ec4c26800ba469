// Reads the three cheap figures of a container by which rest is told from work.
#pragma once

#include "cgroups/activity.h"
#include "cgroups/controller.h"

namespace nma {

// What cannot be read is not present.
ProbeValues probe_container(const ContainerReading& reading);

}  // namespace nma
