// The keys of the configuration file that are about applications.
#pragma once

#include "agent/config_keys.h"

namespace nma {

std::span<const KeyRow> apps_keys();

// What is not a default of its type.
void set_apps_defaults(AppsConfig& apps);

// Last: null, or what does not fit together.
const char* check_apps(const AppsConfig& apps);

}  // namespace nma
