#include "platform/linux/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>

#include "platform/linux/clock.h"
#include "platform/linux/line_limit.h"

namespace nma {

namespace {

constexpr std::size_t line_bytes = 1024;

LogLevel least_urgent = LogLevel::info;
bool is_journal = false;
std::atomic<bool> is_limited = false;

// Strangers can cause warnings, as many as they like; these must not keep errors out.
LineLimit error_limit;
LineLimit other_limit;

const char* level_prefix(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return is_journal ? "<3>" : "error: ";
        case LogLevel::warning:
            return is_journal ? "<4>" : "warning: ";
        case LogLevel::info:
            return is_journal ? "<6>" : "";
    }
    return "";
}

// One write for one line: lines of two threads do not mix. Nowhere to report a failure.
[[gnu::format(printf, 2, 0)]] void write_line(LogLevel level, const char* format,
                                              va_list arguments) {
    char line[line_bytes];
    int used = snprintf(line, sizeof line, "%s", level_prefix(level));
    const auto start = static_cast<std::size_t>(used);
    used += vsnprintf(line + start, sizeof line - start, format, arguments);
    std::size_t length = static_cast<std::size_t>(used);
    if (length > sizeof line - 1) length = sizeof line - 1;
    for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        if (byte < 0x20 || byte == 0x7f) line[i] = '?';
    }
    line[length++] = '\n';
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, length);
}

[[gnu::format(printf, 2, 3)]] void write_now(LogLevel level, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(level, format, arguments);
    va_end(arguments);
}

bool has_room(LogLevel level) {
    if (!is_limited.load(std::memory_order_relaxed)) return true;
    const bool is_error = level == LogLevel::error;
    LineLimit& limit = is_error ? error_limit : other_limit;
    if (!limit.take(boottime_ns())) return false;
    const unsigned left_out = limit.take_left_out();
    if (left_out > 0) {
        write_now(LogLevel::warning, "%u %s were left out: there were too many", left_out,
                  is_error ? "errors" : "lines");
    }
    return true;
}

}  // namespace

void start_log() {
    const char* stream = getenv("JOURNAL_STREAM");
    struct stat info = {};
    if (stream == nullptr || fstat(STDERR_FILENO, &info) != 0) return;
    char own[64];
    snprintf(own, sizeof own, "%llu:%llu", static_cast<unsigned long long>(info.st_dev),
             static_cast<unsigned long long>(info.st_ino));
    is_journal = strcmp(own, stream) == 0;
}

void set_log_level(LogLevel level) {
    least_urgent = level;
}

void limit_log_rate() {
    is_limited.store(true, std::memory_order_relaxed);
}

void log_line(LogLevel level, const char* format, ...) {
    if (level > least_urgent || !has_room(level)) return;
    va_list arguments;
    va_start(arguments, format);
    write_line(level, format, arguments);
    va_end(arguments);
}

}  // namespace nma
