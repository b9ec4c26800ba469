#include "tests/support/emulator.h"

#include <cstdlib>

#include "tests/support/cmocka.h"

namespace nma::test {

bool is_emulated() {
    return std::getenv("NMA_EMULATED") != nullptr;
}

void skip_if_emulated(const char* name, const char* why) {
    if (!is_emulated()) return;
    print_message("SKIP %s: %s\n", name, why);
    skip();
}

}  // namespace nma::test
