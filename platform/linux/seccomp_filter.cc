#include "platform/linux/seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/seccomp_calls.h"
#include "platform/linux/seccomp_program.h"

namespace nma {

namespace {

using namespace seccomp_calls;

template <std::size_t N>
void allow_all(SeccompProgram& program, const long (&calls)[N]) {
    for (const long call : calls)
        program.allow(call);
}

// Memory that is written is never run: what a hostile text smuggles in stays text.
void allow_memory(SeccompProgram& program) {
    constexpr std::uint32_t executable = PROT_EXEC;
#ifndef __s390__
#ifdef __NR_mmap2
    constexpr long map = __NR_mmap2;
#else
    constexpr long map = __NR_mmap;
#endif
    program.allow_when(map, 2, executable, 0);
    program.refuse(map, EPERM);
#endif
    program.allow_when(__NR_mprotect, 2, executable, 0);
    program.refuse(__NR_mprotect, EPERM);
    allow_all(program, memory);
}

// Threads of ours, never a process. The flags of clone3 are in memory, so it is one of the unknown
// calls, and the C library takes clone instead.
void allow_threads(SeccompProgram& program) {
#ifdef __s390__
    constexpr unsigned flags = 1;
#else
    constexpr unsigned flags = 0;
#endif
    constexpr std::uint32_t all_flags = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID |
                                        CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                                        CLONE_NEWCGROUP | CLONE_PTRACE;
    program.allow_when(__NR_clone, flags, all_flags, CLONE_THREAD);
    program.kill(__NR_clone);
    allow_all(program, threads);
    constexpr std::uint32_t all_bits = 0xffffffff;
    program.allow_when(__NR_prctl, 0, all_bits, PR_SET_NAME);
    // abort() sends a signal to ourselves.
    program.allow_when(__NR_tgkill, 0, all_bits, static_cast<std::uint32_t>(getpid()));
    // Of ourselves alone: 0 is who asks.
    program.allow_when(__NR_prlimit64, 0, all_bits, 0);
}

void allow_network(SeccompProgram& program) {
    constexpr std::uint32_t all_bits = 0xffffffff;
    allow_all(program, network);
    for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
        program.allow_when(__NR_socket, 0, all_bits, static_cast<std::uint32_t>(family));
        program.allow_when(__NR_socketpair, 0, all_bits, static_cast<std::uint32_t>(family));
    }
    program.refuse(__NR_socket, EAFNOSUPPORT);
}

// Never those that put words into a terminal (TIOCSTI), nor a device's own.
void allow_ioctls(SeccompProgram& program) {
    constexpr std::uint32_t all_bits = 0xffffffff;
    for (const unsigned long request :
         {static_cast<unsigned long>(FS_IOC_FSGETXATTR), static_cast<unsigned long>(FIONREAD),
          static_cast<unsigned long>(FIONBIO), static_cast<unsigned long>(TCGETS)}) {
        program.allow_when(__NR_ioctl, 1, all_bits, static_cast<std::uint32_t>(request));
    }
    program.refuse(__NR_ioctl, ENOTTY);
}

}  // namespace

Status filter_system_calls() {
    SeccompProgram program;
#ifdef NMA_SANITIZED
    allow_all(program, of_sanitizers);
#endif
    allow_all(program, reading_files);
    allow_all(program, asking_files);
    allow_all(program, waiting);
    allow_memory(program);
    allow_threads(program);
    allow_network(program);
    allow_all(program, time_and_signals);
    allow_all(program, about_ourselves);
    allow_all(program, removing_files);
    allow_ioctls(program);
    for (const long call : hostile)
        program.kill(call);
    const std::span<const sock_filter> rules = program.finish();
    if (program.is_full()) return Status::full;
    const sock_fprog filter = {static_cast<unsigned short>(rules.size()),
                               const_cast<sock_filter*>(rules.data())};
    const long result =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (result == 0) return Status::ok;
    // Above 0 it is a thread that has a filter of its own: none of ours has.
    if (result < 0 && (errno == ENOSYS || errno == EINVAL)) return Status::absent;
    return Status::io_error;
}

}  // namespace nma
