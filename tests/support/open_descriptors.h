// How many descriptors this process has open; what counts them is one.
#pragma once

#include <dirent.h>

#include <cstddef>

namespace nma::test {

inline std::size_t open_descriptor_count() {
    DIR* const directory = opendir("/proc/self/fd");
    std::size_t count = 0;
    while (readdir(directory) != nullptr)
        ++count;
    closedir(directory);
    return count;
}

}  // namespace nma::test
