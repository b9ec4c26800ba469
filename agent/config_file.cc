#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>

#include "agent/config.h"

namespace nma {

namespace {

bool refuse_file(const char* path, const char* why, ConfigError& error) {
    char message[ConfigError::bytes_max];
    snprintf(message, sizeof message, "%s: cannot read the configuration: %s", path, why);
    (void)error.assign(message);
    return false;
}

// Up to `size` bytes; -1 and errno on failure.
ssize_t read_up_to(int file, char* buffer, std::size_t size) {
    std::size_t used = 0;
    while (used < size) {
        const ssize_t count = read(file, buffer + used, size - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(used);
}

}  // namespace

bool read_config_file(const char* path, Config& config, ConfigError& error) {
    // Only used before anything else runs, and never again: static, so as not to need a big stack.
    static char buffer[config_bytes_max + 1];
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return refuse_file(path, strerror(errno), error);
    const ssize_t size = read_up_to(file, buffer, sizeof buffer);
    const int failure = errno;
    close(file);
    if (size < 0) return refuse_file(path, strerror(failure), error);
    if (static_cast<std::size_t>(size) > config_bytes_max) {
        return refuse_file(path, "it has more than 256 KiB", error);
    }
    return read_config_text(path, {buffer, static_cast<std::size_t>(size)}, config, error);
}

}  // namespace nma
