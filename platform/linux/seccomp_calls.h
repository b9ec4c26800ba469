// The lists of seccomp_filter.cc, by what the calls are for. A new one goes where its reason is;
// what tests/real/rights.py finds refused is what may be missing.
//
// Calls that not all processors or headers have are asked for one by one. Those with 64-bit time
// are of processors of 32 bits.
#pragma once

#include <asm/unistd.h>

namespace nma::seccomp_calls {

// The kernel's files, and what the C library does around them. Those that are called most come
// first: kernels before 5.11 go through the list at each call.
inline constexpr long reading_files[] = {
    __NR_openat,     __NR_read,   __NR_close,   __NR_pread64,
#ifdef __NR_openat2
    __NR_openat2,
#endif
    __NR_fstat,
#ifdef __NR_newfstatat
    __NR_newfstatat,
#endif
#ifdef __NR_fstatat64
    __NR_fstatat64,
#endif
#ifdef __NR_fstat64
    __NR_fstat64,    __NR_stat64, __NR_lstat64,
#endif
#ifdef __NR_statx
    __NR_statx,
#endif
    __NR_getdents64, __NR_lseek,
#ifdef __NR__llseek
    __NR__llseek,
#endif
    __NR_readlinkat, __NR_readv,  __NR_preadv,  __NR_faccessat,
#ifdef __NR_faccessat2
    __NR_faccessat2,
#endif
    __NR_dup,        __NR_dup3,   __NR_fcntl,
#ifdef __NR_fcntl64
    __NR_fcntl64,
#endif
// The forms before openat, which arm64 never had.
#ifdef __NR_open
    __NR_open,       __NR_stat,   __NR_lstat,   __NR_access,    __NR_readlink, __NR_dup2,
#endif
};

// How full file systems are; changes of cgroups; the log, and cgroup.event_control.
inline constexpr long asking_files[] = {
    __NR_statfs,        __NR_fstatfs,
#ifdef __NR_statfs64
    __NR_statfs64,      __NR_fstatfs64,
#endif
#ifdef __NR_quotactl_fd
    __NR_quotactl_fd,
#endif
    __NR_inotify_init1, __NR_inotify_add_watch, __NR_inotify_rm_watch, __NR_write,
    __NR_writev,        __NR_pwrite64,
};

// At the end, of our unix sockets; and files of registrations, which are written under another name
// first.
inline constexpr long removing_files[] = {
    __NR_unlinkat,
#ifdef __NR_unlink
    __NR_unlink,
#endif
#ifdef __NR_renameat
    __NR_renameat,
#endif
    __NR_renameat2,
};

inline constexpr long memory[] = {
    __NR_brk,  __NR_munmap, __NR_mremap, __NR_madvise,
#ifdef __s390__
    __NR_mmap,  // its arguments are in memory, where a filter does not see them
#endif
};

inline constexpr long threads[] = {
    __NR_futex,
#ifdef __NR_futex_time64
    __NR_futex_time64,
#endif
    __NR_exit,         __NR_exit_group,        __NR_set_robust_list,
#ifdef __NR_rseq
    __NR_rseq,
#endif
#ifdef __NR_membarrier
    __NR_membarrier,
#endif
    __NR_sched_yield,  __NR_sched_getaffinity, __NR_getcpu,          __NR_gettid,
};

inline constexpr long network[] = {
    __NR_accept4,
    __NR_sendto,
    __NR_recvfrom,
    __NR_sendmsg,
    __NR_recvmsg,
    __NR_sendmmsg,
    __NR_recvmmsg,
#ifdef __NR_recvmmsg_time64
    __NR_recvmmsg_time64,
#endif
#ifdef __NR_send
    __NR_send,
    __NR_recv,
#endif
    __NR_bind,
    __NR_connect,
    __NR_listen,
    __NR_shutdown,
    __NR_getsockname,
    __NR_getpeername,
    __NR_setsockopt,
    __NR_getsockopt,
    __NR_sendfile,
#ifdef __NR_sendfile64
    __NR_sendfile64,
#endif
#ifdef __NR_accept
    __NR_accept,
#endif
#if defined(__NR_socketcall) && (defined(__s390__) || defined(__i386__))
    __NR_socketcall,  // the C library's only way there; its arguments are in memory
#endif
};

inline constexpr long waiting[] = {
    __NR_epoll_create1,
    __NR_epoll_ctl,
    __NR_epoll_pwait,
#ifdef __NR_epoll_wait
    __NR_epoll_wait,
#endif
    __NR_ppoll,
#ifdef __NR_ppoll_time64
    __NR_ppoll_time64,
#endif
#ifdef __NR_poll
    __NR_poll,
#endif
    __NR_pselect6,
#ifdef __NR_pselect6_time64
    __NR_pselect6_time64,
#endif
#ifdef __NR_select
    __NR_select,
#endif
#ifdef __NR__newselect
    __NR__newselect,
#endif
    __NR_eventfd2,
    __NR_pipe2,
    __NR_restart_syscall,
};

inline constexpr long time_and_signals[] = {
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_clock_nanosleep,
    __NR_nanosleep,
    __NR_gettimeofday,
    __NR_timerfd_create,
    __NR_timerfd_settime,
    __NR_timerfd_gettime,
#ifdef __NR_clock_gettime64
    __NR_clock_gettime64,
    __NR_clock_getres_time64,
    __NR_clock_nanosleep_time64,
    __NR_timerfd_settime64,
    __NR_timerfd_gettime64,
#endif
#ifdef __NR_time
    __NR_time,
#endif
    // Reads the clock's state. Setting it takes CAP_SYS_TIME, which nobody leaves us.
    __NR_adjtimex,
    __NR_clock_adjtime,
#ifdef __NR_clock_adjtime64
    __NR_clock_adjtime64,
#endif
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
#ifdef __NR_sigreturn
    __NR_sigreturn,
#endif
    __NR_rt_sigpending,
    __NR_rt_sigtimedwait,
    __NR_signalfd4,
    __NR_sigaltstack,
};

inline constexpr long about_ourselves[] = {
    __NR_getpid,      __NR_getppid,     __NR_getuid,    __NR_geteuid,   __NR_getgid,
    __NR_getegid,     __NR_getgroups,   __NR_getresuid, __NR_getresgid, __NR_uname,
    __NR_sysinfo,     __NR_getrusage,   __NR_times,     __NR_capget,    __NR_getrandom,
#ifdef __NR_getuid32
    __NR_getuid32,    __NR_geteuid32,   __NR_getgid32,  __NR_getegid32, __NR_getgroups32,
    __NR_getresuid32, __NR_getresgid32,
#endif
#ifdef __NR_getrlimit
    __NR_getrlimit,
#endif
#ifdef __NR_ugetrlimit
    __NR_ugetrlimit,
#endif
};

// Nothing of ours calls these, in no version: who does has taken over the process.
inline constexpr long hostile[] = {
    __NR_execve,
    __NR_execveat,
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
#ifdef __NR_fork
    __NR_fork,
    __NR_vfork,
#endif
    __NR_unshare,
    __NR_setns,
    __NR_chroot,
    __NR_pivot_root,
    __NR_mount,
    __NR_umount2,
#ifdef __NR_move_mount
    __NR_move_mount,
    __NR_open_tree,
    __NR_fsopen,
    __NR_fsconfig,
    __NR_fsmount,
    __NR_fspick,
#endif
#ifdef __NR_mount_setattr
    __NR_mount_setattr,
#endif
    __NR_swapon,
    __NR_swapoff,
    __NR_reboot,
    __NR_kexec_load,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
#endif
    __NR_add_key,
    __NR_request_key,
    __NR_keyctl,
    __NR_open_by_handle_at,
#ifdef __NR_pidfd_getfd
    __NR_pidfd_getfd,
#endif
    __NR_acct,
    __NR_personality,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_sethostname,
    __NR_setdomainname,
    __NR_vhangup,
    __NR_setuid,
    __NR_setgid,
    __NR_setresuid,
    __NR_setresgid,
    __NR_setgroups,
    __NR_capset,
#ifdef __NR_modify_ldt
    __NR_modify_ldt,
    __NR_iopl,
    __NR_ioperm,
#endif
};

#ifdef NMA_SANITIZED
// The sanitizers' own: at its end the leak checker stops all threads by a process that traces us.
inline constexpr long of_sanitizers[] = {
    __NR_clone,
    __NR_ptrace,
    __NR_wait4,
    __NR_prctl,
    __NR_mmap,
    __NR_tgkill,
    __NR_mprotect,
    __NR_kill,
    __NR_mincore,
    __NR_set_tid_address,
    __NR_process_vm_readv,
#ifdef __NR_getdents
    __NR_getdents,
#endif
};
#endif

}  // namespace nma::seccomp_calls
