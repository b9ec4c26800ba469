#include "api/listen_error.h"

#include <stdarg.h>
#include <stdio.h>

namespace nma {

bool refuse_listener(ListenError& error, const char* format, ...) {
    char text[ListenError::bytes_max + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error.clear();
    (void)error.append(text);
    return false;
}

}  // namespace nma
