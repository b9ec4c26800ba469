// A malloc of our own around the C library's, which counts who allocates. Linked into one test
// program only.
#pragma once

#include <cstdint>

namespace nma::test {

struct AllocationCounts {
    std::uint64_t ours = 0;     // by anything but libmicrohttpd, on any thread that is not exempt
    std::uint64_t library = 0;  // by libmicrohttpd, directly
    const void* first_ours = nullptr;  // who asked first: a return address
};

// Finds libmicrohttpd in the process' map. False when it is not there (linked statically).
bool find_library();

// Counts from now on / no longer.
void start_counting();
AllocationCounts stop_counting();

// The calling thread is the test's client and may allocate as it likes.
void exempt_this_thread();

}  // namespace nma::test
