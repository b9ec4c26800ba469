#include <stdlib.h>

#include <cstdint>
#include <iterator>

#include "cgroups/container_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nma;
    const std::string_view path(reinterpret_cast<const char*>(data), size);
    for (const bool services : {false, true}) {
        NamingRules rules;
        rules.services = services;
        ContainerId id;
        if (!container_of_path(path, rules, id)) continue;
        if (id.empty() || id.view().find('/') != std::string_view::npos) abort();
    }
    return 0;
}
