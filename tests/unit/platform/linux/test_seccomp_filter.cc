// plain
#include "platform/linux/seccomp_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "platform/linux/seccomp_program.h"
#include "tests/support/child.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using test::in_child;

constexpr int killed = test::ended_by_signal + SIGSYS;
constexpr int no_filter = 77;

bool confine() {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return filter_system_calls() == Status::ok;
}

void* do_nothing(void* result) {
    *static_cast<int*>(result) = 0;
    return nullptr;
}

int make_thread() {
    int result = 1;
    pthread_t thread;
    if (pthread_create(&thread, nullptr, do_nothing, &result) != 0) return 1;
    pthread_join(thread, nullptr);
    return result;
}

// 0, or the number of the line that went wrong, up to 127.
#define NEED(condition)                                \
    do {                                               \
        if (!(condition)) return (__LINE__ % 100) + 1; \
    } while (false)

void what_the_agent_does_is_allowed(void**) {
    const auto child = [] {
        NEED(confine());
        NEED(make_thread() == 0);
        char text[64];
        const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
        NEED(file >= 0 && read(file, text, sizeof text) > 0 && pread(file, text, 1, 0) == 1);
        struct stat info = {};
        struct statfs space = {};
        NEED(fstat(file, &info) == 0 && stat("/", &info) == 0 && statfs("/", &space) == 0);
        close(file);
        NEED(readlink("/proc/self/exe", text, sizeof text) > 0);
        NEED(eventfd(0, EFD_CLOEXEC) >= 0);
        const int changes = inotify_init1(IN_CLOEXEC);
        NEED(changes >= 0 && inotify_add_watch(changes, "/", IN_CREATE) >= 0);
        timex clock = {};
        NEED(adjtimex(&clock) >= 0);
        const timespec nap = {0, 1000};
        NEED(nanosleep(&nap, nullptr) == 0);
        void* big =
            mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        NEED(big != MAP_FAILED && munmap(big, 1 << 20) == 0);
        rlimit files = {};
        NEED(getrlimit(RLIMIT_NOFILE, &files) == 0);
        return 0;
    };
    assert_int_equal(in_child(child), 0);
}

void sockets_of_the_internet_and_of_unix_are_allowed(void**) {
    const auto child = [] {
        NEED(confine());
        for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
            NEED(socket(AF_UNIX, type | SOCK_CLOEXEC, 0) >= 0);
            NEED(socket(AF_INET, type | SOCK_CLOEXEC, 0) >= 0);
        }
        int pair[2] = {};
        NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
        char byte = 'x';
        iovec piece = {&byte, 1};
        mmsghdr messages[1] = {};
        messages[0].msg_hdr.msg_iov = &piece;
        messages[0].msg_hdr.msg_iovlen = 1;
        NEED(sendmmsg(pair[0], messages, 1, 0) == 1);
        NEED(recvmmsg(pair[1], messages, 1, 0, nullptr) == 1);
        NEED(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EAFNOSUPPORT);
        NEED(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EAFNOSUPPORT);
        return 0;
    };
    assert_int_equal(in_child(child), 0);
}

void what_is_not_in_the_list_is_as_on_an_older_kernel(void**) {
    const auto child = [] {
        NEED(confine());
        NEED(mkdir("/tmp/nma-never", 0700) < 0 && errno == ENOSYS);
        NEED(rename("/nma-never", "/nma-never-too") < 0 && errno == ENOSYS);
        NEED(chmod("/nma-never", 0) < 0 && errno == ENOSYS);
        NEED(syscall(100'000) < 0 && errno == ENOSYS);
#ifdef SYS_clone3
        NEED(syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS);
#endif
        NEED(kill(getppid(), 0) < 0 && errno == ENOSYS);
        return 0;
    };
    // Some sanitizers need kill.
#ifdef NMA_SANITIZED
    (void)child;
    SKIP_BECAUSE("sanitizers need these calls; the plain build tests it");
#else
    assert_int_equal(in_child(child), 0);
#endif
}

template <class Attempt>
int attempt(Attempt) {
    return in_child([] {
        if (!confine()) return no_filter;
        Attempt()();
        return 0;
    });
}

void what_only_hostile_code_does_ends_the_process(void**) {
    assert_int_equal(attempt([] { execl("/bin/true", "true", nullptr); }), killed);
    assert_int_equal(attempt([] { unshare(CLONE_NEWNS); }), killed);
    assert_int_equal(attempt([] { setns(0, 0); }), killed);
    assert_int_equal(attempt([] { mount("a", "/", "tmpfs", 0, nullptr); }), killed);
    assert_int_equal(attempt([] { (void)!setresuid(0, 0, 0); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_bpf, 0, nullptr, 0); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_keyctl, 0, 0, 0, 0, 0); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_perf_event_open, nullptr, 0, 0, -1, 0); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_init_module, nullptr, 0, ""); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_userfaultfd, 0); }), killed);
    assert_int_equal(attempt([] { syscall(SYS_pivot_root, "/", "/"); }), killed);
