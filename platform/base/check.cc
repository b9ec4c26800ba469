#include "platform/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace nma {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "node-metrics-agent: broken promise at %s:%d: %s\n", file, line,
                 condition);
    std::abort();
}

}  // namespace nma
