// How many files may be open at the same time.
#pragma once

#include <cstddef>

namespace nma {

// As many as may be: the soft limit becomes the hard one. Gives that; 0 when the kernel does not
// say.
std::size_t raise_file_limit();

}  // namespace nma
