// What the code under test writes to the log.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

#include "platform/base/check.h"

namespace nma::test {

// What `log` writes to standard error, 64 KiB at most. Static memory, of the last call.
template <class Log>
const char* capture(Log log) {
    static char captured[65536];
    int ends[2];
    NMA_CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const int saved = dup(STDERR_FILENO);
    NMA_CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    log();
    NMA_CHECK(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
    const ssize_t size = read(ends[0], captured, sizeof captured - 1);
    for (const int fd : {saved, ends[0], ends[1]})
        close(fd);
    captured[size < 0 ? 0 : size] = '\0';
    return captured;
}

}  // namespace nma::test
