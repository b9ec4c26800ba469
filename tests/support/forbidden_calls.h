// A sandbox around us that forbids some system calls, as a service manager's does.
#pragma once

#include <initializer_list>

namespace nma::test {

// From now on each of them fails with EPERM in this process: for children. False when the kernel
// refuses.
bool forbid_calls(std::initializer_list<long> calls);

// With what a child ends whose kernel refused; then the test is to be skipped.
inline constexpr int no_filter_status = 77;

}  // namespace nma::test
