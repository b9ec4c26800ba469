// The machine that is described: directory descriptors of its /, /proc and /sys. Nothing else in
// the program takes an absolute path, so that fixtures and `--host-root` use the same door.
#pragma once

#include "platform/base/status.h"

namespace nma {

class HostRoot {
  public:
    // Opens `directory` and its proc and sys. A tree without sys is accepted (every read in it is
    // `absent`); one without proc is not a host: absent, denied or io_error.
    Status open(const char* directory);

    void close();

    // O_PATH descriptors, good for openat and friends only. -1 for sys where there is none.
    int root() const { return root_; }
    int proc() const { return proc_; }
    int sys() const { return sys_; }

    // The directory is "/": we look at the machine, or the container, in which we run ourselves.
    bool is_own() const { return is_own_; }

    // It is "/", but root() is the one that was standard input, without the mounts of the sandbox
    // in which a service manager has put us (StandardInput=file:/ of a unit): files there may not
    // be ours to see at the same path.
    bool is_outside() const { return is_outside_; }

    // proc is the kernel's own, not a copy of its texts: questions that only system calls answer
    // (adjtimex, statfs) make sense.
    bool is_live() const { return is_live_; }

    // Paths below proc of the host's own mount table and network counters. With another root, ours
    // would be those of our own container, so process 1 is asked, where it may be read.
    const char* mountinfo_path() const { return mountinfo_path_; }
    const char* net_path() const { return net_path_; }  // "net" or "1/net"

  private:
    void look_outside();
    void choose_paths();

    int root_ = -1;
    int proc_ = -1;
    int sys_ = -1;
    bool is_own_ = false;
    bool is_outside_ = false;
    bool is_live_ = false;
    const char* mountinfo_path_ = "self/mountinfo";
    const char* net_path_ = "net";
};

}  // namespace nma
