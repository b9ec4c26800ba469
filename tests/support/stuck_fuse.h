// A FUSE file system that mounts and then never says another word: what a dead server looks like to
// whoever asks how full it is. Or one that answers, but slowly.
#pragma once

#include <pthread.h>

namespace nma::test {

struct StuckFuse {
    int device = -1;
    pthread_t thread = {};
    const char* path = nullptr;
    long answer_us = -1;  // how long an answer takes; -1: there is none. 4,096 KiB are its size
};

// Moves the process into a mount namespace of its own, whose mounts end with it. False, and errno,
// where that is not permitted.
bool enter_own_mounts();

// Mounts at `path`, an empty directory. False, and errno, where that is not permitted.
bool stuck_fuse_mount(StuckFuse& fuse, const char* path);

// The server goes away: the kernel fails all that waits for it. Nothing when none is mounted. A
// test must do this however it ends: threads that wait for a server of their own process cannot be
// killed, so that the process would never end.
void stuck_fuse_abort(StuckFuse& fuse);

}  // namespace nma::test
