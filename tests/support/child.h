// What cannot be undone, such as giving rights away, a test does in a child process.
#pragma once

namespace nma::test {

inline constexpr int ended_by_signal = 128;  // plus the signal's number

// Runs `function` in a child. Returns what it returned (0 to 127), or how it ended.
int in_child(int (*function)());

}  // namespace nma::test
