// CMocka for C++: include it last, for it defines words like `fail` as macros.
#pragma once

// clang-format off: the order is CMocka's
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include <cmocka.h>
}
// clang-format on

#undef fail
#undef expect_value

// Skips the test, and says why in the form that tests/count.awk collects.
#define SKIP_BECAUSE(reason)                              \
    do {                                                  \
        print_message("SKIP %s: %s\n", __func__, reason); \
        skip();                                           \
    } while (false)
