// Read before every file of the static program: libstdc++'s headers were set up for glibc, and say
// so by names that musl has not.
#pragma once
#define __GLIBC_PREREQ(major, minor) 0
#define __locale_t locale_t

#include <linux/stat.h>
#include <pthread.h>
#include <sys/stat.h>

extern "C" {
// For std::condition_variable alone, which nobody uses.
int pthread_cond_clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);
// packaging/static/musl_parts.cc
int statx(int, const char*, int, unsigned, struct statx*);
}
