#include "platform/linux/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cstddef>

namespace nma {

namespace {

constexpr std::size_t line_bytes = 1024;

LogLevel least_urgent = LogLevel::info;

const char* level_prefix(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return "error: ";
        case LogLevel::warning:
            return "warning: ";
        case LogLevel::info:
            return "";
    }
    return "";
}

}  // namespace

void set_log_level(LogLevel level) {
    least_urgent = level;
}

void log_line(LogLevel level, const char* format, ...) {
    if (level > least_urgent) return;
    char line[line_bytes];
    int used = snprintf(line, sizeof line, "%s", level_prefix(level));
    va_list arguments;
    va_start(arguments, format);
    const auto start = static_cast<std::size_t>(used);
    used += vsnprintf(line + start, sizeof line - start, format, arguments);
    va_end(arguments);
    std::size_t length = static_cast<std::size_t>(used);
    if (length > sizeof line - 1) length = sizeof line - 1;
    for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        if (byte < 0x20 || byte == 0x7f) line[i] = '?';
    }
    line[length++] = '\n';
    // One write for one line: lines of two threads do not mix. Nowhere to report a failure.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, length);
}

}  // namespace nma
