#include "platform/linux/seccomp_program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>

namespace nma {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && defined(__AARCH64EL__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_AARCH64;
#elif defined(__arm__) && defined(__ARMEL__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_ARM;
#elif defined(__s390x__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_S390X;
#elif defined(__i386__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_I386;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t own_convention = AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr std::uint32_t own_convention = AUDIT_ARCH_PPC64LE;
#else
#error "name this processor's AUDIT_ARCH of linux/audit.h here"
#endif

constexpr std::uint32_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint32_t jump_if_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint32_t give_back = BPF_RET | BPF_K;

constexpr std::uint32_t low_half_offset(unsigned argument) {
    const std::size_t at = offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t);
    return static_cast<std::uint32_t>(std::endian::native == std::endian::big ? at + 4 : at);
}

}  // namespace

SeccompProgram::SeccompProgram() {
    add(load_word, offsetof(seccomp_data, arch));
    add(jump_if_equal, own_convention, 1, 0);
    add(give_back, SECCOMP_RET_KILL_PROCESS);
    add(load_word, offsetof(seccomp_data, nr));
#ifdef __x86_64__
    // The x32 convention has the same architecture and this bit in its numbers.
    constexpr std::uint32_t x32_bit = 0x40000000;
    add(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1);
    add(give_back, SECCOMP_RET_KILL_PROCESS);
#endif
}

void SeccompProgram::allow(long call) {
    decide(call, SECCOMP_RET_ALLOW);
}

void SeccompProgram::kill(long call) {
    decide(call, SECCOMP_RET_KILL_PROCESS);
}

void SeccompProgram::refuse(long call, int error) {
    decide(call, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error));
}

void SeccompProgram::decide(long call, std::uint32_t action) {
    add(jump_if_equal, static_cast<std::uint32_t>(call), 0, 1);
    add(give_back, action);
}

// The number is loaded again for the rules that follow.
void SeccompProgram::allow_when(long call, unsigned argument, std::uint32_t mask,
                                std::uint32_t value) {
    add(jump_if_equal, static_cast<std::uint32_t>(call), 0, 5);
    add(load_word, low_half_offset(argument));
    add(BPF_ALU | BPF_AND | BPF_K, mask);
    add(jump_if_equal, value, 0, 1);
    add(give_back, SECCOMP_RET_ALLOW);
    add(load_word, offsetof(seccomp_data, nr));
}

std::span<const sock_filter> SeccompProgram::finish() {
    add(give_back, SECCOMP_RET_ERRNO | ENOSYS);
    return {instructions_, count_};
}

void SeccompProgram::add(std::uint16_t code, std::uint32_t k, std::uint8_t if_true,
                         std::uint8_t if_false) {
    if (count_ == instruction_count_max) {
        is_full_ = true;
        return;
    }
    instructions_[count_++] = {code, if_true, if_false, k};
}

}  // namespace nma
