#include "platform/linux/file_limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace nma {

std::size_t raise_file_limit() {
    rlimit files = {};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    if (files.rlim_cur < files.rlim_max) {
        const rlimit raised = {files.rlim_max, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
    }
    return static_cast<std::size_t>(std::min<rlim_t>(files.rlim_cur, SIZE_MAX));
}

void widen_file_table(std::size_t count) {
    constexpr std::size_t most = 1 << 20;
    const std::size_t last = std::min({count, raise_file_limit(), most});
    if (last == 0) return;
    const int file = open("/", O_PATH | O_CLOEXEC);
    if (file < 0) return;
    const int high = fcntl(file, F_DUPFD_CLOEXEC, static_cast<int>(last) - 1);
    for (const int one : {file, high})
        if (one >= 0) close(one);
}

}  // namespace nma
