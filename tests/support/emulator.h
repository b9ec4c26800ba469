// Tests that run in an emulator of another processor (packaging/cross/build says so by
// NMA_EMULATED): it passes most of what a program asks on to this machine's kernel, but not all.
#pragma once

namespace nma::test {

bool is_emulated();

// Leaves the running test as skipped when there is an emulator, and says why.
void skip_if_emulated(const char* name, const char* why);

inline constexpr const char* emulator_has_no_drop_counts =
    "the emulator knows no SO_RXQ_OVFL and no SO_MEMINFO";

}  // namespace nma::test
