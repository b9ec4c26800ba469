// A sandbox around us that forbids some system calls, as a service manager's does.
#pragma once

#include <errno.h>

#include <initializer_list>

namespace nma::test {

// From now on each of them fails in this process, with ENOSYS as on a kernel that does not have it:
// for children. False when the kernel refuses.
bool forbid_calls(std::initializer_list<long> calls, int failure = EPERM);

// With what a child ends whose kernel refused; then the test is to be skipped.
inline constexpr int no_filter_status = 77;

}  // namespace nma::test