#ifdef SYS_io_uring_setup
    assert_int_equal(attempt([] { syscall(SYS_io_uring_setup, 1, nullptr); }), killed);
#endif
}

void processes_are_neither_made_nor_traced(void**) {
#ifdef NMA_SANITIZED
    SKIP_BECAUSE("sanitizers need these calls; the plain build tests it");
#else
    assert_int_equal(attempt([] { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), killed);
    assert_int_equal(attempt([] {
                         if (fork() == 0) _exit(0);
                     }),
                     killed);
    assert_int_equal(attempt([] { [[maybe_unused]] const int status = system("true"); }), killed);
#endif
}

void memory_does_not_become_code(void**) {
#ifdef NMA_SANITIZED
    SKIP_BECAUSE("sanitizers need these calls; the plain build tests it");
#else
    const auto child = [] {
        void* page =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        NEED(page != MAP_FAILED);
        NEED(confine());
        NEED(mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EPERM);
        NEED(mprotect(page, 4096, PROT_READ) == 0);
        NEED(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
             MAP_FAILED);
        return 0;
    };
    assert_int_equal(in_child(child), 0);
#endif
}

void terminals_take_no_words_from_us(void**) {
    const auto child = [] {
        NEED(confine());
        NEED(ioctl(0, TIOCSTI, "x") < 0 && errno == ENOTTY);
        return 0;
    };
    assert_int_equal(in_child(child), 0);
}

// A thread that was there before is under the filter, too.
int gate[2];

void* call_mkdir(void* result) {
    char byte = 0;
    if (read(gate[0], &byte, 1) != 1) return nullptr;
    *static_cast<int*>(result) = mkdir("/tmp/nma-never", 0700) < 0 && errno == ENOSYS ? 0 : 1;
    return nullptr;
}

void threads_that_run_already_are_confined(void**) {
    const auto child = [] {
        int result = 1;
        pthread_t thread;
        NEED(pipe(gate) == 0);
        NEED(pthread_create(&thread, nullptr, call_mkdir, &result) == 0);
        NEED(confine());
        NEED(write(gate[1], "x", 1) == 1);
        pthread_join(thread, nullptr);
        return result;
    };
    assert_int_equal(in_child(child), 0);
}

// abort() must reach us alone.
void a_failed_check_still_ends_in_abort(void**) {
    const auto child = [] {
        if (!confine()) return no_filter;
        signal(SIGABRT, SIG_DFL);
        abort();
    };
    assert_int_equal(in_child(child), test::ended_by_signal + SIGABRT);
}

#ifdef __x86_64__
void another_calling_convention_ends_the_process(void**) {
    assert_int_equal(attempt([] {
                         long result = 20;  // getpid of 32 bits
                         asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10");
                     }),
                     killed);
    assert_int_equal(attempt([] { syscall(0x40000000 + SYS_getpid); }), killed);
}
#endif

void a_program_that_has_no_room_says_so(void**) {
    static SeccompProgram program;
    assert_false(program.is_full());
    for (int i = 0; i < 2000; ++i)
        program.allow(i);
    program.finish();
    assert_true(program.is_full());
}

}  // namespace

int main() {
    if (in_child([] { return confine() ? 0 : no_filter; }) == no_filter) {
        std::puts("SKIP seccomp_filter: this kernel has no filters of system calls");
        return 77;
    }
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_the_agent_does_is_allowed),
        cmocka_unit_test(sockets_of_the_internet_and_of_unix_are_allowed),
        cmocka_unit_test(what_is_not_in_the_list_is_as_on_an_older_kernel),
        cmocka_unit_test(what_only_hostile_code_does_ends_the_process),
        cmocka_unit_test(processes_are_neither_made_nor_traced),
        cmocka_unit_test(memory_does_not_become_code),
        cmocka_unit_test(terminals_take_no_words_from_us),
        cmocka_unit_test(threads_that_run_already_are_confined),
        cmocka_unit_test(a_failed_check_still_ends_in_abort),
#ifdef __x86_64__
        cmocka_unit_test(another_calling_convention_ends_the_process),
#endif
        cmocka_unit_test(a_program_that_has_no_room_says_so),
    };
    return cmocka_run_group_tests_name("seccomp_filter", tests, nullptr, nullptr);
}
