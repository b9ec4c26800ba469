// How many files may be open at the same time.
#pragma once

#include <cstddef>

namespace nma {

// As many as may be: the soft limit becomes the hard one. Gives that; 0 when the kernel does not
// say.
std::size_t raise_file_limit();

// Makes the process' table of descriptors as large as for `count` of them, or as the limit lets it.
// While there is one thread: with several the kernel makes who opens a file wait for 10 to 30 ms
// each time that the table grows.
void widen_file_table(std::size_t count);

}  // namespace nma
