#include <stdlib.h>

#include <cstdint>
#include <iterator>

#include "cgroups/container_name.h"

namespace {

using namespace nma;

void check(std::string_view path, const NamingRules& rules) {
    ContainerId id;
    Runtime runtime = Runtime::oci;
    if (!container_of_path(path, rules, id, &runtime)) {
        if (!id.empty()) abort();
        return;
    }
    const std::string_view text = id.view();
    if (text.empty() || text == "." || text == "..") abort();
    if (text.find('/') != text.npos || text.find('\0') != text.npos) abort();
    if (*runtime_name(runtime) == '\0') abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view path(reinterpret_cast<const char*>(data), size);
    for (const std::string_view root : {"mesos", "/sys/mesos/", ""}) {
        check(path, {root, false});
        check(path, {root, true});
    }
    if (is_runtime_of_container(path) && path.find('/') == path.npos) abort();
    return 0;
}
