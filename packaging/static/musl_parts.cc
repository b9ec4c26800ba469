// What the static program needs beside musl: there is no C++ library for musl, and of that only
// what headers cannot hold is missed; and some that it does better without.
#include <linux/stat.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

// The agent gives libevent addresses only, which that reads itself (packaging/static/compile), so
// nobody calls these. That they are here keeps musl's own resolver, 16 KB, out of the program.
extern "C" {

hostent* gethostbyname(const char*) {
    return nullptr;
}

int gethostbyname_r(const char*, hostent*, char*, size_t, hostent** found, int* why) {
    *found = nullptr;
    *why = HOST_NOT_FOUND;
    return 0;
}

int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
    return EAI_NONAME;
}

servent* getservbyname(const char*, const char*) {
    return nullptr;
}

protoent* getprotobynumber(int) {
    return nullptr;
}

// Newer than this musl.
int statx(int directory, const char* path, int flags, unsigned wanted, struct statx* found) {
    return static_cast<int>(syscall(SYS_statx, directory, path, flags, wanted, found));
}

// abort() calls it. musl's own takes a call that can reach any thread of the machine, which the
// agent's filter forbids.
int raise(int signal) {
    return static_cast<int>(syscall(SYS_tgkill, getpid(), gettid(), signal));
}

// A static variable of a function is made by the thread that comes first; the others wait, which is
// too short and too seldom for more than this. The first byte says that it is made, which the
// compiler looks at; the second is ours. One that is made may use another.
int __cxa_guard_acquire(unsigned char* guard) {
    while (__atomic_exchange_n(&guard[1], 1, __ATOMIC_ACQ_REL) != 0) {
        if (__atomic_load_n(guard, __ATOMIC_ACQUIRE) != 0) return 0;
        sched_yield();
    }
    return 1;
}

void __cxa_guard_release(unsigned char* guard) {
    __atomic_store_n(guard, 1, __ATOMIC_RELEASE);
}
}

// Would throw.
namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) {
    abort();
}
}  // namespace std
