// A filter of system calls for the kernel (seccomp(2)), as a program of classic BPF in fixed
// memory. The first rule that fits a call decides; a call that no rule fits fails with ENOSYS, so
// that a C library that tries something new falls back to what it used before.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace nma {

class SeccompProgram {
  public:
    // Kills at once whoever comes with another processor's calling convention, whose numbers mean
    // other calls.
    SeccompProgram();

    // Calls by their number, __NR_….
    void allow(long call);
    void kill(long call);

    // Allows the call when, of the low 32 bits of an argument, those in `mask` are `value`.
    // Otherwise the next rule for this call decides, and if there is none it fails with ENOSYS.
    void allow_when(long call, unsigned argument, std::uint32_t mask, std::uint32_t value);

    // The call fails with this errno, the process goes on.
    void refuse(long call, int error);

    // The instructions, with the last rule. is_full: a rule had no room, and the filter must not be
    // used.
    std::span<const sock_filter> finish();
    bool is_full() const { return is_full_; }

  private:
    static constexpr std::size_t instruction_count_max = 1024;

    void add(std::uint16_t code, std::uint32_t k, std::uint8_t if_true = 0,
             std::uint8_t if_false = 0);
    void decide(long call, std::uint32_t action);

    sock_filter instructions_[instruction_count_max] = {};
    std::size_t count_ = 0;
    bool is_full_ = false;
};

}  // namespace nma
